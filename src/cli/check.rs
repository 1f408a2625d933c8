//! `tapetum check`: says what a pipeline file would run.

use std::path::PathBuf;

/// Check a pipeline file and print the pipeline as it would be.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The pipeline file.
    file: PathBuf,
}

/// Runs the command.
///
/// # Errors
///
/// The file is no valid pipeline, or an element is missing.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let _ = args;
    anyhow::bail!("not yet")
}

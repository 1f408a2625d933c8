//! `tapetum check`: says what a pipeline file would run.

use crate::config::Config;
use crate::describe::{describe, dot};
use crate::failure::Failure;
use anyhow::Context;
use std::io::Write;
use std::path::PathBuf;

/// Check a pipeline file and print the pipelines that it stands for, without running them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The pipeline file.
    file: PathBuf,
    /// Print graphs for Graphviz instead of text.
    #[arg(long)]
    dot: bool,
}

/// Runs the command.
///
/// # Errors
///
/// The file is no valid pipeline, or an element is missing.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let config = Config::load(&args.file).map_err(|error| Failure::Refused(error.to_string()))?;
    let text = if args.dot {
        dot(&config)
    } else {
        describe(&config)
    };
    let text = text.with_context(|| args.file.display().to_string())?;
    writeln!(std::io::stdout(), "{text}").context("the pipeline cannot be printed")
}

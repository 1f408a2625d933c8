//! `tapetum doctor`: what is installed, what of it works, and what to do about the rest.

use crate::doctor::examine;
use anyhow::{Context, bail};
use std::io::Write;

/// Say what is installed, what of it works, and what to do about the rest. Exits with 1 if nothing can be restored here.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON, for programs and for reports of faults.
    #[arg(long)]
    json: bool,
    /// The GPU to look at: an index or a UUID, as `nvidia-smi -L` lists them.
    #[arg(long)]
    device: Option<String>,
    /// Do not measure how many frames a second this machine restores (one second).
    #[arg(long)]
    no_speed: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Something is missing without which nothing can be restored, or the report cannot be printed.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let report = examine(args.device.as_deref(), !args.no_speed);
    let text = match args.json {
        true => serde_json::to_string_pretty(&report)? + "\n",
        false => report.to_string(),
    };
    write!(std::io::stdout(), "{text}").context("the report cannot be printed")?;
    match report.failures().as_slice() {
        [] => Ok(()),
        failures => bail!("nothing can be restored here: {}", failures.join(", ")),
    }
}

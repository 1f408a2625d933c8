//! The command line: one file per subcommand, each with its arguments and `run()`.

pub mod check;
pub mod demo;
pub mod devices;
pub mod doctor;
pub mod engines;
pub mod enhance;
pub mod prebuild;
pub mod run;

use crate::failure::exit_status;
use crate::logging::{self, LogFormat};
use anyhow::Context;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Night vision for GStreamer: restores dark, blurred, noisy video.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_STATUS)]
pub struct Cli {
    /// How log lines are written; RUST_LOG and GST_DEBUG say which.
    #[arg(long, value_enum, default_value_t, global = true)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

const EXIT_STATUS: &str = "Exit status: 0 done; 1 failed, nothing written; 2 refused, nothing touched; \
    3 the input was damaged and the output holds what came before; 130 or 143 ended by a signal \
    (a live pipeline that a signal ends in order exits with 0).";

#[derive(Debug, Subcommand)]
enum Command {
    Enhance(enhance::Args),
    Run(run::Args),
    Check(check::Args),
    Devices(devices::Args),
    Prebuild(prebuild::Args),
    Engines(engines::Args),
    Doctor(doctor::Args),
    Demo(demo::Args),
}

/// Parses the command line, runs the subcommand and says in one line what failed.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match start(cli.log_format, cli.command.verbosity()).and_then(|()| dispatch(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tapetum: {error:#}");
            ExitCode::from(exit_status(&error))
        }
    }
}

fn dispatch(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Enhance(args) => enhance::run(args),
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Devices(args) => devices::run(&args),
        Command::Prebuild(args) => prebuild::run(&args),
        Command::Engines(args) => engines::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Demo(args) => demo::run(args),
    }
}

impl Command {
    /// The least important log line that is shown without RUST_LOG.
    fn verbosity(&self) -> &'static str {
        match self {
            Self::Run(args) if args.quiet => "warn",
            // Nobody looks at a service but through its log.
            Self::Run(_) => "info",
            _ => "off",
        }
    }
}

fn start(format: LogFormat, verbosity: &str) -> anyhow::Result<()> {
    gst::init().context("GStreamer does not start")?;
    logging::start(format, verbosity);
    gstlowlight::plugin_register_static().context("the elements cannot be registered")
}

/// Runs `work` on this thread with tokio's signals and timers.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("tokio does not start")?
        .block_on(work)
}

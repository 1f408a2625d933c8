//! `tapetum run`: runs a pipeline file.

use super::block_on;
use crate::config::{Config, Sink, Source};
use crate::enhance::{Wish, fulfil};
use crate::failure::Failure;
use crate::pipeline::test_to_display;
use crate::progress::Progress;
use crate::supervise::{Ending, Signals, drive};
use gst::prelude::*;
use std::path::PathBuf;
use tokio::sync::mpsc::unbounded_channel;

/// Run a pipeline file, such as those in pipelines/.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The pipeline file.
    file: PathBuf,
    /// Say nothing but errors.
    #[arg(long, short)]
    quiet: bool,
}

/// Runs the command.
///
/// # Errors
///
/// The file is no valid pipeline, or the pipeline fails.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let config = Config::load(&args.file).map_err(|error| Failure::Refused(error.to_string()))?;
    block_on(async {
        match (&config.source, &config.sink) {
            (Source::File(source), Sink::File(sink)) => {
                let wish = Wish {
                    input: source.location.clone(),
                    output: sink.location.clone(),
                    overwrite: sink.overwrite,
                    restore: config.restore.clone(),
                    encode: config.encode.clone(),
                };
                fulfil(&wish, args.quiet).await
            }
            (Source::Test(source), Sink::Display(sink)) => {
                let graph =
                    test_to_display(source, config.degrade.as_ref(), &config.restore, sink)?;
                show(&graph, args).await
            }
            _ => Err(unsupported(args)),
        }
    })
}

async fn show(graph: &crate::pipeline::Graph, args: &Args) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let (_sender, notes) = unbounded_channel();
    let mut progress = Progress::start(args.file.display().to_string(), args.quiet);
    let ending = drive(graph, notes, &mut signals, &mut progress).await;
    progress.clear();
    graph.pipeline.set_state(gst::State::Null)?;
    match ending {
        Ending::Failed(why) | Ending::Damaged(why) => {
            anyhow::bail!("{}: {why}", args.file.display())
        }
        // A picture without an end is meant to be ended so.
        Ending::Complete | Ending::Interrupted(_) | Ending::Aborted(_) => Ok(()),
    }
}

fn unsupported(args: &Args) -> anyhow::Error {
    Failure::Refused(format!(
        "{}: so far a file goes to a file and a test picture to a display",
        args.file.display()
    ))
    .into()
}

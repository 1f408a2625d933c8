//! `tapetum run`: runs a pipeline file.

use super::block_on;
use crate::config::{Config, FileSink, FileSource, Restore, Sink, Source};
use crate::enhance::{Wish, fulfil};
use crate::failure::Failure;
use crate::supervise::serve;
use std::path::PathBuf;

/// Run a pipeline file, such as those in pipelines/.
///
/// Live streams run until SIGTERM or Ctrl-C, which finishes recordings; a second one does not wait. SIGHUP, or
/// a change of the file, is taken over without touching streams that have not changed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The pipeline file.
    file: PathBuf,
    /// Say nothing but warnings and errors.
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// Runs the command.
///
/// # Errors
///
/// The file is no valid pipeline, or the pipeline fails.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let config = Config::load(&args.file).map_err(|error| Failure::Refused(error.to_string()))?;
    block_on(async {
        if !config.is_batch() {
            return serve(&args.file, config).await;
        }
        for stream in &config.streams {
            if let (Source::File(source), [Sink::File(sink)]) =
                (&stream.source, stream.sinks.as_slice())
            {
                fulfil(&wish(source, sink, &stream.restore), args.quiet).await?;
            }
        }
        Ok(())
    })
}

fn wish(source: &FileSource, sink: &FileSink, restore: &Restore) -> Wish {
    Wish {
        input: source.location.clone(),
        output: sink.location.clone(),
        overwrite: sink.overwrite,
        restore: restore.clone(),
        encode: sink.encode.clone(),
    }
}

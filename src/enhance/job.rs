//! One input restored into one output.

use super::draft::Draft;
use crate::config::{Compare, Encode, Restore, View};
use crate::failure::Failure;
use crate::pipeline::{
    Graph, PipelineError, StillFormat, file_to_file, is_cut_off, still_to_still,
};
use crate::progress::Progress;
use crate::supervise::{Ending, Signals, drive};
use gst::prelude::*;
use std::path::PathBuf;
use tokio::sync::mpsc::unbounded_channel;

/// One input to be restored into one output.
pub(crate) struct Job {
    pub(crate) input: PathBuf,
    pub(crate) output: PathBuf,
    /// The output's format if it is a picture.
    pub(crate) still: Option<StillFormat>,
    pub(crate) overwrite: bool,
    pub(crate) restore: Restore,
    pub(crate) encode: Encode,
}

/// Runs a job.
pub(crate) async fn run(job: &Job, signals: &mut Signals, quiet: bool) -> anyhow::Result<()> {
    let draft = Draft::start(&job.output, job.overwrite)?;
    let (sender, notes) = unbounded_channel();
    let graph = build(job, &draft, sender)?;
    let mut progress = Progress::start(job.input.display().to_string(), quiet);
    let ending = drive(&graph, notes, signals, &mut progress).await;
    let frames = graph.meter.frames();
    let restoration = graph.restoration();
    progress.clear();
    if let Ending::Aborted(signal) = ending {
        // The pipeline may be what hangs: it is left behind, not stopped.
        drop(draft);
        std::mem::forget(graph);
        return Err(interrupted(
            signal,
            format!("{}: aborted, nothing was written", job.input.display()),
        ));
    }
    let stopped = graph.pipeline.set_state(gst::State::Null);
    tracing::debug!(?ending, ?stopped, frames, "pipeline ended");
    if frames > 0
        && let Err(error) = graph.polish(draft.path())
    {
        tracing::warn!(%error, "the edit list stays as the muxer wrote it");
    }
    if restoration.failed > 0 {
        progress.note(&format!(
            "{} frames could not be restored and are as they came",
            restoration.failed
        ));
    }
    progress.ran_on(restoration.provider);
    finish(job, draft, &ending, frames, &progress)
}

fn build(job: &Job, draft: &Draft, notes: crate::pipeline::Notes) -> Result<Graph, PipelineError> {
    match job.still {
        Some(format) => {
            let mut restore = job.restore.clone();
            if job.encode.compare == Compare::Split {
                restore.view = View::Split;
            }
            still_to_still(&job.input, draft.path(), format, &restore)
        }
        None => file_to_file(&job.input, draft.path(), &job.restore, &job.encode, notes),
    }
}

fn finish(
    job: &Job,
    draft: Draft,
    ending: &Ending,
    frames: u64,
    progress: &Progress,
) -> anyhow::Result<()> {
    let (input, output) = (job.input.display(), job.output.display());
    match ending {
        Ending::Complete if is_cut_off(&job.input) => {
            let why = "the file is shorter than its header says".into();
            finish(job, draft, &Ending::Damaged(why), frames, progress)
        }
        Ending::Complete => {
            draft.keep()?;
            progress.finish(frames, &output.to_string());
            Ok(())
        }
        Ending::Damaged(why) => {
            draft.keep()?;
            Err(Failure::Partial(format!(
                "{input}: {why}; {output} holds the {frames} frames that were good"
            ))
            .into())
        }
        Ending::Interrupted(signal) => {
            draft.keep()?;
            let message =
                format!("{input}: stopped; {output} holds the {frames} frames up to then");
            Err(interrupted(*signal, message))
        }
        Ending::Failed(why) => anyhow::bail!("{input}: {why}"),
        Ending::Aborted(signal) => Err(interrupted(*signal, format!("{input}: aborted"))),
    }
}

fn interrupted(signal: u8, message: String) -> anyhow::Error {
    Failure::Interrupted { message, signal }.into()
}

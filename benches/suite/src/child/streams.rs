//! Frames in memory through several pipelines at once.

use crate::pipe::{Pipe, With};
use crate::plan::Size;
use crate::setting::dark_frames;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Frames of every stream before the clock starts: the first brings the model.
const WARM_UP: usize = 4;

/// How many frames all streams together restored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Streamed {
    pub(crate) frames: usize,
    pub(crate) seconds: f64,
    /// Frames of the stream that got least.
    pub(crate) least: usize,
}

impl Streamed {
    pub(crate) fn fps(&self) -> f64 {
        self.frames as f64 / self.seconds
    }
}

pub(super) fn restore(
    model: &Path,
    library: &Path,
    size: Size,
    streams: usize,
    seconds: f64,
) -> anyhow::Result<Streamed> {
    let frames = dark_frames(size, 4);
    let with = With {
        model,
        library,
        more: "wait-for-model=true",
    };
    let start = Barrier::new(streams);
    let counts = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..streams)
            .map(|_| {
                scope.spawn(|| {
                    // All reach the barrier, or those that do would wait for ever.
                    let ready = warm(&with, size, &frames);
                    start.wait();
                    run(&mut ready?, Duration::from_secs_f64(seconds))
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|_| Err(anyhow::anyhow!("a stream's thread panicked")))
            })
            .collect::<anyhow::Result<Vec<(usize, f64)>>>()
    })?;
    let frames = |counts: &[(usize, f64)]| counts.iter().map(|count| count.0).collect::<Vec<_>>();
    let frames = frames(&counts);
    Ok(Streamed {
        frames: frames.iter().sum(),
        seconds: counts.iter().map(|count| count.1).fold(0.0, f64::max),
        least: frames.iter().copied().min().unwrap_or_default(),
    })
}

fn warm(
    with: &With<'_>,
    size: Size,
    frames: &[lowlight_engine::OwnedFrame],
) -> anyhow::Result<Pipe> {
    let mut pipe = Pipe::start(with, size, frames)?;
    pipe.run(WARM_UP)?;
    Ok(pipe)
}

/// Restores for `duration`: frames, and the seconds that they took.
fn run(pipe: &mut Pipe, duration: Duration) -> anyhow::Result<(usize, f64)> {
    let begun = Instant::now();
    let mut frames = 0;
    // Two on their way: the element has its next frame when it is done with one.
    pipe.push()?;
    while begun.elapsed() < duration {
        pipe.push()?;
        pipe.wait()?;
        frames += 1;
    }
    pipe.wait()?;
    pipe.ensure_all_restored()?;
    Ok((frames + 1, begun.elapsed().as_secs_f64()))
}

//! From PLAYING to the first restored frame, on a source that goes on whatever the model does.

use crate::pipe::{Pipe, With};
use crate::plan::{CONTENT_FPS, Size};
use crate::setting::{dark_frames, quoted};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the model may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a start went, in seconds since PLAYING.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Started {
    /// The first frame left the element, restored or not.
    pub(crate) first: f64,
    /// The first restored one did.
    pub(crate) restored: f64,
    /// The longest wait between two frames that left, until then.
    pub(crate) longest_gap: f64,
    /// Frames that passed unrestored.
    pub(crate) passed: u64,
}

pub(super) fn start(
    model: &Path,
    library: &Path,
    size: Size,
    cache: &Path,
) -> anyhow::Result<Started> {
    let frames = dark_frames(size, 4);
    let with = With {
        model,
        library,
        more: &format!("cache-dir={}", quoted(cache)),
    };
    let mut pipe = Pipe::start(&with, size, &frames)?;
    let playing = pipe.playing;
    let (mut first, mut last, mut longest_gap) = (None, playing, Duration::ZERO);
    let mut due = playing;
    loop {
        pipe.push()?;
        let passage = pipe.wait()?;
        let first = *first.get_or_insert(passage.left - playing);
        longest_gap = longest_gap.max(passage.left - last);
        last = passage.left;
        if pipe.count("frames-restored") > 0 {
            return Ok(Started {
                first: first.as_secs_f64(),
                restored: (passage.left - playing).as_secs_f64(),
                longest_gap: longest_gap.as_secs_f64(),
                passed: pipe.count("frames-passed"),
            });
        }
        anyhow::ensure!(
            playing.elapsed() < PATIENCE,
            "nothing was restored within {PATIENCE:?}"
        );
        due += Duration::from_secs_f64(1.0 / CONTENT_FPS);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

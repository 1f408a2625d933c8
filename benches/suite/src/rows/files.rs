//! Seconds of content per second, from an H.264 file.

use crate::child::{Played, Task, send};
use crate::clips::clip;
use crate::plan::{CONTENT_FPS, Size};
use crate::row::Measured;
use crate::setting::Setting;
use crate::stats::median;
use serde_json::json;

/// Frames before the clock starts: the decoder's threads and both queues are full then.
pub(super) const WARM_UP: u64 = 10;

pub(super) fn measure(setting: &Setting, size: Size, is_encoded: bool) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir()?;
    let encode_to = is_encoded.then(|| folder.path().join("restored.mp4"));
    let mut played = Vec::new();
    for _ in 0..setting.plan.process_rounds {
        played.push(play(setting, size, encode_to.clone())?);
    }
    let factors: Vec<f64> = played
        .iter()
        .map(|played| played.fps() / CONTENT_FPS)
        .collect();
    let value = median(&factors);
    let detail = json!({ "played": played });
    Ok(Measured {
        value,
        rounds: factors,
        note: format!("{:.1} frames per second", value * CONTENT_FPS),
        detail: detail.as_object().cloned().unwrap_or_default(),
        ..Measured::default()
    })
}

/// Plays the clip of `size` through the nano in a process of its own.
pub(super) fn play(
    setting: &Setting,
    size: Size,
    encode_to: Option<std::path::PathBuf>,
) -> anyhow::Result<Played> {
    let task = Task::Play {
        clip: clip(&setting.work, size, setting.plan.clip_frames)?,
        encode_to,
        warm_up: WARM_UP,
    };
    send(setting, "nano", task, &setting.cores)
}

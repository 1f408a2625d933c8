//! A clip, decoded, restored, and thrown away or encoded again.

use crate::pipe::{With, ensure_all_restored, launch, named};
use crate::setting::quoted;
use anyhow::Context;
use gst::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// How long a clip may take.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(300);

/// How a clip went.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Played {
    /// Frames after the warm-up.
    pub(crate) frames: u64,
    /// Time that they took, to the end of the stream.
    pub(crate) seconds: f64,
    /// Peak of the process's resident memory.
    pub(crate) peak_mib: f64,
}

impl Played {
    pub(crate) fn fps(&self) -> f64 {
        self.frames as f64 / self.seconds
    }
}

/// Frames that left the element, and when the last one of the warm-up did.
#[derive(Default)]
struct Tally {
    frames: u64,
    warm: Option<Instant>,
}

pub(super) fn play(
    model: &Path,
    library: &Path,
    clip: &Path,
    encode_to: Option<&Path>,
    warm_up: u64,
) -> anyhow::Result<Played> {
    let with = With {
        model,
        library,
        more: "wait-for-model=true",
    };
    let pipeline = launch(&description(&with, clip, encode_to))?;
    let restore = named(&pipeline, "restore")?;
    let tally = Arc::new(Mutex::new(Tally::default()));
    let counted = Arc::clone(&tally);
    let pad = restore
        .static_pad("src")
        .context("the element has a src pad")?;
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        let mut tally = counted.lock().unwrap_or_else(PoisonError::into_inner);
        tally.frames += 1;
        if tally.frames == warm_up {
            tally.warm = Some(Instant::now());
        }
        gst::PadProbeReturn::Ok
    });
    pipeline.set_state(gst::State::Playing)?;
    let ended = wait_for_end(&pipeline)?;
    ensure_all_restored(&restore)?;
    let peak_mib = peak_mib()?;
    pipeline.set_state(gst::State::Null)?;
    let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    let warm = tally.warm.context("the clip is shorter than the warm-up")?;
    Ok(Played {
        frames: tally.frames - warm_up,
        seconds: (ended - warm).as_secs_f64(),
        peak_mib,
    })
}

/// Queues of a few frames, so that decoding, restoring and encoding of different frames overlap: what a user writes.
fn description(with: &With<'_>, clip: &Path, encode_to: Option<&Path>) -> String {
    const QUEUE: &str = "queue max-size-buffers=3 max-size-bytes=0 max-size-time=0";
    let end = match encode_to {
        None => "fakesink sync=false".to_owned(),
        Some(path) => format!(
            "{QUEUE} ! x264enc speed-preset=veryfast tune=zerolatency ! h264parse ! mp4mux ! filesink location={}",
            quoted(path)
        ),
    };
    format!(
        "filesrc location={} ! qtdemux ! h264parse ! avdec_h264 ! {QUEUE} ! {} ! {end}",
        quoted(clip),
        with.description()
    )
}

fn wait_for_end(pipeline: &gst::Pipeline) -> anyhow::Result<Instant> {
    let bus = pipeline.bus().context("a pipeline has a bus")?;
    let types = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus
        .timed_pop_filtered(PATIENCE, &types)
        .with_context(|| format!("the clip did not end within {PATIENCE}"))?;
    let ended = Instant::now();
    match message.view() {
        gst::MessageView::Error(error) => {
            anyhow::bail!("{} ({})", error.error(), error.debug().unwrap_or_default())
        }
        _ => Ok(ended),
    }
}

/// The most memory that this process ever had resident.
fn peak_mib() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))
        .context("the kernel does not say VmHWM")?
        .trim()
        .parse()?;
    Ok(kib / 1024.0)
}

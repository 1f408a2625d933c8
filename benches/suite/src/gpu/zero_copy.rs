//! Frames that are in GPU memory already: restored there, or carried to the CPU's memory and back.

use super::Args;
use super::case::Case;
use crate::pipe::{count, fail_on_error, launch, named};
use crate::plan::FULL_HD;
use crate::say;
use crate::setting::quoted;
use gst::prelude::*;
use lowlight_engine::Provider;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Frames that are timed, and those before that are not: the element passes frames until its model is there.
const FRAMES: u64 = 300;
const WARM_UP: u64 = 30;
/// How long the model may take to be there, and the frames after it.
const PATIENCE: Duration = Duration::from_secs(600);

/// Milliseconds a frame of both ways, of the nano.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Copies {
    pub(super) provider: &'static str,
    pub(super) in_place: Option<f64>,
    pub(super) copied: Option<f64>,
    /// Why something is missing.
    pub(super) note: String,
}

impl Copies {
    /// Milliseconds a frame that are saved by not copying.
    pub(super) fn saved(&self) -> Option<f64> {
        self.copied
            .zip(self.in_place)
            .map(|(copied, in_place)| copied - in_place)
    }
}

pub(super) fn measure(provider: Provider, args: &Args) -> Copies {
    let mut copies = Copies {
        provider: provider.name(),
        in_place: None,
        copied: None,
        note: String::new(),
    };
    let missing = ["cudaupload", "cudadownload"]
        .map(gst::ElementFactory::find)
        .iter()
        .any(Option::is_none);
    if missing || provider.name() == "cpu" || provider.name() == "openvino" {
        copies.note = "no CUDA memory here (elements cudaupload and cudadownload)".into();
        return copies;
    }
    say(&format!(
        "measuring frames in GPU memory: {}",
        provider.name()
    ));
    for (way, place) in [
        ("", &mut copies.in_place),
        ("cudadownload !", &mut copies.copied),
    ] {
        match time(provider, args, way) {
            Ok(ms) => *place = Some(ms),
            Err(error) => copies.note = format!("{error:#}"),
        }
    }
    copies
}

/// Milliseconds a frame. `way` is what the frames pass before the element.
fn time(provider: Provider, args: &Args, way: &str) -> anyhow::Result<f64> {
    let case = Case {
        provider,
        tier: "nano".into(),
        precision: "fp16".into(),
        size: FULL_HD,
        batch: 1,
    };
    // After a download, the sink's side is carried up again.
    let back = if way.is_empty() { "" } else { "cudaupload !" };
    let library = args.library.as_deref().map_or_else(String::new, |library| {
        format!("onnxruntime-library={}", quoted(library))
    });
    let (width, height) = FULL_HD;
    let pipeline = launch(&format!(
        "videotestsrc pattern=black ! video/x-raw,format=NV12,width={width},height={height},framerate=30/1 \
         ! cudaupload ! {way} lowlightrestore name=restore execution-provider={} model-file={} {library} \
         ! {back} video/x-raw(memory:CUDAMemory) ! fakesink sync=false",
        provider.name(),
        quoted(&case.model(&args.models))
    ))?;
    pipeline.set_state(gst::State::Playing)?;
    let timed = frames_of(&pipeline);
    pipeline.set_state(gst::State::Null)?;
    timed
}

fn frames_of(pipeline: &gst::Pipeline) -> anyhow::Result<f64> {
    let restore = named(pipeline, "restore")?;
    let until = |wanted: u64| {
        let begun = Instant::now();
        while count(&restore, "frames-restored") < wanted {
            fail_on_error(pipeline)?;
            anyhow::ensure!(
                begun.elapsed() < PATIENCE,
                "no {wanted} frames within {PATIENCE:?}"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok((Instant::now(), count(&restore, "frames-restored")))
    };
    let (begun, first) = until(WARM_UP)?;
    let (ended, last) = until(first + FRAMES)?;
    // Frames before the model was there have passed; of those that are timed, none may.
    anyhow::ensure!(last > first, "no frames");
    Ok((ended - begun).as_secs_f64() * 1e3 / (last - first) as f64)
}

//! Short pipelines fed and read by hand, frame by frame: what the demo is made of.

use super::error::PipelineError;
use super::make::{add_chain, make};
use super::restore::restore;
use crate::config::Restore;
use gst::prelude::*;
use std::time::{Duration, Instant};

/// How long a stage may take for a frame. The first one waits for the model, which may be compiled first.
pub(super) const PATIENCE: Duration = Duration::from_secs(180);
/// How often a stage that is waited for is asked whether it has failed.
const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(50);

/// Why a stage gives no frame.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// It cannot be built.
    #[error(transparent)]
    Build(#[from] PipelineError),
    /// It does not start, or an element in it failed.
    #[error("{0}")]
    Failed(String),
    /// It took a frame and gave nothing back.
    #[error("{stage} gave no frame within {} s", PATIENCE.as_secs())]
    Stalled {
        /// What the stage does.
        stage: &'static str,
    },
}

/// `appsrc ! … ! appsink`: frames go in and come out in step.
pub struct Stage {
    name: &'static str,
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    sink: gst_app::AppSink,
}

impl Stage {
    /// A night camera: RGB at `accumulate` times the frame rate in, dark, blurred and noisy I420 out.
    ///
    /// # Errors
    ///
    /// An element is missing or does not start.
    pub fn night_camera(
        caps: &gst::Caps,
        severity: &str,
        accumulate: u32,
        seed: u64,
    ) -> Result<Self, StageError> {
        let planar = make("capsfilter")?;
        let i420 = gst::Caps::builder("video/x-raw").field("format", "I420");
        planar.set_property("caps", i420.build());
        let camera = make("lowlightdegrade")?;
        camera.set_property_from_str("severity", severity);
        camera.set_property("accumulate", accumulate);
        camera.set_property("seed", seed);
        Self::new(
            "the night camera",
            Some(caps),
            &[make("videoconvert")?, planar, camera],
            None,
        )
    }

    /// The restoration: frames in and out as they are, the first one once the model is loaded.
    /// The element comes with it, to be asked for its figures.
    ///
    /// # Errors
    ///
    /// An element is missing or does not start.
    pub fn restoration(settings: &Restore) -> Result<(Self, gst::Element), StageError> {
        let element = restore(settings, true)?;
        let stage = Self::new(
            "the restoration",
            None,
            std::slice::from_ref(&element),
            None,
        )?;
        Ok((stage, element))
    }

    /// Any frames in, packed RGB out.
    ///
    /// # Errors
    ///
    /// An element is missing or does not start.
    pub fn to_rgb() -> Result<Self, StageError> {
        let rgb = gst::Caps::builder("video/x-raw")
            .field("format", "RGB")
            .build();
        Self::new(
            "the conversion to RGB",
            None,
            &[make("videoconvert")?],
            Some(&rgb),
        )
    }

    fn new(
        name: &'static str,
        caps: Option<&gst::Caps>,
        middle: &[gst::Element],
        out: Option<&gst::Caps>,
    ) -> Result<Self, StageError> {
        let source = source(caps);
        let sink = gst_app::AppSink::builder()
            .sync(false)
            .max_buffers(4)
            .build();
        sink.set_caps(out);
        let pipeline = chain(&source, middle, sink.upcast_ref())?;
        Ok(Self {
            name,
            pipeline,
            source,
            sink,
        })
    }

    /// Puts a frame in; its caps must have been given when the stage was made.
    ///
    /// # Errors
    ///
    /// The stage has failed.
    pub fn push(&self, buffer: gst::Buffer) -> Result<(), StageError> {
        self.source
            .push_buffer(buffer)
            .map(drop)
            .map_err(|flow| self.why(&format!("{flow}")))
    }

    /// Puts in what another stage gave out, with its caps.
    ///
    /// # Errors
    ///
    /// The stage has failed.
    pub fn push_sample(&self, sample: &gst::Sample) -> Result<(), StageError> {
        self.source
            .push_sample(sample)
            .map(drop)
            .map_err(|flow| self.why(&format!("{flow}")))
    }

    /// Waits for the next frame.
    ///
    /// # Errors
    ///
    /// The stage has failed, or nothing comes.
    pub fn pull(&self) -> Result<gst::Sample, StageError> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(sample) = self.sink.try_pull_sample(LOOK) {
                return Ok(sample);
            }
            if let Some(reason) = failure(&self.pipeline) {
                return Err(StageError::Failed(reason));
            }
            if self.sink.is_eos() {
                return Err(self.why("it has ended"));
            }
        }
        Err(StageError::Stalled { stage: self.name })
    }

    fn why(&self, otherwise: &str) -> StageError {
        let reason = failure(&self.pipeline);
        StageError::Failed(
            reason.unwrap_or_else(|| format!("{} takes no frame: {otherwise}", self.name)),
        )
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Fails only for elements that are gone already.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

pub(super) fn source(caps: Option<&gst::Caps>) -> gst_app::AppSrc {
    let source = gst_app::AppSrc::builder()
        .format(gst::Format::Time)
        .block(true)
        .build();
    source.set_caps(caps);
    source
}

/// Builds and starts `source ! middle ! sink`.
pub(super) fn chain(
    source: &gst_app::AppSrc,
    middle: &[gst::Element],
    sink: &gst::Element,
) -> Result<gst::Pipeline, StageError> {
    let pipeline = gst::Pipeline::new();
    let mut elements: Vec<&gst::Element> = vec![source.upcast_ref()];
    elements.extend(middle);
    elements.push(sink);
    add_chain(&pipeline, &elements)?;
    if pipeline.set_state(gst::State::Playing).is_err() {
        let reason = failure(&pipeline).unwrap_or_else(|| "the pipeline does not start".into());
        let _ = pipeline.set_state(gst::State::Null);
        return Err(StageError::Failed(reason));
    }
    Ok(pipeline)
}

/// The first error that has been posted, if any.
pub(super) fn failure(pipeline: &gst::Pipeline) -> Option<String> {
    let message = pipeline.bus()?.pop_filtered(&[gst::MessageType::Error])?;
    match message.view() {
        gst::MessageView::Error(error) => Some(text(error)),
        _ => None,
    }
}

pub(super) fn text(error: &gst::message::Error) -> String {
    error
        .error()
        .message()
        .trim_end_matches('.')
        .replace('\n', " ")
}

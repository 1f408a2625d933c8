//! A video file written frame by frame.

use super::container::Container;
use super::encode::{encoder, formats};
use super::make::{make, make_named};
use super::stage::{PATIENCE, StageError, chain, failure, source, text};
use crate::config::Encode;
use gst::prelude::*;
use std::path::Path;

/// A video file under way.
pub struct Film {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
}

impl Film {
    /// Starts an MP4 of RGB frames described by `caps`.
    ///
    /// # Errors
    ///
    /// An element is missing, or the file cannot be written.
    pub fn start(path: &Path, caps: &gst::Caps) -> Result<Self, StageError> {
        let settings = Encode::default();
        let planar = make("capsfilter")?;
        planar.set_property("caps", formats(settings.codec));
        let sink = make_named("filesink", "output-file")?;
        sink.set_property("location", path);
        let middle = [
            make("videoconvert")?,
            planar,
            encoder(&settings)?,
            make("h264parse")?,
            Container::Mp4.muxer()?,
        ];
        let source = source(Some(caps));
        let pipeline = chain(&source, &middle, &sink)?;
        Ok(Self { pipeline, source })
    }

    /// Adds a frame.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn push(&self, buffer: gst::Buffer) -> Result<(), StageError> {
        self.source
            .push_buffer(buffer)
            .map(drop)
            .map_err(|flow| self.why(&format!("{flow}")))
    }

    /// Ends the file properly.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn finish(self) -> Result<(), StageError> {
        self.source
            .end_of_stream()
            .map_err(|flow| self.why(&format!("{flow}")))?;
        let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
        let timeout = gst::ClockTime::from_seconds(PATIENCE.as_secs());
        let message = self
            .pipeline
            .bus()
            .and_then(|bus| bus.timed_pop_filtered(timeout, &wanted));
        match message.as_ref().map(|message| message.view()) {
            Some(gst::MessageView::Eos(_)) => Ok(()),
            Some(gst::MessageView::Error(error)) => Err(StageError::Failed(text(error))),
            _ => Err(StageError::Stalled {
                stage: "the video file",
            }),
        }
    }

    fn why(&self, otherwise: &str) -> StageError {
        let reason = failure(&self.pipeline);
        StageError::Failed(
            reason.unwrap_or_else(|| format!("the video file takes no frame: {otherwise}")),
        )
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        // Fails only for elements that are gone already.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

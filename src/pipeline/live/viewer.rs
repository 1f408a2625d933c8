//! Where raw pictures go: a window, or what somebody has described.

use super::super::error::PipelineError;
use super::super::make::{add_chain, make, make_named};
use super::{Open, described, entry};
use crate::config::{CustomSink, DisplaySink};
use gst::prelude::*;

/// A sink for raw pictures, which loses those that it cannot take.
pub(crate) struct Viewer {
    pub(crate) pipeline: gst::Pipeline,
    entry: gst_app::AppSrc,
}

/// Builds a window.
///
/// # Errors
///
/// An element is missing.
pub(crate) fn display(settings: &DisplaySink) -> Result<Viewer, PipelineError> {
    let sink = make_named("autovideosink", "display")?;
    sink.set_property("sync", settings.sync);
    viewer(&sink)
}

/// Builds what somebody has described.
///
/// # Errors
///
/// The description cannot be built.
pub(crate) fn custom_viewer(settings: &CustomSink) -> Result<Viewer, PipelineError> {
    viewer(&described(&settings.description, "sink", Open::Start)?)
}

fn viewer(sink: &gst::Element) -> Result<Viewer, PipelineError> {
    let pipeline = gst::Pipeline::new();
    let entry = entry("pictures");
    entry.set_max_bytes(0);
    entry.set_max_buffers(2);
    entry.set_leaky_type(gst_app::AppLeakyType::Downstream);
    let source: gst::Element = entry.clone().upcast();
    add_chain(&pipeline, &[&source, &make("videoconvert")?, sink])?;
    Ok(Viewer { pipeline, entry })
}

impl Viewer {
    /// Shows a picture whose time is the monotonic clock's.
    pub(crate) fn show(&self, picture: &gst::Buffer, caps: &gst::CapsRef) {
        let Some(base) = self.entry.base_time().filter(|base| !base.is_zero()) else {
            return; // Not up yet.
        };
        let mut buffer = picture.copy();
        let time = buffer.pts().map(|time| time.saturating_sub(base));
        buffer.make_mut().set_pts(time);
        let sample = gst::Sample::builder()
            .buffer(&buffer)
            .caps(&caps.to_owned())
            .build();
        // Refused only on the way down.
        let _ = self.entry.push_sample(&sample);
    }

    /// Ends the stream of pictures.
    pub(crate) fn end(&self) {
        let _ = self.entry.end_of_stream();
    }
}

//! The pipelines of a live stream, each of them on its own: camera, restorer, encoder, windows, recordings.
//!
//! Timestamps at the borders are nanoseconds of the system's monotonic clock, which all of them use.

mod camera;
mod encoder;
mod feed;
mod held;
mod recorder;
mod restorer;
mod rtsp;
mod viewer;

pub(crate) use camera::{Watcher, camera, rewind};
pub(crate) use encoder::{Encoder, Shape, Unit, mount_launch};
pub(crate) use feed::{Feed, Origin, Taken};
pub(crate) use held::{Failure, Held, Said, Stopping};
pub(crate) use recorder::{Limits, Recorder, SEGMENT_CLOSED};
pub(crate) use restorer::restorer;
pub(crate) use viewer::{Viewer, custom_viewer, display};

use super::error::PipelineError;
use gst::prelude::*;

/// Now on the monotonic clock, in nanoseconds.
pub(crate) fn now() -> u64 {
    gst::SystemClock::obtain().time().nseconds()
}

/// Which end of a description is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Start,
    End,
}

/// The bin that a `gst-launch-1.0` description stands for, with one open pad.
fn described(text: &str, name: &str, open: Open) -> Result<gst::Element, PipelineError> {
    // With an element at its open end, a description may also start or end with caps.
    let whole = match open {
        Open::Start => format!("identity ! {text}"),
        Open::End => format!("{text} ! identity"),
    };
    let bin = gst::parse::bin_from_description_with_name(&whole, true, name).map_err(|error| {
        let why = error.message();
        PipelineError::Unsupported(format!("description {text:?}: {why}"))
    })?;
    Ok(bin.upcast())
}

/// An `appsrc` for frames whose times are the monotonic clock's.
fn entry(name: &str) -> gst_app::AppSrc {
    gst_app::AppSrc::builder()
        .name(name)
        .format(gst::Format::Time)
        .is_live(true)
        .build()
}

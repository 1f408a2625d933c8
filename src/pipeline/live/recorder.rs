//! Segments of coded frames in files that can be played at any moment of their being written.

use super::super::error::PipelineError;
use super::super::make::{add_chain, make};
use super::{Feed, Origin, entry};
use crate::config::Container;
use gst::prelude::*;
use std::path::PathBuf;

/// The element message that says that a segment is complete.
pub(crate) const SEGMENT_CLOSED: &str = "splitmuxsink-fragment-closed";
/// Milliseconds of an MP4 fragment: what a crash costs at most.
const FRAGMENT: u32 = 1000;

/// What a recording is made of.
pub(crate) struct Recorder {
    pub(crate) pipeline: gst::Pipeline,
    pub(crate) feed: Feed,
}

/// Limits of a segment; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) seconds: u32,
    pub(crate) megabytes: u32,
}

impl Recorder {
    /// Builds a recording of frames with `caps`. `name` gives the file of the next segment.
    ///
    /// # Errors
    ///
    /// An element is missing, or there is no recording of such a format.
    pub(crate) fn new(
        caps: &gst::CapsRef,
        container: Container,
        limits: Limits,
        name: impl Fn() -> PathBuf + Send + Sync + 'static,
    ) -> Result<Self, PipelineError> {
        let pipeline = gst::Pipeline::new();
        let entry = entry("coded");
        let source: gst::Element = entry.clone().upcast();
        let mut elements = vec![source];
        let container = parsers(caps, container, &mut elements)?;
        elements.push(splitter(container, limits, name)?);
        let chain: Vec<&gst::Element> = elements.iter().collect();
        add_chain(&pipeline, &chain)?;
        Ok(Self {
            pipeline,
            feed: Feed::new(entry, Origin::First),
        })
    }
}

/// Adds what a format needs before the muxer, and gives the container that takes it.
fn parsers(
    caps: &gst::CapsRef,
    wanted: Container,
    elements: &mut Vec<gst::Element>,
) -> Result<Container, PipelineError> {
    let name = caps.structure(0).map_or("", |s| s.name().as_str());
    match name {
        // What a camera sends may be reordered, and RTP does not say when frames are decoded.
        "video/x-h264" => elements.extend([
            make("h264parse")?,
            packed(name, "avc")?,
            make("h264timestamper")?,
        ]),
        "video/x-h265" => elements.extend([
            make("h265parse")?,
            packed(name, "hvc1")?,
            make("h265timestamper")?,
        ]),
        "image/jpeg" => return Ok(Container::Mkv),
        other => {
            return Err(PipelineError::Unsupported(format!(
                "{other} cannot be recorded"
            )));
        }
    }
    Ok(wanted)
}

/// The format that muxers take, which the timestampers do not ask for by themselves.
fn packed(name: &str, format: &str) -> Result<gst::Element, PipelineError> {
    let caps = gst::Caps::builder(name)
        .field("stream-format", format)
        .field("alignment", "au");
    let filter = make("capsfilter")?;
    filter.set_property("caps", caps.build());
    Ok(filter)
}

fn splitter(
    container: Container,
    limits: Limits,
    name: impl Fn() -> PathBuf + Send + Sync + 'static,
) -> Result<gst::Element, PipelineError> {
    let muxer = match container {
        Container::Mp4 => {
            let muxer = make("mp4mux")?;
            muxer.set_property("fragment-duration", FRAGMENT);
            // Plays unfinished, and is a plain MP4 when finished.
            muxer.set_property_from_str("fragment-mode", "first-moov-then-finalise");
            muxer
        }
        Container::Mkv => {
            let muxer = make("matroskamux")?;
            muxer.set_property("min-cluster-duration", 500_000_000i64);
            muxer
        }
    };
    let splitter = make("splitmuxsink")?;
    splitter.set_property("muxer", &muxer);
    splitter.set_property("max-size-time", u64::from(limits.seconds) * 1_000_000_000);
    splitter.set_property("max-size-bytes", u64::from(limits.megabytes) * 1_000_000);
    splitter.connect("format-location", false, move |_| {
        Some(name().to_string_lossy().into_owned().to_value())
    });
    Ok(splitter)
}

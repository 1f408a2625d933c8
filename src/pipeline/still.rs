//! A picture restored into a picture.

use super::error::PipelineError;
use super::make::{add_chain, link_pads, make, make_named, pad};
use super::restore::restore;
use super::{Gate, Graph, Meter, Tracks};
use crate::config::Restore;
use gst::prelude::*;
use std::path::Path;

/// JPEG quality at which blocks do not show in restored dark areas.
const JPEG_QUALITY: i32 = 95;

/// A picture format that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StillFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
}

impl StillFormat {
    /// The format that a file's extension names, if any.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_string_lossy().to_lowercase();
        match extension.as_str() {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            _ => None,
        }
    }

    fn encoder(self) -> Result<gst::Element, PipelineError> {
        let encoder = match self {
            Self::Png => make("pngenc")?,
            Self::Jpeg => {
                let encoder = make("jpegenc")?;
                encoder.set_property("quality", JPEG_QUALITY);
                encoder
            }
        };
        encoder.set_property("snapshot", true);
        Ok(encoder)
    }
}

/// Builds the pipeline that restores the picture `input` into the picture `output`. A camera's rotation
/// mark is applied, so that the picture written stands upright.
///
/// # Errors
///
/// An element is missing.
pub fn still_to_still(
    input: &Path,
    output: &Path,
    format: StillFormat,
    settings: &Restore,
) -> Result<Graph, PipelineError> {
    let pipeline = gst::Pipeline::new();
    let source = make_named("filesrc", "input-file")?;
    source.set_property("location", input);
    let decoder = make_named("decodebin", "input-decoder")?;
    let convert = make("videoconvert")?;
    let upright = make("videoflip")?;
    upright.set_property_from_str("video-direction", "auto");
    let restore = restore(settings, true)?;
    let encoder = format.encoder()?;
    let sink = make_named("filesink", "output-file")?;
    sink.set_property("location", output);
    add_chain(&pipeline, &[&source, &decoder])?;
    let convert_back = make("videoconvert")?;
    add_chain(
        &pipeline,
        &[&upright, &convert, &restore, &convert_back, &encoder, &sink],
    )?;
    let graph = Graph {
        pipeline,
        meter: Meter::default(),
        gate: Gate::default(),
        input: decoder.clone(),
        tracks: Tracks::default(),
    };
    graph.meter.count_frames(&pad(&encoder, "sink")?);
    let head = pad(&upright, "sink")?;
    let (gate, meter) = (graph.gate.clone(), graph.meter.clone());
    decoder.connect_pad_added(move |_, decoded| {
        // A second stream would be a second picture in the same file; the first one is the picture.
        if !head.is_linked() && link_pads(decoded, &head).is_ok() {
            meter.found_video();
            gate.watch_video(decoded);
        }
    });
    Ok(graph)
}

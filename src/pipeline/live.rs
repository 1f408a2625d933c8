//! Live pictures: a source, the restoration, a window.

use super::error::PipelineError;
use super::make::{add_chain, make, make_named, pad};
use super::restore::restore;
use super::{Gate, Graph, Meter, Tracks};
use crate::config::{Degrade, DisplaySink, Restore, TestSource};
use gst::prelude::*;

/// Builds the pipeline that shows a test picture, degraded if so wanted, and restored.
///
/// # Errors
///
/// An element is missing or takes no such value.
pub fn test_to_display(
    source: &TestSource,
    degrade: Option<&Degrade>,
    settings: &Restore,
    display: &DisplaySink,
) -> Result<Graph, PipelineError> {
    let pipeline = gst::Pipeline::new();
    let mut chain = vec![test_source(source)?, picture(source)?];
    if let Some(degrade) = degrade {
        let camera = make("lowlightdegrade")?;
        camera.set_property_from_str("severity", degrade.severity.nick());
        camera.set_property("seed", degrade.seed);
        chain.push(camera);
    }
    let restore = restore(settings, false)?;
    let sink = make_named("autovideosink", "output-display")?;
    sink.set_property("sync", display.sync);
    chain.extend([restore.clone(), make("videoconvert")?, sink]);
    let elements: Vec<&gst::Element> = chain.iter().collect();
    add_chain(&pipeline, &elements)?;
    let graph = Graph {
        pipeline,
        meter: Meter::default(),
        gate: Gate::default(),
        input: chain[0].clone(),
        tracks: Tracks::default(),
    };
    graph.meter.count_frames(&pad(&restore, "src")?);
    graph.gate.watch_video(&pad(&chain[0], "src")?);
    Ok(graph)
}

fn test_source(settings: &TestSource) -> Result<gst::Element, PipelineError> {
    let source = make_named("videotestsrc", "input-test")?;
    let known = source
        .find_property("pattern")
        .and_then(|property| gst::glib::EnumClass::with_type(property.value_type()))
        .is_some_and(|patterns| patterns.value_by_nick(&settings.pattern).is_some());
    if !known {
        return Err(PipelineError::Property {
            element: "videotestsrc",
            property: "pattern",
            value: settings.pattern.clone(),
        });
    }
    source.set_property_from_str("pattern", &settings.pattern);
    source.set_property("num-buffers", settings.num_buffers);
    source.set_property("is-live", true);
    Ok(source)
}

fn picture(settings: &TestSource) -> Result<gst::Element, PipelineError> {
    let size = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let filter = make("capsfilter")?;
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", size(settings.width))
        .field("height", size(settings.height))
        .field("framerate", gst::Fraction::new(size(settings.framerate), 1))
        .build();
    filter.set_property("caps", caps);
    Ok(filter)
}

//! A source and its decoder: the pipeline that is thrown away when it fails.

use super::super::error::PipelineError;
use super::super::make::{add_chain, make, make_named};
use super::now;
use super::rtsp;
use crate::config::{CustomSource, FileSource, LibcameraSource, Source, TestSource, V4l2Source};
use gst::prelude::*;
use std::sync::Arc;

/// Takes what a camera gives; called from its threads, and must not wait.
pub(crate) trait Watcher: Send + Sync + 'static {
    /// A decoded frame, with its capture time on the monotonic clock if that is known.
    fn frame(&self, sample: gst::Sample, captured: Option<u64>);
    /// A coded frame, untouched. Only when it was asked for.
    fn coded(&self, sample: gst::Sample, captured: Option<u64>);
    /// What was captured `age` nanoseconds ago was captured at `time` by the camera's own clock: nanoseconds since 1900.
    fn absolute(&self, time: u64, age: u64);
    /// Whether a coded frame of that age is to be skipped instead of decoded.
    fn skips(&self, is_key: bool, age: u64) -> bool;
}

/// Builds a source with its decoder. With `coded`, what it sends is given out undecoded as well.
///
/// # Errors
///
/// An element is missing or takes no such value.
pub(crate) fn camera(
    source: &Source,
    coded: bool,
    watcher: &Arc<dyn Watcher>,
) -> Result<gst::Pipeline, PipelineError> {
    let pipeline = gst::Pipeline::new();
    let sink = frames(watcher, matches!(source, Source::File(_)));
    match source {
        Source::Rtsp(source) => rtsp::camera(&pipeline, source, coded, watcher, &sink)?,
        Source::V4l2(source) => decoded(&pipeline, &v4l2(source)?, &sink)?,
        Source::Libcamera(source) => decoded(&pipeline, &libcamera(source)?, &sink)?,
        Source::Test(source) => {
            let elements = [test(source)?, test_caps(source)?, sink];
            add_chain(&pipeline, &elements.each_ref())?;
        }
        Source::File(source) => decoded(&pipeline, &[file(source)?], &sink)?,
        Source::GstLaunch(source) => decoded(&pipeline, &[custom(source)?], &sink)?,
    }
    Ok(pipeline)
}

/// Sends a file that has ended back to its start. Waits for its threads; not for a thread that must not.
///
/// # Errors
///
/// The file cannot be sought in.
pub(crate) fn rewind(pipeline: &gst::Pipeline) -> Result<(), gst::glib::BoolError> {
    let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT;
    pipeline.seek_simple(flags, gst::ClockTime::ZERO)
}

/// The end of every camera: frames of any raw format, given to the watcher.
fn frames(watcher: &Arc<dyn Watcher>, sync: bool) -> gst::Element {
    let watcher = Arc::clone(watcher);
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let captured = captured(&sample, sink.upcast_ref());
            watcher.frame(sample, captured);
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    let sink = gst_app::AppSink::builder()
        .name("frames")
        .caps(&gst::Caps::new_empty_simple("video/x-raw"))
        .sync(sync)
        .max_buffers(1)
        .callbacks(callbacks)
        .build();
    sink.upcast()
}

/// When a sample was captured, on the monotonic clock.
pub(super) fn captured(sample: &gst::Sample, element: &gst::Element) -> Option<u64> {
    let pts = sample.buffer()?.pts();
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let running = segment.to_running_time(pts)?;
    Some((running + element.base_time()?).nseconds())
}

/// How old a buffer on `pad` is, in nanoseconds.
pub(super) fn age(pad: &gst::Pad, buffer: &gst::BufferRef) -> Option<u64> {
    let segment = pad.sticky_event::<gst::event::Segment>(0)?;
    let segment = segment.segment().downcast_ref::<gst::ClockTime>()?.clone();
    let base = pad.parent_element()?.base_time()?;
    let captured = segment.to_running_time(buffer.pts())? + base;
    Some(now().saturating_sub(captured.nseconds()))
}

/// `head ! decodebin ! sink`, where the decoder finds out what there is.
pub(super) fn decoded(
    pipeline: &gst::Pipeline,
    head: &[gst::Element],
    sink: &gst::Element,
) -> Result<(), PipelineError> {
    let decoder = make("decodebin")?;
    let mut elements: Vec<&gst::Element> = head.iter().collect();
    elements.push(&decoder);
    add_chain(pipeline, &elements)?;
    add_chain(pipeline, &[sink])?;
    let sink = sink.downgrade();
    decoder.connect_pad_added(move |_, pad| link_video(pad, &sink));
    Ok(())
}

/// Links `pad` to `sink` if it is the first one with video.
pub(super) fn link_video(pad: &gst::Pad, sink: &gst::glib::WeakRef<gst::Element>) {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    let is_video = caps.structure(0).is_some_and(|s| s.name() == "video/x-raw");
    let target = sink.upgrade().and_then(|sink| sink.static_pad("sink"));
    if let Some(target) = target.filter(|target| is_video && !target.is_linked())
        && let Err(error) = pad.link(&target)
    {
        gst::element_error!(
            pad.parent_element()
                .unwrap_or_else(|| gst::Bin::new().upcast()),
            gst::StreamError::Format,
            ("frames of the format {caps} cannot be taken: {error}")
        );
    }
}

fn v4l2(source: &V4l2Source) -> Result<Vec<gst::Element>, PipelineError> {
    let element = make_named("v4l2src", "camera")?;
    if let Some(device) = &source.device {
        element.set_property("device", &*device.to_string_lossy());
    }
    with_caps(element, source.caps.as_deref())
}

fn libcamera(source: &LibcameraSource) -> Result<Vec<gst::Element>, PipelineError> {
    let element = make_named("libcamerasrc", "camera")?;
    if let Some(name) = &source.camera_name {
        element.set_property("camera-name", name);
    }
    with_caps(element, source.caps.as_deref())
}

fn with_caps(source: gst::Element, caps: Option<&str>) -> Result<Vec<gst::Element>, PipelineError> {
    let Some(text) = caps else {
        return Ok(vec![source]);
    };
    let caps: gst::Caps = text.parse().map_err(|_| PipelineError::Property {
        element: "capsfilter",
        property: "caps",
        value: text.to_owned(),
    })?;
    let filter = make("capsfilter")?;
    filter.set_property("caps", caps);
    Ok(vec![source, filter])
}

fn file(source: &FileSource) -> Result<gst::Element, PipelineError> {
    let element = make_named("filesrc", "file")?;
    element.set_property("location", &source.location);
    Ok(element)
}

fn custom(source: &CustomSource) -> Result<gst::Element, PipelineError> {
    super::described(&source.description, "camera", super::Open::End)
}

fn test(settings: &TestSource) -> Result<gst::Element, PipelineError> {
    let source = make_named("videotestsrc", "test")?;
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

fn test_caps(settings: &TestSource) -> Result<gst::Element, PipelineError> {
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

//! A network camera.

use super::super::error::PipelineError;
use super::super::make::{add_chain, make, make_named, pad, wake};
use super::camera::{Watcher, age, captured};
use crate::config::{RtspSource, TlsValidation};
use gst::prelude::*;
use std::sync::Arc;

/// Microseconds after which a connection that answers nothing has failed.
const TCP_TIMEOUT: u64 = 5_000_000;
/// Microseconds without a packet after which UDP is given up for TCP.
const UDP_TIMEOUT: u64 = 2_000_000;

/// Builds a network camera into `pipeline`: `rtspsrc`, and behind it what the camera turns out to send.
pub(super) fn camera(
    pipeline: &gst::Pipeline,
    settings: &RtspSource,
    coded: bool,
    watcher: &Arc<dyn Watcher>,
    sink: &gst::Element,
) -> Result<(), PipelineError> {
    let source = source(settings)?;
    let decoder = make("decodebin")?;
    add_chain(pipeline, &[&source])?;
    add_chain(pipeline, &[&decoder])?;
    add_chain(pipeline, &[sink])?;
    let sink = sink.downgrade();
    decoder.connect_pad_added(move |_, pad| super::camera::link_video(pad, &sink));
    let (weak, decoder) = (pipeline.downgrade(), decoder.downgrade());
    let watcher = Arc::clone(watcher);
    source.connect_pad_added(move |source, pad| {
        let (Some(pipeline), Some(decoder)) = (weak.upgrade(), decoder.upgrade()) else {
            return;
        };
        if let Err(error) = receive(&pipeline, pad, &decoder, coded, &watcher) {
            gst::element_error!(source, gst::StreamError::CodecNotFound, ("{error}"));
        }
    });
    Ok(())
}

fn source(settings: &RtspSource) -> Result<gst::Element, PipelineError> {
    let source = make_named("rtspsrc", "camera")?;
    source.set_property("location", settings.location.url());
    if let Some((user, password)) = settings.credentials() {
        source.set_property("user-id", user);
        source.set_property("user-pw", password);
    }
    source.set_property_from_str("protocols", settings.protocols.flags());
    source.set_property("latency", settings.latency);
    source.set_property("tcp-timeout", TCP_TIMEOUT);
    source.set_property("timeout", UDP_TIMEOUT);
    // From the camera's sender reports.
    source.set_property("add-reference-timestamp-meta", true);
    if settings.tls_validation == TlsValidation::Off {
        source.set_property_from_str("tls-validation-flags", "no-flags");
    }
    // Sound and metadata are not asked for, so that they cost nothing.
    source.connect("select-stream", false, |values| {
        let caps = values
            .get(2)
            .and_then(|value| value.get::<gst::Caps>().ok());
        let is_video = caps.is_some_and(|caps| media(&caps) == Some("video"));
        Some(is_video.to_value())
    });
    Ok(source)
}

fn media(caps: &gst::Caps) -> Option<&str> {
    caps.structure(0)?.get::<&str>("media").ok()
}

/// Depayloader and parser of a codec.
fn unpack(encoding: &str) -> Option<(&'static str, &'static str)> {
    match encoding {
        "H264" => Some(("rtph264depay", "h264parse")),
        "H265" => Some(("rtph265depay", "h265parse")),
        "JPEG" => Some(("rtpjpegdepay", "identity")),
        _ => None,
    }
}

/// Builds what takes the packets of `packets` apart, up to the decoder.
fn receive(
    pipeline: &gst::Pipeline,
    packets: &gst::Pad,
    decoder: &gst::Element,
    coded: bool,
    watcher: &Arc<dyn Watcher>,
) -> Result<(), PipelineError> {
    let caps = packets
        .current_caps()
        .unwrap_or_else(|| packets.query_caps(None));
    let encoding = caps
        .structure(0)
        .and_then(|s| s.get::<&str>("encoding-name").ok())
        .unwrap_or("nothing that has a name");
    let (depay, parse) = unpack(encoding).ok_or_else(|| {
        PipelineError::Unsupported(format!(
            "the camera sends {encoding}; H264, H265 and JPEG are taken"
        ))
    })?;
    let (depay, parse) = (make(depay)?, make(parse)?);
    // Half a picture is garbage that the restoration would make bright.
    if depay.has_property("wait-for-keyframe") {
        depay.set_property("wait-for-keyframe", true);
    }
    add_chain(pipeline, &[&depay, &parse])?;
    parse.link(decoder).map_err(|_| PipelineError::Link {
        from: parse.name().into(),
        to: "the decoder".into(),
    })?;
    let out = pad(&parse, "src")?;
    watch(&out, coded, Arc::clone(watcher));
    listen_for_time(packets, Arc::clone(watcher));
    wake(&[&depay, &parse])?;
    super::super::make::link_pads(packets, &pad(&depay, "sink")?)
}

/// Hears from packets when they were captured, by the camera's own clock.
fn listen_for_time(packets: &gst::Pad, watcher: Arc<dyn Watcher>) {
    packets.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        if let Some(buffer) = info.buffer()
            && let Some(meta) = buffer.meta::<gst::ReferenceTimestampMeta>()
            && meta
                .reference()
                .structure(0)
                .is_some_and(|s| s.name() == "timestamp/x-ntp")
            && let Some(age) = age(pad, buffer)
        {
            watcher.absolute(meta.timestamp().nseconds(), age);
        }
        gst::PadProbeReturn::Ok
    });
}

/// Looks at each coded frame on its way to the decoder.
fn watch(out: &gst::Pad, coded: bool, watcher: Arc<dyn Watcher>) {
    out.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let Some(buffer) = info.buffer() else {
            return gst::PadProbeReturn::Ok;
        };
        if coded && let Some(sample) = sample(pad, buffer) {
            let captured = pad
                .parent_element()
                .and_then(|element| captured(&sample, &element));
            watcher.coded(sample, captured);
        }
        let is_key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        match age(pad, buffer) {
            Some(age) if watcher.skips(is_key, age) => gst::PadProbeReturn::Drop,
            _ => gst::PadProbeReturn::Ok,
        }
    });
}

fn sample(pad: &gst::Pad, buffer: &gst::Buffer) -> Option<gst::Sample> {
    let segment = pad.sticky_event::<gst::event::Segment>(0)?;
    let caps = pad.current_caps()?;
    let sample = gst::Sample::builder()
        .buffer(buffer)
        .caps(&caps)
        .segment(segment.segment());
    Some(sample.build())
}

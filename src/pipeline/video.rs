//! The video branch: decoder, restoration, encoder.

use super::container::Kind;
use super::error::PipelineError;
use super::file::{Router, drop_stream};
use super::lead_in::Track;
use super::make::{add_chain, link_pads, make, make_named, pad, wake};
use super::{compare, encode, restore};
use crate::config::{Compare, View};
use gst::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Decodes the stream that comes from `exit`, restores, encodes and muxes it.
pub(super) fn decode_into_muxer(
    router: &Arc<Router>,
    pipeline: &gst::Pipeline,
    exit: &gst::Pad,
    ticks: u32,
) -> Result<(), PipelineError> {
    // Asked for now, so that the muxer waits for it while the decoder is still being found.
    let (muxed, track) = router.muxer_input(Kind::Video)?;
    if muxed.find_property("trak-timescale").is_some() {
        muxed.set_property("trak-timescale", ticks);
    }
    let decoder = make_named("decodebin", "input-decoder")?;
    add_chain(pipeline, &[&decoder])?;
    let router = Arc::clone(router);
    let linked = AtomicBool::new(false);
    decoder.connect_pad_added(move |_, decoded| {
        let Some(pipeline) = router.pipeline.upgrade() else {
            return;
        };
        let result = if linked.swap(true, Ordering::AcqRel) {
            drop_stream(&pipeline, decoded)
        } else {
            restore_into_muxer(&router, &pipeline, decoded, &muxed, &track)
        };
        if let Err(error) = result {
            router.fail(&error);
        }
    });
    wake(&[&decoder])?;
    link_pads(exit, &pad(&decoder, "sink")?)
}

fn restore_into_muxer(
    router: &Router,
    pipeline: &gst::Pipeline,
    decoded: &gst::Pad,
    muxed: &gst::Pad,
    track: &Track,
) -> Result<(), PipelineError> {
    let caps = decoded
        .current_caps()
        .unwrap_or_else(|| decoded.query_caps(None));
    let (head, restored) = match router.encode.compare {
        Compare::SideBySide => compare::side_by_side(pipeline, &router.restore, &caps)?,
        Compare::Split => {
            let mut settings = router.restore.clone();
            settings.view = View::Split;
            plain(pipeline, &settings)?
        }
        Compare::None => plain(pipeline, &router.restore)?,
    };
    let tail = encode_tail(router, pipeline, &caps)?;
    link_pads(&restored, &pad(&tail[0], "sink")?)?;
    let last = &tail[tail.len() - 1];
    let encoded = pad(last, "sink")?;
    router.meter.count_frames(&encoded);
    track.watch(&encoded, None);
    link_pads(&pad(last, "src")?, muxed)?;
    link_pads(decoded, &head)?;
    router.gate.watch(decoded);
    Ok(())
}

/// `videoconvert ! lowlightrestore`; the conversion does nothing where the element takes the decoder's
/// format. Returns both ends.
fn plain(
    pipeline: &gst::Pipeline,
    settings: &crate::config::Restore,
) -> Result<(gst::Pad, gst::Pad), PipelineError> {
    let convert = make("videoconvert")?;
    let restore = restore::restore(settings, true)?;
    let chain = [&convert, &restore];
    add_chain(pipeline, &chain)?;
    wake(&chain)?;
    Ok((pad(&convert, "sink")?, pad(&restore, "src")?))
}

/// From the restored frames to the encoder, whose 4:2:0 frames need even sizes.
fn encode_tail(
    router: &Router,
    pipeline: &gst::Pipeline,
    caps: &gst::Caps,
) -> Result<Vec<gst::Element>, PipelineError> {
    let mut tail = Vec::new();
    let size = |field| caps.structure(0).and_then(|s| s.get::<i32>(field).ok());
    let (width, height) = (size("width").unwrap_or(0), size("height").unwrap_or(0));
    let (right, bottom) = (width % 2, height % 2);
    if right + bottom > 0 {
        let crop = make("videocrop")?;
        crop.set_property("right", right);
        crop.set_property("bottom", bottom);
        tail.push(crop);
        router.note(format!(
            "{width}x{height} becomes {}x{}: the encoder takes even sizes only",
            width - right,
            height - bottom
        ));
    }
    let filter = make("capsfilter")?;
    filter.set_property("caps", encode::formats(router.encode.codec));
    tail.extend([
        make("videoconvert")?,
        filter,
        encode::encoder(&router.encode)?,
    ]);
    if router.encode.codec == crate::config::Codec::H265 {
        tail.push(make("h265parse")?);
    }
    let chain: Vec<&gst::Element> = tail.iter().collect();
    add_chain(pipeline, &chain)?;
    wake(&chain)?;
    Ok(tail)
}

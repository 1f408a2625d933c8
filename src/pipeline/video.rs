//! The video branch: decoder, restoration, encoder.

use super::container::{Container, Kind};
use super::error::PipelineError;
use super::file::{Router, drop_stream};
use super::make::{add_chain, link_pads, make, make_named, on_size, pad, wake};
use super::track::Track;
use super::{compare, encode, restore, rotation};
use crate::config::{Codec, Compare, View};
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
    router: &Arc<Router>,
    pipeline: &gst::Pipeline,
    decoded: &gst::Pad,
    muxed: &gst::Pad,
    track: &Track,
) -> Result<(), PipelineError> {
    let (head, restored) = match router.encode.compare {
        Compare::SideBySide => compare::side_by_side(pipeline, &router.restore)?,
        Compare::Split => {
            let mut settings = router.restore.clone();
            settings.view = View::Split;
            plain(pipeline, &settings)?
        }
        Compare::None => plain(pipeline, &router.restore)?,
    };
    let tail = encode_tail(router, pipeline)?;
    link_pads(&restored, &tail.entry)?;
    router.meter.count_frames(&tail.encoder);
    track.watch(&tail.encoder, None);
    link_pads(&tail.exit, muxed)?;
    if must_stand_upright(router) {
        // The mark comes with the tags, after the pad; without one the element does nothing.
        let upright = make("videoflip")?;
        upright.set_property_from_str("video-direction", "auto");
        add_chain(pipeline, &[&upright])?;
        wake(&[&upright])?;
        rotation::forget(&pad(&upright, "src")?);
        link_pads(&pad(&upright, "src")?, &head)?;
        link_pads(decoded, &pad(&upright, "sink")?)?;
    } else {
        link_pads(decoded, &head)?;
    }
    note_depth(router, decoded);
    router.meter.count_decoded(decoded);
    router.gate.watch_video(decoded);
    Ok(())
}

/// Says so when samples of more than 8 bits come: the restoration has 8.
fn note_depth(router: &Arc<Router>, decoded: &gst::Pad) {
    let notes = Arc::clone(router);
    on_size(decoded, move |caps, _, _| {
        if let Ok(info) = gst_video::VideoInfo::from_caps(caps)
            && let Some(bits) = info.format_info().depth().first().filter(|bits| **bits > 8)
        {
            notes.note(format!("{bits} bits a sample become 8"));
        }
    });
}

/// Whether pictures have to be turned rather than noted as turned: the muxer of Matroska does not note
/// it, and halves are left and right only in an upright picture.
fn must_stand_upright(router: &Router) -> bool {
    router.container == Container::Mkv || router.encode.compare != Compare::None
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

/// From the restored frames to the muxer.
struct Tail {
    entry: gst::Pad,
    /// The encoder's input.
    encoder: gst::Pad,
    exit: gst::Pad,
}

/// Makes the encoder and what it needs: its 4:2:0 frames have even sizes.
fn encode_tail(router: &Arc<Router>, pipeline: &gst::Pipeline) -> Result<Tail, PipelineError> {
    let crop = make("videocrop")?;
    let notes = Arc::clone(router);
    let cropped = crop.clone();
    on_size(&pad(&crop, "sink")?, move |_, width, height| {
        let (right, bottom) = (width % 2, height % 2);
        cropped.set_property("right", right);
        cropped.set_property("bottom", bottom);
        if right + bottom > 0 {
            let (even_width, even_height) = (width - right, height - bottom);
            notes.note(format!(
                "{width}x{height} becomes {even_width}x{even_height}: the encoder takes even sizes only"
            ));
        }
    });
    let filter = make("capsfilter")?;
    filter.set_property("caps", encode::formats(router.encode.codec));
    let encoder = encode::encoder(&router.encode)?;
    let mut elements = vec![crop, make("videoconvert")?, filter, encoder.clone()];
    if router.encode.codec == Codec::H265 {
        elements.push(make("h265parse")?);
    }
    let chain: Vec<&gst::Element> = elements.iter().collect();
    add_chain(pipeline, &chain)?;
    wake(&chain)?;
    Ok(Tail {
        entry: pad(chain[0], "sink")?,
        encoder: pad(&encoder, "sink")?,
        exit: pad(chain[chain.len() - 1], "src")?,
    })
}

//! Colorimetry that a demuxer gets wrong.

use gst::prelude::*;
use gst_video::{VideoColorRange, VideoColorimetry};

/// Says on `pad` that luma fills 0 to 255: GStreamer's MP4 demuxer reads all of the file's colorimetry but
/// that.
pub(super) fn widen(pad: &gst::Pad) {
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, info| {
        if let Some(gst::PadProbeData::Event(event)) = &mut info.data
            && let gst::EventView::Caps(view) = event.view()
            && let Some(caps) = widened(view.caps())
        {
            let seqnum = event.seqnum();
            *event = gst::event::Caps::builder(&caps).seqnum(seqnum).build();
        }
        gst::PadProbeReturn::Ok
    });
}

fn widened(caps: &gst::CapsRef) -> Option<gst::Caps> {
    let colorimetry: VideoColorimetry = caps
        .structure(0)?
        .get::<String>("colorimetry")
        .ok()?
        .parse()
        .ok()?;
    let wide = VideoColorimetry::new(
        VideoColorRange::Range0_255,
        colorimetry.matrix(),
        colorimetry.transfer(),
        colorimetry.primaries(),
    );
    let mut caps = caps.to_owned();
    caps.make_mut().set("colorimetry", wide.to_string());
    Some(caps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_range_changes() {
        gst::init().unwrap();
        let caps = |colorimetry: &str| {
            gst::Caps::builder("video/x-h264")
                .field("width", 64)
                .field("colorimetry", colorimetry)
                .build()
        };
        assert_eq!(widened(&caps("bt709")), Some(caps("1:3:5:1")));
        assert_eq!(widened(&gst::Caps::new_empty_simple("video/x-h264")), None);
    }
}

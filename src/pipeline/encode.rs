//! Video encoders.

use super::error::PipelineError;
use super::make::make_named;
use crate::config::{Codec, Encode};
use gst::prelude::*;

/// The name of the video encoder.
pub(crate) const ENCODER: &str = "encoder";

/// Makes the video encoder.
pub(super) fn encoder(settings: &Encode) -> Result<gst::Element, PipelineError> {
    let crf = settings.crf();
    match settings.codec {
        Codec::H264 => {
            let encoder = make_named("x264enc", ENCODER)?;
            encoder.set_property_from_str("pass", "qual");
            encoder.set_property("quantizer", crf.min(50));
            // The element's own default of 10 would keep the best qualities from being reached.
            encoder.set_property("qp-min", 0u32);
            Ok(encoder)
        }
        Codec::H265 => {
            let encoder = make_named("x265enc", ENCODER)?;
            encoder.set_property("option-string", format!("crf={crf}"));
            Ok(encoder)
        }
    }
}

/// Formats that both encoders take and every player plays: 8-bit 4:2:0.
pub(super) fn formats(codec: Codec) -> gst::Caps {
    let formats: &[&str] = match codec {
        Codec::H264 => &["I420", "NV12"],
        Codec::H265 => &["I420"],
    };
    gst::Caps::builder("video/x-raw")
        .field("format", gst::List::new(formats))
        .build()
}

//! The `lowlightdegrade` element: a simulated night camera. The model is in the pure modules below
//! and in `docs/reference/camera-model.md`; `imp` is the GStreamer glue.

use gst::glib;
use gst::prelude::*;

mod camera;
mod framerate;
mod imp;
mod noise;
mod pixels;
mod settings;
mod shutter;
mod simulator;
mod transfer;
mod video;

pub use settings::Severity;

glib::wrapper! {
    /// See the element's own documentation in `imp.rs`.
    pub struct LowlightDegrade(ObjectSubclass<imp::LowlightDegrade>)
        @extends gst_video::VideoFilter, gst_base::BaseTransform, gst::Element, gst::Object;
}

pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "lowlightdegrade",
        gst::Rank::NONE,
        LowlightDegrade::static_type(),
    )
}

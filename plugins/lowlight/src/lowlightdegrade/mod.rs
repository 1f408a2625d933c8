//! The `lowlightdegrade` element.

use gst::glib;
use gst::prelude::*;

mod imp;

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

//! The `lowlightrestore` element.

use gst::glib;
use gst::prelude::*;

mod account;
mod enums;
mod errors;
mod failures;
mod frames;
mod health;
mod held;
mod imp;
mod interrupt;
mod memory;
mod model;
mod report;
mod settings;
mod start;
mod stats;
mod stream;
mod transform;

pub use enums::{ExecutionProvider, OptimizationLevel, RestorerState, View};

glib::wrapper! {
    /// Restores dark, motion-blurred, noisy video with a small neural network. Documented in `imp.rs`.
    pub struct LowlightRestore(ObjectSubclass<imp::LowlightRestore>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "lowlightrestore",
        gst::Rank::NONE,
        LowlightRestore::static_type(),
    )
}

//! GStreamer elements for low-light video: `lowlightrestore` restores it, `lowlightdegrade` makes it.
//!
//! Only glue lives here: pixels and the network are in `lowlight-engine`, the simulated camera in
//! `lowlightdegrade::camera`.

use gst::glib;

pub mod lowlightdegrade;
pub mod lowlightrestore;

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    lowlightrestore::register(plugin)?;
    lowlightdegrade::register(plugin)
}

gst::plugin_define!(
    lowlight,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    concat!(env!("CARGO_PKG_VERSION"), "-", env!("COMMIT_ID")),
    "MIT/X11",
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_NAME"),
    "https://example.invalid/tapetum",
    env!("BUILD_REL_DATE")
);

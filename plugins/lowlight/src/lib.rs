//! GStreamer elements for low-light video: `lowlightrestore` restores it, `lowlightdegrade` makes it.
//!
//! Only glue lives here: pixels and the network are in `lowlight-engine`, the simulated camera in
//! `lowlightdegrade::camera`.

use gst::glib;

pub mod lowlightdegrade;
pub mod lowlightrestore;

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    // Built into a program the plugin has no file, and the engine looks beside the program.
    let file = plugin.filename().filter(|file| file.is_file());
    if let Some(folder) = file.as_deref().and_then(std::path::Path::parent) {
        lowlight_engine::discovery::set_plugin_dir(folder.to_path_buf());
    }
    lowlightrestore::register(plugin)?;
    lowlightdegrade::register(plugin)
}

#[allow(missing_docs)] // Of what the macro makes.
mod definition {
    use super::plugin_init;
    gst::plugin_define!(
        lowlight,
        env!("CARGO_PKG_DESCRIPTION"),
        plugin_init,
        concat!(env!("CARGO_PKG_VERSION"), "-", env!("COMMIT_ID")),
        "MIT/X11",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_NAME"),
        "Unknown package origin",
        env!("BUILD_REL_DATE")
    );
}

pub use definition::plugin_register_static;

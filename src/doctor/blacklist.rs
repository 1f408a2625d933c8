//! Plugins that GStreamer will not load again because one attempt crashed or failed.

use super::report::{Finding, Level};
use std::path::{Path, PathBuf};

/// The file that GStreamer remembers plugins in.
pub(super) fn registry_file() -> PathBuf {
    if let Some(path) =
        std::env::var_os("GST_REGISTRY_1_0").or_else(|| std::env::var_os("GST_REGISTRY"))
    {
        return path.into();
    }
    let cache = gst::glib::user_cache_dir();
    cache.join(format!(
        "gstreamer-1.0/registry.{}.bin",
        std::env::consts::ARCH
    ))
}

/// A finding about the plugin files in `blacklisted`. Ours among them is worse than others.
pub(super) fn finding(blacklisted: &[PathBuf], registry: &Path) -> Finding {
    if blacklisted.is_empty() {
        return Finding::ok("blacklist", "empty");
    }
    let names: Vec<_> = blacklisted
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let is_ours = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name == "libgstlowlight.so")
    };
    let level = match blacklisted.iter().any(is_ours) {
        true => Level::Warning,
        false => Level::Note,
    };
    Finding::new(level, "blacklist", names.join(", ")).remedy(format!(
        "GStreamer does not try these again until their files change: mend what is missing, then rm {}",
        registry.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blacklisted_plugin_is_named_with_the_way_out() {
        let registry = Path::new("cache/registry.bin");
        assert_eq!(finding(&[], registry).level(), Level::Ok);
        let other = finding(&["lib/libgstother.so".into()], registry);
        assert_eq!(other.level(), Level::Note);
        assert_eq!(other.text(), "blacklist: lib/libgstother.so");
        let ours = finding(
            &["lib/libgstother.so".into(), "lib/libgstlowlight.so".into()],
            registry,
        );
        assert_eq!(ours.level(), Level::Warning);
        assert!(format!("{ours:?}").contains("rm cache/registry.bin"));
    }
}

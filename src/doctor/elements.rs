//! GStreamer: its version, the elements that pipelines are made of, and the plugin's file.

use super::blacklist;
use super::report::{Finding, Level};
use std::path::PathBuf;

/// Elements that something of ours uses, and the package that has them on Debian and Ubuntu.
const ELEMENTS: [(&str, &str); 8] = [
    ("videoconvert", "gstreamer1.0-plugins-base"),
    ("qtdemux", "gstreamer1.0-plugins-good"),
    ("rtspsrc", "gstreamer1.0-plugins-good"),
    ("h264parse", "gstreamer1.0-plugins-bad"),
    ("x264enc", "gstreamer1.0-plugins-ugly"),
    ("avdec_h264", "gstreamer1.0-libav"),
    (
        "nvh264dec",
        "gstreamer1.0-plugins-bad, with an NVIDIA driver",
    ),
    (
        "nvh264enc",
        "gstreamer1.0-plugins-bad, with an NVIDIA driver",
    ),
];

pub(super) fn findings() -> Vec<Finding> {
    let registry = gst::Registry::get();
    let mut findings = vec![Finding::ok("version", gst::version_string().to_string())];
    let is_there = |name: &str| gst::ElementFactory::find(name).is_some();
    findings.extend(
        ELEMENTS
            .iter()
            .map(|&(name, package)| element(name, package, is_there(name))),
    );
    findings.push(plugin_file(installed_plugin()));
    let blacklisted: Vec<PathBuf> = registry
        .plugins()
        .iter()
        .filter(|plugin| {
            plugin
                .plugin_flags()
                .contains(gst::PluginFlags::BLACKLISTED)
        })
        .filter_map(gst::Plugin::filename)
        .collect();
    findings.push(blacklist::finding(
        &blacklisted,
        &blacklist::registry_file(),
    ));
    findings
}

fn element(name: &str, package: &str, is_there: bool) -> Finding {
    let level = match name.starts_with("nv") {
        true => Level::Note,
        false => Level::Warning,
    };
    match is_there {
        true => Finding::ok(name, "there"),
        false => Finding::new(level, name, "not there").remedy(format!("it is in {package}")),
    }
}

/// The plugin's file, where `gst-launch-1.0` finds it. This program has the elements built in.
fn installed_plugin() -> Option<PathBuf> {
    const FILE: &str = "libgstlowlight.so";
    let mut folders = Vec::new();
    for variable in ["GST_PLUGIN_PATH_1_0", "GST_PLUGIN_PATH"] {
        if let Some(paths) = std::env::var_os(variable) {
            folders.extend(std::env::split_paths(&paths));
        }
    }
    folders.push(gst::glib::user_data_dir().join("gstreamer-1.0/plugins"));
    let registry = gst::Registry::get();
    let core = registry.find_plugin("coreelements");
    let system = core.and_then(|plugin| plugin.filename());
    folders.extend(system.and_then(|file| Some(file.parent()?.to_path_buf())));
    folders
        .into_iter()
        .map(|folder| folder.join(FILE))
        .find(|file| file.is_file())
}

fn plugin_file(file: Option<PathBuf>) -> Finding {
    match file {
        Some(file) => Finding::ok("plugin", file.display().to_string()),
        None => Finding::new(
            Level::Note,
            "plugin",
            "libgstlowlight.so is not where gst-launch-1.0 looks; this program does not need it",
        )
        .remedy("make plugin builds it and says what to export"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_element_is_told_with_its_package() {
        let gone = element("x264enc", "some-package", false);
        assert_eq!(gone.level(), Level::Warning);
        assert!(format!("{gone:?}").contains("it is in some-package"));
        assert_eq!(element("x264enc", "some-package", true).level(), Level::Ok);
    }

    #[test]
    fn elements_for_nvidia_are_not_missed_elsewhere() {
        assert_eq!(element("nvh264dec", "", false).level(), Level::Note);
    }
}

//! The plugin as users get it: a shared library that GStreamer's own tools load.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The `libgstlowlight.so` that cargo built beside this test.
fn plugin() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let deps = exe.parent().unwrap();
    let candidates = [deps.parent().unwrap(), deps].map(|folder| folder.join("libgstlowlight.so"));
    let newest = candidates
        .iter()
        .filter(|file| file.is_file())
        .max_by_key(|file| file.metadata().and_then(|data| data.modified()).ok());
    newest
        .unwrap_or_else(|| panic!("none of {candidates:?} exists"))
        .clone()
}

/// Runs a GStreamer tool in `home`, an empty folder but for a copy of the plugin: no environment, no
/// repository around it, hence no ONNX Runtime but one that the system may have.
fn bare(home: &Path, tool: &str, arguments: &[&str]) -> Output {
    let plugins = home.join("plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::copy(plugin(), plugins.join("libgstlowlight.so")).unwrap();
    Command::new(tool)
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("GST_PLUGIN_PATH", &plugins)
        .env("GST_REGISTRY", home.join("registry.bin"))
        .current_dir(home)
        .output()
        .unwrap_or_else(|e| panic!("could not start {tool}: {e}"))
}

#[test]
fn both_elements_can_be_inspected_without_onnx_runtime() {
    let home = tempfile::tempdir().unwrap();
    for element in ["lowlightrestore", "lowlightdegrade"] {
        let output = bare(home.path(), "gst-inspect-1.0", &[element]);
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{element}: {errors}");
        assert!(text.contains("Element Properties:"), "{text}");
        assert!(
            !errors.contains("CRITICAL") && !errors.contains("WARNING"),
            "{errors}"
        );
    }
}

#[test]
fn plugin_is_not_blacklisted() {
    let home = tempfile::tempdir().unwrap();
    let output = bare(home.path(), "gst-inspect-1.0", &["--print-blacklist"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && !text.contains("lowlight"),
        "{text}"
    );
}

//! Who may know whom: `engine` <- `plugins/lowlight` <- `src/`, and one place that speaks to ONNX Runtime.

use crate::code::{code, has_word, none, rust_files};
use std::path::Path;

/// The only files that may name `ort`. A new execution provider is a new file in `provider/`.
const ORT_FILES: [&str; 3] = [
    "engine/src/session.rs",
    "engine/src/session",
    "engine/src/provider",
];

/// Crate names whose mere mention means GStreamer.
const GSTREAMER: [&str; 8] = [
    "gst",
    "glib",
    "gst_base",
    "gst_video",
    "gst_app",
    "gst_check",
    "gst_pbutils",
    "gstreamer",
];

/// Calls that only a loop over pixels makes.
const PIXEL_WALKS: [&str; 6] = [
    "chunks_exact",
    "chunks_exact_mut",
    "iter_mut",
    "chunks",
    "chunks_mut",
    "par_chunks",
];

fn mentions(folder: &str, words: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in rust_files(folder) {
        if allowed.iter().any(|prefix| path.starts_with(prefix)) {
            continue;
        }
        for (number, line) in code(&path) {
            for word in words.iter().filter(|word| has_word(&line, word)) {
                found.push(format!("{}:{number}: `{word}`", path.display()));
            }
        }
    }
    found
}

#[test]
fn only_session_runtime_and_providers_name_ort() {
    let mut found = mentions("engine", &["ort"], &ORT_FILES);
    for folder in ["benches", "plugins", "scene", "src"] {
        found.extend(mentions(folder, &["ort"], &[]));
    }
    none(&found, "`ort` is named outside its files");
}

#[test]
fn engine_and_scene_know_no_gstreamer() {
    let mut found = mentions("engine", &GSTREAMER, &[]);
    found.extend(mentions("scene", &GSTREAMER, &[]));
    none(&found, "GStreamer is named below the plugin");
}

#[test]
fn engine_reads_no_command_line_and_prints_nothing() {
    let found = mentions("engine/src", &["clap", "println", "eprintln", "dbg"], &[]);
    none(&found, "the engine is a library: no clap, no printing");
}

#[test]
fn elements_and_runner_hold_no_pixel_loop() {
    let mut found: Vec<String> = mentions("plugins/lowlight/src", &PIXEL_WALKS, &[]);
    found.retain(|place| place.contains("/imp.rs:"));
    for (path, line) in rust_files("plugins/lowlight/src")
        .iter()
        .flat_map(|p| row_loops(p))
    {
        if path.ends_with("imp.rs") {
            found.push(format!("{path}:{line}: a loop over rows or columns"));
        }
    }
    none(
        &found,
        "pixels are walked in lowlight-engine and camera.rs, not in imp.rs",
    );
}

/// Loops whose variable or bound says that they walk an image.
fn row_loops(path: &Path) -> Vec<(String, usize)> {
    code(path)
        .into_iter()
        .filter(|(_, line)| line.trim_start().starts_with("for "))
        .filter(|(_, line)| {
            ["y", "row", "height", "width", "stride"]
                .iter()
                .any(|word| has_word(line, word))
        })
        .map(|(number, _)| (path.display().to_string(), number))
        .collect()
}

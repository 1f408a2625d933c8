//! What may be in the repository at all.

use crate::code::none;
use crate::repo::{files, output_of, root, text};
use std::path::Path;

/// Bytes a tracked file must stay below: everybody clones them, for ever.
const LARGEST: u64 = 12_000_000;

#[test]
fn no_tracked_file_is_huge() {
    let size = |path: &Path| root().join(path).metadata().map_or(0, |data| data.len());
    let huge: Vec<String> = files()
        .iter()
        .filter(|path| size(path) >= LARGEST)
        .map(|path| format!("{}: {} bytes", path.display(), size(path)))
        .collect();
    none(&huge, "a tracked file is larger than 12 MB");
}

/// Whether an absolute path starts at `start`: some character before it that no path can continue from.
fn starts_a_path(line: &str, start: usize) -> bool {
    line[..start]
        .chars()
        .next_back()
        .is_none_or(|c| !c.is_alphanumeric() && !"/._-~$})>".contains(c))
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    // Put together here, so that this file does not contain them.
    let places = ["home", "root", "work", "Users", "mnt"].map(|folder| format!("/{folder}/"));
    let mut found = Vec::new();
    for path in files() {
        for (number, line) in text(&path).lines().enumerate() {
            for place in &places {
                for (start, _) in line
                    .match_indices(place.as_str())
                    .filter(|(start, _)| starts_a_path(line, *start))
                {
                    found.push(format!(
                        "{}:{}: {}",
                        path.display(),
                        number + 1,
                        &line[start..]
                    ));
                }
            }
        }
    }
    none(&found, "an absolute path means nothing to anybody else");
}

#[test]
fn every_model_has_a_checksum_and_matches_it() {
    output_of(
        "sh",
        &[
            "-c",
            "cd models && sha256sum --quiet --strict --check SHA256SUMS",
        ],
    );
    let sums = text(Path::new("models/SHA256SUMS"));
    let listed: Vec<&str> = sums
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    let missing: Vec<String> = files()
        .iter()
        .filter(|path| path.starts_with("models") && path.extension().is_some_and(|e| e == "onnx"))
        .filter(|path| !listed.iter().any(|name| path.ends_with(name)))
        .map(|path| path.display().to_string())
        .collect();
    none(&missing, "models/SHA256SUMS does not list it");
}

#[test]
fn every_model_has_a_sidecar() {
    let missing: Vec<String> = files()
        .iter()
        .filter(|path| path.starts_with("models") && path.extension().is_some_and(|e| e == "onnx"))
        .map(|path| format!("{}.modelinfo", path.display()))
        .filter(|sidecar| !root().join(sidecar).is_file())
        .collect();
    none(&missing, "a model without its sidecar cannot be loaded");
}

#[test]
fn benches_pin_the_python_packages_that_the_training_pins() {
    let pinned = text(Path::new("training/requirements.lock"));
    let strangers: Vec<String> = text(Path::new("benches/python/requirements.lock"))
        .split_inclusive('\n')
        .filter(|line| !line.starts_with('#') && !pinned.contains(*line))
        .map(str::to_owned)
        .collect();
    none(&strangers, "training/requirements.lock has another version");
}

#[test]
fn the_gpu_build_is_of_the_pinned_onnx_runtime() {
    let version = |lock: &str, package: &str| {
        let text = text(Path::new(lock));
        let mut pins = text
            .lines()
            .filter_map(|line| line.strip_prefix(package)?.strip_prefix("=="));
        let version = pins.next().and_then(|pin| pin.split(' ').next());
        version
            .unwrap_or_else(|| panic!("{lock} does not pin {package}"))
            .to_owned()
    };
    assert_eq!(
        version("scripts/nvidia.lock", "onnxruntime-gpu"),
        version("scripts/runtime.lock", "onnxruntime")
    );
}

#[test]
fn promised_rust_version_is_the_one_that_builds() {
    let value = |file: &str, key: &str| {
        text(Path::new(file))
            .lines()
            .find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='))
            .unwrap_or_else(|| panic!("{file} has no `{key} =`"))
            .trim()
            .trim_matches('"')
            .to_owned()
    };
    let promised = value("Cargo.toml", "rust-version");
    let built = value("rust-toolchain.toml", "channel");
    assert!(
        built == promised || built.starts_with(&format!("{promised}.")),
        "{promised} is promised, {built} builds"
    );
}

#[test]
fn shell_scripts_stop_at_the_first_error() {
    let careless: Vec<String> = files()
        .iter()
        .filter(|path| text(path).starts_with("#!/usr/bin/env bash"))
        .filter(|path| !text(path).contains("\nset -euo pipefail\n"))
        .map(|path| path.display().to_string())
        .collect();
    none(&careless, "no `set -euo pipefail`");
}

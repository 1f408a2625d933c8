//! The demo as users get it: it ends well, and what it restores is nearer to the truth than auto-gamma's.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::process::{Command, Output};

/// What the restoration must be better than auto-gamma by, dB.
const MARGIN: f64 = 2.0;
const FILES: [&str; 6] = [
    "after.mp4",
    "before-after.mp4",
    "before-after.png",
    "before.mp4",
    "report.json",
    "report.md",
];

fn demo(out: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tapetum"))
        .args(["demo", "--quiet", "--seconds", "0.4", "--out"])
        .arg(out)
        .args(arguments)
        .output()
        .unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The one line that a failed command says.
#[track_caller]
fn refusal(output: &Output, status: i32) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(status), "{text}");
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    text
}

#[test]
fn restored_frames_beat_auto_gamma_and_the_report_says_by_how_much() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("demo");
    let output = demo(&out, &[]);
    let line = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    assert_eq!(names(&out), FILES);
    let report = std::fs::read_to_string(out.join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    for part in ["total", "street", "conveyor"] {
        let psnr = |kind: &str| report[part][kind]["psnr"].as_f64().unwrap();
        let gain = psnr("restored") - psnr("auto_gamma");
        assert!(
            gain >= MARGIN,
            "{part}: {gain:+.2} dB over auto-gamma\n{report:#}"
        );
    }
    assert_eq!(report["frames"], 10);
    assert!(line.starts_with("demo: PSNR "), "{line}");
}

#[test]
fn a_folder_with_other_things_in_it_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("thesis.txt"), "years of work").unwrap();
    let line = refusal(&demo(home.path(), &[]), 2);
    assert!(
        line.contains("is not empty and holds no earlier demo; --force"),
        "{line}"
    );
    assert_eq!(names(home.path()), ["thesis.txt"]);
}

#[test]
fn a_model_that_is_not_there_is_named_and_nothing_is_written() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("demo");
    let line = refusal(
        &demo(&out, &["--model", "nowhere.onnx", "--size", "64x64"]),
        1,
    );
    assert!(line.contains("nowhere.onnx"), "{line}");
    assert!(names(&out).is_empty());
}

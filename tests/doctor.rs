//! `tapetum doctor`, as people and programs start it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::{Command, Output};

/// What the doctor says in a home of its own.
fn doctor(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tapetum"));
    command.args(["doctor", "--no-speed"]).args(arguments);
    command.env("XDG_CACHE_HOME", home.path());
    command.envs(variables.iter().copied()).output().unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn a_machine_that_is_set_up_is_healthy() {
    let output = doctor(&["--json"], &[]);
    let report = json(&output);
    assert!(output.status.success(), "{report:#}");
    assert_eq!(report["healthy"], true);
    let sections = report["sections"].as_array().unwrap();
    let findings = |name: &str| {
        let section = sections.iter().find(|section| section["name"] == name);
        section.unwrap()["findings"].as_array().unwrap().clone()
    };
    let inference = findings("inference");
    let names: Vec<_> = inference
        .iter()
        .map(|finding| finding["what"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "ONNX Runtime",
            "tensorrt",
            "tensorrt-rtx",
            "cuda",
            "openvino",
            "cpu"
        ]
    );
    assert_eq!(inference[5]["level"], "ok");
    let models = findings("models");
    assert!(
        models.iter().all(|finding| finding["level"] == "ok"),
        "{models:?}"
    );
}

#[test]
fn without_onnx_runtime_it_says_so_and_exits_with_1() {
    let missing = [("ORT_DYLIB_PATH", "nowhere/libonnxruntime.so")];
    let output = doctor(&["--json"], &missing);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(json(&output)["healthy"], false);
    let output = doctor(&[], &missing);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("FAIL  ONNX Runtime: ONNX Runtime was not found") && text.contains("nowhere"),
        "{text}"
    );
}

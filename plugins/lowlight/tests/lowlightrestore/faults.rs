//! Faulty models, sidecars and runs: each with the exact text that a user reads.

use crate::common::picture::{patterned, pixels};
use crate::common::{Rig, element, fixture, text_of};
use gst::prelude::*;
use lowlight_engine::PixelFormat;

/// `text` without the fixtures' folder.
fn without_folder(text: &str) -> String {
    let folder = fixture("x").parent().unwrap().display().to_string();
    text.replace(&format!("{folder}/"), "")
}

/// The error of an element that cannot even be started.
#[track_caller]
fn start_fault(model_file: &str) -> String {
    let (element, bus) = element("identity-planes", &[("model-file", model_file)]);
    assert!(element.set_state(gst::State::Paused).is_err());
    let text = text_of(&bus, gst::MessageType::Error);
    assert!(bus.pop_filtered(&[gst::MessageType::Error]).is_none());
    element.set_state(gst::State::Null).unwrap();
    without_folder(&text)
}

/// The error of a model that is refused when it is loaded.
#[track_caller]
fn load_fault(model: &str) -> String {
    let mut rig = Rig::new(model);
    rig.set_caps(&patterned(PixelFormat::I420, 32, 24));
    let text = text_of(&rig.bus, gst::MessageType::Error);
    let state = rig.element.property_value("state").serialize().unwrap();
    assert_eq!(state, "failed");
    let buffer = rig.buffer(&patterned(PixelFormat::I420, 32, 24));
    assert_eq!(rig.harness.push(buffer), Err(gst::FlowError::Error));
    // One line, however many frames there were.
    assert!(rig.bus.pop_filtered(&[gst::MessageType::Error]).is_none());
    without_folder(&text)
}

#[test]
fn missing_files_fail_the_state_change() {
    assert_eq!(
        start_fault("/nowhere/model.onnx"),
        "no model was found (set model-file, or TAPETUM_MODEL_PATH); tried: asked for: /nowhere/model.onnx"
    );
    assert_eq!(
        start_fault(fixture("no-sidecar").to_str().unwrap()),
        "cannot read no-sidecar.onnx.modelinfo: No such file or directory (os error 2)"
    );
}

#[test]
fn a_broken_sidecar_fails_the_state_change() {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("broken.onnx");
    std::fs::copy(fixture("identity-planes"), &model).unwrap();
    let sidecar = dir.path().join("broken.onnx.modelinfo");
    std::fs::write(&sidecar, "[modelinfo]\nversion=1.0\n").unwrap();
    let text = start_fault(model.to_str().unwrap());
    assert!(
        text.starts_with(&format!("{}: ", sidecar.display())),
        "{text}"
    );
}

#[test]
fn an_element_can_be_started_again_with_a_better_model() {
    let (element, _bus) = element("no-sidecar", &[]);
    assert!(element.set_state(gst::State::Paused).is_err());
    element.set_state(gst::State::Null).unwrap();
    element.set_property("model-file", fixture("identity-planes").to_str().unwrap());
    element.set_state(gst::State::Paused).unwrap();
    element.set_state(gst::State::Null).unwrap();
}

#[test]
fn refused_models_are_an_error_on_the_bus() {
    for (model, text) in [
        (
            "corrupt",
            "corrupt.onnx is not a model that ONNX Runtime can load: Load model from corrupt.onnx \
             failed:Protobuf parsing failed.",
        ),
        (
            "wrong-type",
            "wrong-type.onnx: input y: the sidecar says u8, the graph says i64",
        ),
        (
            "wrong-shape",
            "wrong-shape.onnx: input y: the sidecar says dims [1, 1, 96, 128], the graph says [1, 1, 48, 64]",
        ),
        (
            "wrong-name",
            "wrong-name.onnx: the sidecar's input luma is not in the graph, which has y",
        ),
    ] {
        assert_eq!(load_fault(model), text);
    }
    let text = load_fault("empty");
    let wanted = "empty.onnx is not a model that ONNX Runtime can load: ";
    assert!(text.starts_with(wanted), "{text}");
}

#[test]
fn a_frame_that_fails_passes_unrestored_until_too_many_do() {
    let input = patterned(PixelFormat::Rgb, 33, 47);
    let mut rig = Rig::new("nan-rgb").for_frames(&input);
    for _ in 0..9 {
        assert_eq!(pixels(&rig.through(&input)), pixels(&input));
    }
    assert_eq!(
        text_of(&rig.bus, gst::MessageType::Warning),
        "frame passes unrestored: model nan-rgb: output restored holds 4653 values that are not finite"
    );
    // Nine frames, one warning.
    assert!(rig.bus.pop_filtered(&[gst::MessageType::Warning]).is_none());
    let buffer = rig.buffer(&input);
    assert_eq!(rig.harness.push(buffer), Err(gst::FlowError::Error));
    let text = text_of(&rig.bus, gst::MessageType::Error);
    assert!(
        text.starts_with("too many frames failed in a row: model nan-rgb: "),
        "{text}"
    );
    assert_eq!(rig.count("passed-failed"), 10);
    assert_eq!(rig.count("frames-restored"), 0);
}

#[test]
fn a_frame_that_grew_beyond_a_fixed_model_is_an_error_that_names_both_sizes() {
    let input = patterned(PixelFormat::Rgb, 80, 60);
    let properties = [("strength", "0"), ("wait-for-model", "true")];
    let mut rig = Rig::with("identity-rgb-fixed", &properties).for_frames(&input);
    rig.through(&input);
    // No model limited the caps at strength 0.
    rig.element.set_property("strength", 1.0);
    let buffer = rig.buffer(&input);
    assert_eq!(rig.harness.push(buffer), Err(gst::FlowError::Error));
    assert_eq!(
        text_of(&rig.bus, gst::MessageType::Error),
        "model identity-rgb-fixed takes frames up to 64x48, this one is 80x60: scale it first (videoscale)"
    );
}

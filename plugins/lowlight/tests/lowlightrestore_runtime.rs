//! What happens where ONNX Runtime is missing. A process of its own: the first runtime that loads stays.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::picture::{patterned, pixels};
use common::{Rig, text_of};
use gst::prelude::*;
use lowlight_engine::PixelFormat;

const MISSING: &str = "ONNX Runtime was not found (run scripts/setup, or point ORT_DYLIB_PATH at libonnxruntime.so); \
     tried: asked for: /nowhere";

#[test]
fn a_missing_runtime_is_one_clear_error_and_strength_zero_does_without() {
    let input = patterned(PixelFormat::I420, 33, 47);
    let properties = [
        ("onnxruntime-library", "/nowhere"),
        ("wait-for-model", "true"),
    ];
    let mut rig = Rig::with("identity-planes", &properties).for_frames(&input);
    let buffer = rig.buffer(&input);
    assert_eq!(rig.harness.push(buffer), Err(gst::FlowError::Error));
    assert_eq!(text_of(&rig.bus, gst::MessageType::Error), MISSING);
    assert!(rig.bus.pop_filtered(&[gst::MessageType::Error]).is_none());
    let state = rig.element.property_value("state").serialize().unwrap();
    assert_eq!(state, "failed");

    let properties = [("onnxruntime-library", "/nowhere"), ("strength", "0")];
    let mut rig = Rig::with("identity-planes", &properties).for_frames(&input);
    assert_eq!(pixels(&rig.through(&input)), pixels(&input));

    // The failed attempt did not spoil the process for those who know better.
    let mut rig = Rig::new("invert-planes").for_frames(&input);
    assert_ne!(pixels(&rig.through(&input)), pixels(&input));
}

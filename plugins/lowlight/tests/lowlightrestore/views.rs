//! The views.

use std::path::Path;

use crate::common::picture::{patterned, pixels};
use crate::common::{Rig, text_of};
use gst::prelude::*;
use lowlight_engine::PixelFormat;

#[test]
fn split_shows_the_original_left_and_the_restored_picture_right() {
    let input = patterned(PixelFormat::I420, 64, 48);
    let properties = [("wait-for-model", "true"), ("view", "split")];
    let output = Rig::with("invert-planes", &properties)
        .for_frames(&input)
        .through(&input);
    for (output, input) in output.rows(0).zip(input.rows(0)) {
        assert_eq!(output[..32], input[..32]);
        assert_eq!(output[32..34], [235, 235]);
        let inverted: Vec<u8> = input[34..].iter().map(|value| 255 - value).collect();
        assert_eq!(output[34..], inverted);
    }
}

#[test]
fn views_can_change_while_playing() {
    let input = patterned(PixelFormat::Nv12, 64, 48);
    let mut rig = Rig::new("invert-planes").for_frames(&input);
    let restored = rig.through(&input);
    let mut last_luma = |view: &str| {
        rig.element.set_property_from_str("view", view);
        rig.through(&input).data(0)[32]
    };
    assert_eq!(last_luma("original"), input.data(0)[32]);
    assert_eq!(last_luma("split"), 235);
    assert_eq!(last_luma("restored"), restored.data(0)[32]);
}

#[test]
fn a_model_without_a_degradation_map_shows_the_restored_picture_and_says_so_once() {
    let input = patterned(PixelFormat::I420, 64, 48);
    let properties = [("wait-for-model", "true"), ("view", "degradation")];
    let mut rig = Rig::with("invert-planes", &properties).for_frames(&input);
    let inverted: Vec<u8> = pixels(&input).iter().map(|value| 255 - value).collect();
    for _ in 0..3 {
        assert_eq!(pixels(&rig.through(&input)), inverted);
    }
    assert_eq!(
        text_of(&rig.bus, gst::MessageType::Warning),
        "the model gives no degradation map: the restored picture is shown"
    );
    let again = rig.bus.pop_filtered(&[gst::MessageType::Warning]);
    assert!(again.is_none());
}

#[test]
fn shipped_model_paints_its_degradation_map() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    for format in PixelFormat::ALL {
        let input = patterned(format, 161, 91);
        let properties = [
            ("wait-for-model", "true"),
            ("view", "degradation"),
            ("model-file", models.to_str().unwrap()),
        ];
        let mut rig = Rig::with("identity-planes", &properties).for_frames(&input);
        let output = rig.through(&input);
        assert_ne!(pixels(&output), pixels(&input), "{format:?}");
        assert_eq!(rig.count("frames-restored"), 1);
        assert!(rig.bus.pop_filtered(&[gst::MessageType::Warning]).is_none());
    }
}

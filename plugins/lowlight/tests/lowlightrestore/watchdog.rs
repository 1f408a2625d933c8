//! A session that gives no picture any more: the original is shown, and it is said.

use crate::common::Rig;
use crate::common::picture::{flat, patterned, pixels};
use gst::prelude::*;
use lowlight_engine::PixelFormat;

#[test]
fn a_flat_picture_is_not_shown_and_the_state_says_so_until_all_is_well_again() {
    let input = patterned(PixelFormat::I420, 96, 64);
    // The frame before, which is black for the first one: and as a faulty frame resets, for every one.
    let mut rig = Rig::new("delay-luma").for_frames(&input);
    for _ in 0..3 {
        assert_eq!(pixels(&rig.through(&input)), pixels(&input));
    }
    let degraded = rig.wait_for("degraded");
    let reason = "the restored picture is flat, and the input is not";
    assert_eq!(degraded.get("reason"), Ok(reason));
    assert_eq!(rig.count("passed-flat"), 3);
    let state = |rig: &Rig| rig.element.property_value("state").serialize().unwrap();
    assert_eq!(state(&rig), "degraded");
    // A picture of nothing may be flat.
    let nothing = flat(PixelFormat::I420, 96, 64, 30);
    for _ in 0..25 {
        rig.through(&nothing);
    }
    rig.wait_for("ready");
    assert_eq!(state(&rig), "ready");
    assert_eq!(rig.count("passed-flat"), 3);
}

#[test]
fn frames_that_fail_degrade_too() {
    let input = patterned(PixelFormat::Rgb, 33, 47);
    let mut rig = Rig::new("nan-rgb").for_frames(&input);
    rig.through(&input);
    rig.wait_for("degraded");
    assert_eq!(rig.count("passed-failed"), 1);
}

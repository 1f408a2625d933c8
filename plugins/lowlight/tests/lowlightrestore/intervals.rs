//! `inference-interval`: every n-th frame is restored, and the frames between show its picture again.

use crate::common::Rig;
use crate::common::picture::patterned;
use gst::prelude::*;
use lowlight_engine::{OwnedFrame, PixelFormat};

/// Frame `number`: each is one code value brighter than the one before, too little for a scene cut.
fn frame(number: u8) -> OwnedFrame {
    let mut frame = patterned(PixelFormat::I420, 64, 48);
    let luma = frame.data_mut(0).iter_mut();
    luma.for_each(|value| *value = *value / 2 + number);
    frame
}

fn rig(properties: &[(&str, &str)]) -> Rig {
    let wait = [("wait-for-model", "true")];
    Rig::with("invert-planes", &[&wait, properties].concat()).for_frames(&frame(0))
}

/// Sends frame `number`, and says of which frame the restored picture is that comes out.
#[track_caller]
fn shown(rig: &mut Rig, number: u8) -> u8 {
    let value = rig.through(&frame(number)).data(0)[0];
    255 - value - frame(0).data(0)[0]
}

#[test]
fn frames_between_show_the_last_restored_picture() {
    let mut rig = rig(&[("inference-interval", "3")]);
    let shown: Vec<_> = (0..8).map(|number| shown(&mut rig, number)).collect();
    assert_eq!(shown, [0, 0, 0, 3, 3, 3, 6, 6]);
    let counts =
        ["frames-restored", "frames-repeated", "frames-passed"].map(|name| rig.count(name));
    assert_eq!(counts, [3, 5, 0]);
}

#[test]
fn repeated_frames_keep_their_own_times() {
    let mut rig = rig(&[("inference-interval", "2")]);
    for number in 0..4_u8 {
        let buffer = rig.buffer(&frame(number));
        let (pts, duration) = (buffer.pts(), buffer.duration());
        let output = rig.harness.push_and_pull(buffer).unwrap();
        assert_eq!((output.pts(), output.duration()), (pts, duration));
    }
}

#[test]
fn a_new_scene_begins_with_a_restored_frame() {
    let mut rig = rig(&[("inference-interval", "4")]);
    assert_eq!([0, 1].map(|number| shown(&mut rig, number)), [0, 0]);
    let gap = gst::event::Gap::builder(gst::ClockTime::ZERO).duration(gst::ClockTime::SECOND);
    assert!(rig.harness.push_event(gap.build()));
    let shown = [2, 3, 4, 5, 6].map(|number| shown(&mut rig, number));
    assert_eq!(shown, [2, 2, 2, 2, 6]);
}

#[test]
fn the_interval_can_change_while_playing() {
    let mut rig = rig(&[]);
    let mut number = 0;
    let mut show = |interval: u32, times: usize| -> Vec<u8> {
        rig.element.set_property("inference-interval", interval);
        let next = |_| {
            number += 1;
            shown(&mut rig, number)
        };
        (0..times).map(next).collect()
    };
    assert_eq!(show(1, 3), [1, 2, 3]);
    assert_eq!(show(2, 4), [4, 4, 6, 6]);
    assert_eq!(show(1, 2), [8, 9]);
    // A picture from before is not shown again.
    assert_eq!(show(5, 3), [10, 10, 10]);
}

#[test]
fn another_size_or_format_is_another_picture() {
    let mut rig = rig(&[("inference-interval", "9")]);
    shown(&mut rig, 0);
    let other = patterned(PixelFormat::Nv12, 80, 48);
    rig.set_caps(&other);
    assert_eq!(rig.through(&other).data(0)[0], 255 - other.data(0)[0]);
    assert_eq!(rig.count("frames-repeated"), 0);
}

#[test]
fn the_split_view_shows_every_frame_beside_the_repeated_picture() {
    let mut rig = rig(&[("inference-interval", "3"), ("view", "split")]);
    for number in 0..3_u8 {
        let output = rig.through(&frame(number));
        let row = output.rows(0).next().unwrap();
        assert_eq!(row[0], frame(number).data(0)[0]);
        assert_eq!(row[63], 255 - frame(0).data(0)[63]);
    }
}

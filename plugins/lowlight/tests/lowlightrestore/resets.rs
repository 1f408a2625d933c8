//! When the network's memory of earlier frames is wiped: `count-frames` brightens luma by one with every frame since.

use crate::common::Rig;
use crate::common::picture::patterned;
use gst::prelude::*;
use lowlight_engine::{OwnedFrame, PixelFormat};

fn picture() -> OwnedFrame {
    patterned(PixelFormat::I420, 64, 48)
}

fn rig() -> Rig {
    Rig::new("count-frames").for_frames(&picture())
}

/// Frames since the last reset, as the model counted them, this one included.
#[track_caller]
fn count(rig: &mut Rig, input: &OwnedFrame) -> u8 {
    let output = rig.through(input);
    output.data(0)[0] - input.data(0)[0]
}

#[test]
fn state_is_carried_from_frame_to_frame() {
    let mut rig = rig();
    let counts = [0; 4].map(|_| count(&mut rig, &picture()));
    assert_eq!(counts, [1, 2, 3, 4]);
}

#[test]
fn a_discontinuity_resets() {
    let mut rig = rig();
    count(&mut rig, &picture());
    count(&mut rig, &picture());
    let mut buffer = rig.buffer(&picture());
    buffer
        .get_mut()
        .unwrap()
        .set_flags(gst::BufferFlags::DISCONT);
    let output = rig.harness.push_and_pull(buffer).unwrap();
    let luma = output.map_readable().unwrap()[0];
    assert_eq!(luma, picture().data(0)[0] + 1);
    assert!(output.flags().contains(gst::BufferFlags::DISCONT));
    assert_eq!(count(&mut rig, &picture()), 2);
}

#[test]
fn events_that_break_the_stream_reset() {
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    let gap = gst::event::Gap::builder(gst::ClockTime::ZERO).duration(gst::ClockTime::SECOND);
    let events: [(&str, Vec<gst::Event>); 3] = [
        (
            "flush",
            vec![
                gst::event::FlushStart::new(),
                gst::event::FlushStop::new(true),
                gst::event::Segment::new(&segment),
            ],
        ),
        ("segment", vec![gst::event::Segment::new(&segment)]),
        ("gap", vec![gap.build()]),
    ];
    for (name, events) in events {
        let mut rig = rig();
        count(&mut rig, &picture());
        assert_eq!(count(&mut rig, &picture()), 2, "{name}");
        for event in events {
            assert!(rig.harness.push_event(event), "{name}");
        }
        assert_eq!(count(&mut rig, &picture()), 1, "{name}");
    }
}

#[test]
fn other_caps_reset() {
    let mut rig = rig();
    count(&mut rig, &picture());
    count(&mut rig, &picture());
    // The same size: the model stays, its memory goes.
    let other = patterned(PixelFormat::Nv12, 64, 48);
    rig.set_caps(&other);
    assert_eq!(count(&mut rig, &other), 1);
    // Another size: another session.
    let larger = patterned(PixelFormat::Nv12, 80, 48);
    rig.set_caps(&larger);
    assert_eq!([0; 2].map(|_| count(&mut rig, &larger)), [1, 2]);
}

#[test]
fn a_scene_cut_resets() {
    let mut rig = rig();
    count(&mut rig, &picture());
    count(&mut rig, &picture());
    let mut cut = picture();
    let (half, blocks) = (cut.data(0).len() / 2, [40, 180]);
    cut.data_mut(0)[..half].fill(blocks[0]);
    cut.data_mut(0)[half..].fill(blocks[1]);
    assert_eq!(count(&mut rig, &cut), 1);
    assert_eq!(count(&mut rig, &cut), 2);
}

#[test]
fn corrupted_and_gap_flags_do_not_reset() {
    let mut rig = rig();
    count(&mut rig, &picture());
    let mut buffer = rig.buffer(&picture());
    let flags = gst::BufferFlags::CORRUPTED | gst::BufferFlags::GAP;
    buffer.get_mut().unwrap().set_flags(flags);
    rig.harness.push_and_pull(buffer).unwrap();
    assert_eq!(count(&mut rig, &picture()), 3);
}

#[test]
fn a_stop_and_a_start_reset() {
    let mut rig = rig();
    count(&mut rig, &picture());
    count(&mut rig, &picture());
    rig.element.set_state(gst::State::Null).unwrap();
    rig.element.set_state(gst::State::Playing).unwrap();
    rig.set_caps(&picture());
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    rig.harness
        .push_event(gst::event::StreamStart::new("again"));
    rig.set_caps(&picture());
    rig.harness.push_event(gst::event::Segment::new(&segment));
    assert_eq!(count(&mut rig, &picture()), 1);
}

//! Nothing stays behind when the element stops. A process of its own: others' threads would be counted too.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::picture::patterned;
use common::{element, wait_for};
use gst::prelude::*;
use lowlight_engine::PixelFormat;

/// Entries of a folder of `/proc/self`.
fn count(folder: &str) -> usize {
    std::fs::read_dir(format!("/proc/self/{folder}"))
        .unwrap()
        .count()
}

#[test]
fn starts_and_stops_leave_no_thread_and_no_file_behind() {
    let frame = patterned(PixelFormat::I420, 64, 48);
    let (restorer, bus) = element("identity-planes", &[]);
    let mut harness = gst_check::Harness::with_element(&restorer, Some("sink"), Some("src"));
    let mut counts = Vec::new();
    for round in 0..30 {
        restorer.set_state(gst::State::Playing).unwrap();
        harness.push_event(gst::event::StreamStart::new("stream"));
        let caps = common::picture::info(&frame).to_caps().unwrap();
        harness.push_event(gst::event::Caps::new(&caps));
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        harness.push_event(gst::event::Segment::new(&segment));
        // Some stops come in mid-load.
        if round % 3 == 0 {
            wait_for(&bus, "ready");
        }
        let buffer = common::picture::buffer(&frame);
        harness.push_and_pull(buffer).unwrap();
        restorer.set_state(gst::State::Null).unwrap();
        bus.set_flushing(true);
        bus.set_flushing(false);
        counts.push((count("task"), count("fd")));
    }
    // The first rounds load ONNX Runtime, which keeps threads of its own.
    assert!(
        counts[3..].iter().all(|count| *count == counts[3]),
        "threads and files: {counts:?}"
    );
}

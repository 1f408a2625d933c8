//! Nothing stays behind when the element stops. A process of its own: others' threads would be counted too.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::time::Duration;

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

/// Threads and open files, once they have stayed the same for a third of a second.
///
/// The kernel wakes whoever joins a thread a little before the thread leaves `/proc`: counted at once, a
/// loaded machine shows threads that are gone.
fn at_rest() -> (usize, usize) {
    let mut known = (0, 0);
    loop {
        let now = (count("task"), count("fd"));
        if now == known {
            return now;
        }
        known = now;
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn starts_and_stops_leave_no_thread_and_no_file_behind() {
    let frame = patterned(PixelFormat::I420, 64, 48);
    let (restorer, bus) = element("identity-planes", &[]);
    let mut harness = gst_check::Harness::with_element(&restorer, Some("sink"), Some("src"));
    let mut start_and_stop = |until_ready: bool| {
        restorer.set_state(gst::State::Playing).unwrap();
        harness.push_event(gst::event::StreamStart::new("stream"));
        let caps = common::picture::info(&frame).to_caps().unwrap();
        harness.push_event(gst::event::Caps::new(&caps));
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        harness.push_event(gst::event::Segment::new(&segment));
        if until_ready {
            wait_for(&bus, "ready");
        }
        let buffer = common::picture::buffer(&frame);
        harness.push_and_pull(buffer).unwrap();
        restorer.set_state(gst::State::Null).unwrap();
        bus.set_flushing(true);
        bus.set_flushing(false);
    };
    // The first start loads ONNX Runtime, which keeps threads of its own.
    start_and_stop(true);
    let before = at_rest();
    for round in 0..30 {
        // Some stops come in mid-load.
        start_and_stop(round % 3 == 0);
    }
    assert_eq!(
        at_rest(),
        before,
        "threads and files, after 30 rounds and before"
    );
}

//! RTCP: a reader of the restored picture learns when it was captured, by the camera's own clock.

use crate::beacon::Beacon;
use crate::process::{Camera, PATIENCE, Tapetum};
use gst::prelude::*;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A camera whose clock nobody has set.
const AHEAD: Duration = Duration::from_secs(3600);
/// From 1900, where NTP starts, to 1970.
const NTP_TO_UNIX: f64 = 2_208_988_800.0;

/// How many seconds ahead of this machine's clock each packet says it was captured, as `rtspsrc` hears it.
fn ahead(url: &str) -> (gst::Pipeline, Receiver<f64>) {
    let line = format!(
        "rtspsrc location={url} protocols=tcp latency=0 add-reference-timestamp-meta=true ! identity name=packets ! fakesink"
    );
    let pipeline: gst::Pipeline = gst::parse::launch(&line).unwrap().downcast().unwrap();
    let (sender, receiver) = channel();
    let pad = pipeline
        .by_name("packets")
        .unwrap()
        .static_pad("sink")
        .unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(meta) = info.buffer().unwrap().meta::<gst::ReferenceTimestampMeta>() {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let there = meta.timestamp().nseconds() as f64 / 1e9 - NTP_TO_UNIX;
            // Fails only after the test.
            let _ = sender.send(there - now.as_secs_f64());
        }
        gst::PadProbeReturn::Ok
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    (pipeline, receiver)
}

#[test]
fn readers_are_told_the_cameras_time_and_not_ours() {
    let beacon = Beacon::start_ahead(320, 240, 15, AHEAD);
    let nowhere = Camera::white();
    let night = Tapetum::run(&nowhere.stream().replace(&nowhere.url(), &beacon.url()));
    // Before the first picture the mount shows another one.
    night.wait_for("first picture", 1);
    let (pipeline, told) = ahead(&night.url("/night"));
    // The camera's first report may take a few seconds, and so may ours.
    let is_near =
        |ahead: f64| (AHEAD.as_secs_f64() - 2.0..AHEAD.as_secs_f64() + 0.1).contains(&ahead);
    let start = std::time::Instant::now();
    let mut in_a_row = 0;
    while in_a_row < 10 {
        let last = told
            .recv_timeout(PATIENCE)
            .expect("no report within half a minute");
        in_a_row = if is_near(last) { in_a_row + 1 } else { 0 };
        assert!(start.elapsed() < 2 * PATIENCE, "still {last} s ahead");
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

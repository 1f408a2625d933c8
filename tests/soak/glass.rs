//! From a camera's glass to a reader's: the delay of a restored stream.

use crate::beacon::Beacon;
use crate::figures::{Bar, percentile, report};
use crate::plan::{Plan, UNIT};
use crate::process::{Camera, Tapetum};
use std::time::Duration;

#[test]
fn a_frame_is_soon_seen() {
    let plan = Plan::begin();
    let beacon = Beacon::start(1280, 720, 30);
    let nowhere = Camera::white();
    let stream = nowhere.stream().replace(&nowhere.url(), &beacon.url());
    let stream = stream.replace("strength = 0.0", "strength = 1.0");
    let mut night = Tapetum::run_with(&stream.replace("bitrate = 500", "bitrate = 4000"), &UNIT);
    let watcher = beacon.watch(&night.url("/night"));
    watcher.wait_for_first();
    // The model is loaded in the first seconds.
    std::thread::sleep(Duration::from_secs(3));
    watcher.forget();
    std::thread::sleep(plan.measure);
    let ages = watcher.ages();
    assert!(night.terminate().success(), "{}", night.log());
    // Otherwise frames went round the network, and their delay is not the one that is claimed.
    assert!(night.lines("failed").is_empty(), "{}", night.log());
    let steps = night.figure("steps_down") as f64;
    assert!(ages.len() > 20, "only {} frames were read", ages.len());
    report(
        &format!(
            "{} frames of 1280x720 at 30 frames a second, camera's encoder to reader's decoder",
            ages.len()
        ),
        &[
            (
                "glass to glass, p50",
                percentile(&ages, 50.0) * 1000.0,
                "ms",
                Bar::at_most(250.0),
            ),
            (
                "glass to glass, p99",
                percentile(&ages, 99.0) * 1000.0,
                "ms",
                Bar::at_most(400.0),
            ),
            ("steps of the ladder", steps, "down", Bar::at_most(0.0)),
        ],
    );
}

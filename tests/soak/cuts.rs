//! A camera that is cut off again and again.

use crate::costs::Costs;
use crate::figures::{Bar, percentile, report};
use crate::plan::{Plan, UNIT};
use crate::process::{Camera, Tapetum};
use crate::reader::{Reader, is_dimmed, is_white};
use std::time::{Duration, Instant};

/// Seconds that the camera stays away after the placeholder is seen, in turn: a short outage finds the first, quick tries, a
/// long one the slow ones.
const AWAY: [u64; 4] = [0, 1, 3, 6];
/// The share of the run in which memory settles.
const SETTLING: f64 = 0.2;

#[test]
fn cost_no_reader_no_memory_and_little_time() {
    let plan = Plan::begin();
    let camera = Camera::white();
    let mut running = camera.start();
    // Restored, as a stream is, and not only passed on.
    let stream = camera.stream().replace("strength = 0.0", "strength = 1.0");
    let mut night = Tapetum::run_with(&stream, &UNIT);
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("white", is_white);
    let (start, mut costs) = (Instant::now(), Costs::new());
    let mut returns = Vec::new();
    while start.elapsed() < plan.length {
        running.kill();
        reader.wait_for("dimmed", is_dimmed);
        let away = AWAY[returns.len() % AWAY.len()];
        std::thread::sleep(Duration::from_secs(away));
        running = camera.start();
        returns.push(reader.wait_for("white again", is_white).as_secs_f64());
        let next = plan.cut_every * u32::try_from(returns.len()).unwrap();
        while start.elapsed() < next.min(plan.length) {
            std::thread::sleep(Duration::from_secs(1));
            costs.look(&night);
        }
        reader.assert_unbroken();
        // A reader that keeps every frame would grow without end.
        reader.forget();
    }
    assert!(night.terminate().success(), "{}", night.log());
    assert_eq!(night.figure("abandoned"), 0, "{}", night.log());
    let (descriptors, threads) = costs.more(SETTLING);
    assert!(descriptors < 8.0, "{descriptors} more descriptors");
    println!("megabytes, all along: {}", costs.course());
    let growth = match plan.is_long {
        true => Bar::at_most(1.0),
        false => Bar::none("a run below half an hour says nothing"),
    };
    let cuts = if plan.is_long { 200.0 } else { 3.0 };
    report(
        &format!(
            "A camera cut off again and again for {:.1} minutes, one reader",
            plan.length.as_secs_f64() / 60.0
        ),
        &[
            ("cuts", returns.len() as f64, "", Bar::at_least(cuts)),
            ("readers disconnected", 0.0, "", Bar::at_most(0.0)),
            (
                "picture back, p50",
                percentile(&returns, 50.0),
                "s",
                Bar::at_most(2.0),
            ),
            (
                "picture back, p99",
                percentile(&returns, 99.0),
                "s",
                Bar::at_most(5.0),
            ),
            ("memory", costs.memory_per_hour(SETTLING), "MB/h", growth),
            ("descriptors", descriptors, "more", Bar::at_most(0.0)),
            (
                "threads",
                threads,
                "more",
                Bar::none("it has them while a camera leaves"),
            ),
        ],
    );
}

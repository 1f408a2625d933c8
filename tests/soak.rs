//! A camera that is cut off again and again, and what that costs: `make soak`.
//!
//! `SOAK_MINUTES` says for how long (half a minute without it, so that it can be part of every test run), and each minute
//! has one cut, in a short run one every ten seconds. `SOAK_BARS=1` makes a bar that is not reached an error; without it only
//! what must hold on any machine is: readers stay connected, the picture comes back, no descriptor is lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

#[path = "soak/beacon.rs"]
mod beacon;
#[path = "soak/figures.rs"]
mod figures;
#[allow(dead_code)] // Shared with tests that need more of it.
#[path = "live/process.rs"]
mod process;
#[allow(dead_code)] // Shared with tests that need more of it.
#[path = "live/reader.rs"]
mod reader;

use beacon::Beacon;
use figures::{Bar, percentile, slope};
use process::{Camera, Tapetum};
use reader::{Reader, is_dimmed, is_white};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a run is, and how often it cuts the camera off.
fn plan() -> (Duration, Duration) {
    let minutes = std::env::var("SOAK_MINUTES").ok();
    let minutes: f64 = minutes.map_or(0.5, |text| text.parse().expect("SOAK_MINUTES is no number"));
    let cut = if minutes < 5.0 { 10 } else { 60 };
    (
        Duration::from_secs_f64(minutes * 60.0),
        Duration::from_secs(cut),
    )
}

/// Held by whoever measures: figures of two at a time would be nobody's.
static MACHINE: Mutex<()> = Mutex::new(());

/// Memory and descriptors of a process, once a second.
struct Costs {
    start: Instant,
    /// Seconds and megabytes.
    memory: Vec<(f64, f64)>,
    descriptors: Vec<usize>,
}

impl Costs {
    fn look(&mut self, process: &Tapetum) {
        let (megabytes, descriptors) = process.costs();
        self.memory
            .push((self.start.elapsed().as_secs_f64(), megabytes));
        self.descriptors.push(descriptors);
    }

    /// Megabytes an hour after the first fifth of the run, in which caches fill.
    fn growth(&self) -> f64 {
        slope(&self.memory[self.memory.len() / 5..]) * 3600.0
    }

    /// How many more descriptors are open at the end than when it had settled.
    fn more_descriptors(&self) -> f64 {
        let settled = self.descriptors[self.descriptors.len() / 5];
        *self.descriptors.last().unwrap() as f64 - settled as f64
    }
}

#[test]
fn cuts_cost_no_reader_no_memory_and_little_time() {
    let _machine = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let (length, every) = plan();
    let camera = Camera::white();
    let mut running = camera.start();
    let mut night = Tapetum::run(&camera.stream());
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("white", is_white);
    let start = Instant::now();
    let mut costs = Costs {
        start,
        memory: Vec::new(),
        descriptors: Vec::new(),
    };
    let mut returns = Vec::new();
    while start.elapsed() < length {
        running.kill();
        reader.wait_for("dimmed", is_dimmed);
        running = camera.start();
        returns.push(reader.wait_for("white again", is_white).as_secs_f64());
        let next = every * u32::try_from(returns.len()).unwrap();
        while start.elapsed() < next.min(length) {
            std::thread::sleep(Duration::from_secs(1));
            costs.look(&night);
        }
        reader.assert_unbroken();
        // A reader that keeps every frame would grow without end.
        reader.forget();
    }
    assert!(night.terminate().success(), "{}", night.log());
    let lost = costs.more_descriptors();
    assert!(lost < 8.0, "{lost} more descriptors");
    assert_eq!(night.figure("abandoned"), 0, "{}", night.log());
    println!(
        "{} cuts in {:.1} minutes",
        returns.len(),
        length.as_secs_f64() / 60.0
    );
    let growth = if length >= Duration::from_secs(1800) {
        Bar::at_most(1.0)
    } else {
        Bar::none("a run below half an hour says nothing")
    };
    figures::report(&[
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
        ("memory", costs.growth(), "MB/h", growth),
        ("descriptors", lost, "more", Bar::at_most(0.0)),
    ]);
}

#[test]
fn a_frame_is_soon_seen() {
    let _machine = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let (length, _) = plan();
    let beacon = Beacon::start(1280, 720, 30);
    let stream = Camera::white().stream();
    let source = stream
        .split_once("location = '")
        .unwrap()
        .1
        .split_once('\'')
        .unwrap()
        .0
        .to_owned();
    let stream = stream
        .replace(&source, &beacon.url())
        .replace("strength = 0.0", "strength = 1.0");
    let night = Tapetum::run(&stream.replace("bitrate = 500", "bitrate = 4000"));
    let watcher = beacon.watch(&night.url("/night"));
    watcher.wait_for_first();
    // The model is loaded in the first seconds.
    std::thread::sleep(Duration::from_secs(3));
    watcher.forget();
    std::thread::sleep(length.clamp(Duration::from_secs(8), Duration::from_secs(120)));
    let ages = watcher.ages();
    // Otherwise frames went round the network, and their delay is not the one that is claimed.
    assert!(night.lines("failed").is_empty(), "{}", night.log());
    assert!(ages.len() > 20, "only {} frames were read", ages.len());
    println!(
        "{} frames of 1280x720, camera's encoder to reader's decoder",
        ages.len()
    );
    figures::report(&[
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
    ]);
}

#[test]
fn four_small_cameras_keep_up() {
    let _machine = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let (length, _) = plan();
    let streams: String = (1..=4)
        .map(|number| {
            format!(
                "[[stream]]\nname = 'camera{number}'\n\
                 source = {{ kind = 'test', width = 640, height = 360, framerate = 15 }}\n\
                 encode.bitrate = 1000\n[[stream.sink]]\nkind = 'rtsp'\nmount = '/camera{number}'\n"
            )
        })
        .collect();
    let mut runner = Tapetum::run(&format!("[server]\nport = 0\n{streams}"));
    let readers: Vec<Reader> = (1..=4)
        .map(|number| Reader::start(&runner.url(&format!("/camera{number}"))))
        .collect();
    for reader in &readers {
        reader.wait_for("anything", |_| true);
    }
    std::thread::sleep(length.clamp(Duration::from_secs(8), Duration::from_secs(120)));
    readers.iter().for_each(Reader::assert_unbroken);
    assert!(runner.terminate().success(), "{}", runner.log());
    assert!(runner.lines("failed").is_empty(), "{}", runner.log());
    let (captured, shown) = (runner.figures("captured"), runner.figures("shown"));
    assert_eq!(captured.len(), 4);
    let lost = captured.iter().zip(&shown);
    let lost = lost.map(|(all, shown)| 100.0 - 100.0 * *shown as f64 / *all as f64);
    let worst = lost.fold(0.0, f64::max);
    let steps: u64 = runner.figures("steps_down").iter().sum();
    println!("four cameras of 640x360 at 15 frames a second, restored and served");
    figures::report(&[
        ("frames lost, worst", worst, "%", Bar::at_most(5.0)),
        (
            "steps of the ladder",
            steps as f64,
            "down",
            Bar::at_most(0.0),
        ),
    ]);
}

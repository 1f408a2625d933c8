//! Cameras that go, stall, change and lie, and readers that must not notice.

use crate::process::{Camera, PATIENCE, Tapetum, free_port};
use crate::reader::{Reader, is_dimmed, is_white};
use std::io::Write;
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// How long restored video may take to be back when the camera is, on a machine that has other work.
const BACK: Duration = Duration::from_secs(5);

#[test]
fn a_killed_camera_is_replaced_by_a_placeholder_and_comes_back() {
    let camera = Camera::white();
    let mut running = camera.start();
    let mut night = Tapetum::run(&camera.stream());
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("white", is_white);
    for cut in 1..=3 {
        running.kill();
        reader.wait_for("dimmed", is_dimmed);
        night.wait_for("no signal", cut);
        running = camera.start();
        let back = reader.wait_for("white again", is_white);
        assert!(back < BACK, "cut {cut}: back after {back:?}");
        night.wait_for("signal is back", cut);
    }
    reader.assert_unbroken();
    let gap = reader.longest_gap();
    assert!(gap < Duration::from_secs(4), "nothing to see for {gap:?}");
    assert!(night.terminate().success(), "{}", night.log());
    assert!(night.figure("failures") >= 3);
    assert!(night.figure("placeholders") >= 3);
    assert_eq!(night.figure("abandoned"), 0);
}

#[test]
fn a_camera_that_stalls_without_closing_is_dropped_and_taken_again() {
    let camera = Camera::white();
    let running = camera.start();
    let mut night = Tapetum::run(&camera.stream());
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("white", is_white);
    running.signal("STOP");
    let line = night.wait_for("failed", 1);
    assert_eq!(line["fields"]["reason"], "no frame for 2000 ms");
    reader.wait_for("dimmed", is_dimmed);
    running.signal("CONT");
    reader.wait_for("white again", is_white);
    reader.assert_unbroken();
    assert!(night.terminate().success());
    assert!(night.figure("stalls") >= 1);
}

#[test]
fn a_camera_that_changes_its_size_is_scaled_into_the_picture_that_readers_know() {
    let mut camera = Camera::white();
    let mut running = camera.start();
    let night = Tapetum::run(&camera.stream());
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("white at its size", |frame| {
        is_white(frame) && frame.size == (320, 240)
    });
    running.kill();
    reader.wait_for("dimmed", is_dimmed);
    camera.size = (160, 64);
    let _running = camera.start();
    // White with black borders.
    reader.wait_for("bright again", |frame| frame.luma > 100.0);
    std::thread::sleep(Duration::from_millis(500));
    reader.assert_unbroken();
    let last = *reader.frames().last().unwrap();
    assert_eq!(last.size, (320, 240));
    assert!((100.0..180.0).contains(&last.luma), "{last:?}");
}

#[test]
fn a_camera_that_changes_its_codec_is_taken_as_it_is() {
    let mut camera = Camera::white();
    let mut running = camera.start();
    let night = Tapetum::run(&camera.stream());
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("white", is_white);
    running.kill();
    reader.wait_for("dimmed", is_dimmed);
    camera.codec = "h265";
    let _running = camera.start();
    reader.wait_for("white again", is_white);
    reader.assert_unbroken();
}

#[test]
fn a_server_that_talks_garbage_is_tried_again_and_readers_see_a_placeholder() {
    let port = free_port();
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = stream;
            let _ = stream.write_all(b"RTSP/1.0 \xff\xfe\x00 garbage\r\n\r\n$$$$");
        }
    });
    let camera = Camera {
        port,
        ..Camera::white()
    };
    let mut night = Tapetum::run(&camera.stream());
    let reader = Reader::start(&night.url("/night"));
    night.wait_for("failed", 1);
    reader.wait_for("dark", |frame| frame.luma < 40.0);
    std::thread::sleep(Duration::from_secs(4));
    reader.assert_unbroken();
    assert!(night.terminate().success());
    assert_eq!(night.figure("captured"), 0);
    let failures = night.figure("failures");
    assert!(failures >= 3, "tried only {failures} times");
    // What repeats itself is not said again at once.
    assert!(night.lines("failed").len() <= 2, "{}", night.log());
}

#[test]
fn a_stalled_camera_does_not_delay_another() {
    let (first, second) = (Camera::white(), Camera::white());
    let (stalling, _running) = (first.start(), second.start());
    let streams = first.stream()
        + &second
            .stream()
            .replace("[server]\nport = 0\n", "")
            .replace("night", "day");
    let night = Tapetum::run(&streams);
    let (stalled, other) = (
        Reader::start(&night.url("/night")),
        Reader::start(&night.url("/day")),
    );
    stalled.wait_for("white", is_white);
    other.wait_for("white", is_white);
    let (start, before) = (Instant::now(), other.frames().len());
    stalling.signal("STOP");
    stalled.wait_for("dimmed", is_dimmed);
    night.wait_for("failed", 1);
    let elapsed = start.elapsed().as_secs_f64();
    let frames = other.frames();
    let rate = (frames.len() - before) as f64 / elapsed;
    // A machine with other work shows fewer than 15; one that waits for the other camera, none.
    assert!(rate > 4.0, "{rate:.1} of 15 frames a second");
    assert!(frames[before..].iter().all(is_white));
    other.assert_unbroken();
    stalled.assert_unbroken();
}

#[test]
fn readers_may_come_before_the_camera() {
    let camera = Camera::white();
    let night = Tapetum::run(&camera.stream());
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("a placeholder of the usual size", |frame| {
        frame.size == (1280, 720)
    });
    let _running = camera.start();
    reader.wait_for("white at its size", |frame| {
        is_white(frame) && frame.size == (320, 240)
    });
    reader.assert_unbroken();
    assert!(reader.frames()[0].at.elapsed() < PATIENCE);
}

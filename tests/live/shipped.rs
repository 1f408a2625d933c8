//! The pipeline files that come with Tapetum, each run as it is but for names: cameras, devices and windows of the test's own
//! stand in for those of other machines.

use crate::device::Device;
use crate::process::{Camera, Tapetum};
use crate::reader::{Reader, is_white};
use std::path::Path;

/// A pipeline file, without the model, which would need time.
fn shipped(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("pipelines")
        .join(name);
    let text = std::fs::read_to_string(file).unwrap();
    text.replace("strength = 1.0", "strength = 0.0")
}

/// A window that nobody sees: `autovideosink` takes the sink of the highest rank.
const WINDOW: (&str, &str) = ("GST_PLUGIN_FEATURE_RANK", "fakevideosink:MAX");

#[track_caller]
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "no {from:?} in\n{text}");
    text.replace(from, to)
}

/// Runs a pipeline file for a while, with further environment variables, and sees that frames pass and nothing fails.
#[track_caller]
fn runs(config: &str, environment: &[(String, String)]) {
    let environment = environment.iter().map(|(name, value)| (&**name, &**value));
    let environment: Vec<_> = environment.chain([WINDOW]).collect();
    let mut runner = Tapetum::run_with(config, &environment);
    runner.wait_for("first picture", 1);
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(runner.terminate().success(), "{}", runner.log());
    assert!(runner.figure("shown") > 10, "{}", runner.log());
    assert_eq!(
        (runner.figure("failures"), runner.figure("sink_failures")),
        (0, 0),
        "{}",
        runner.log()
    );
}

const CAMERA: &str = "rtsp://192.0.2.10/stream1";
#[test]
fn rtsp_to_rtsp_serves_a_camera() {
    let camera = Camera::white();
    let _running = camera.start();
    let text = replaced(&shipped("rtsp-to-rtsp.toml"), CAMERA, &camera.url());
    let runner = Tapetum::run(&replaced(&text, "port = 8554", "port = 0"));
    Reader::start(&runner.url("/camera")).wait_for("white", is_white);
}

#[test]
fn multi_camera_serves_each_camera() {
    let camera = Camera::white();
    let _running = camera.start();
    let mut text = replaced(&shipped("multi-camera.toml"), "port = 8554", "port = 0");
    for host in 10..=13 {
        text = replaced(
            &text,
            &format!("rtsp://192.0.2.{host}/stream1"),
            &camera.url(),
        );
    }
    let runner = Tapetum::run(&text);
    for mount in ["/gate", "/yard", "/door", "/street"] {
        Reader::start(&runner.url(mount)).wait_for("white", is_white);
    }
}

#[test]
fn file_to_rtsp_is_a_camera_that_never_ends() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("night.mp4");
    crate::media::make(
        "videotestsrc num-buffers=20 pattern=white ! video/x-raw,width=320,height=240,framerate=15/1 ! x264enc ! \
         h264parse ! mp4mux !",
        &clip,
    );
    let text = replaced(
        &shipped("file-to-rtsp.toml"),
        "night.mp4",
        clip.to_str().unwrap(),
    );
    let runner = Tapetum::run(&replaced(&text, "port = 8555", "port = 0"));
    let reader = Reader::start(&runner.url("/file"));
    let first = reader.wait_for("white", is_white);
    // The clip has 1.3 s; this is its fourth round.
    reader.wait_for("more than the file has", |frame| frame.time > 4_000_000_000);
    reader.assert_unbroken();
    assert!(
        runner.lines("failed").is_empty() && runner.lines("signal is back").len() <= 1,
        "{first:?}\n{}",
        runner.log()
    );
}

#[test]
fn file_to_file_ends_with_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (clip, output) = (
        folder.path().join("night.mp4"),
        folder.path().join("restored.mp4"),
    );
    crate::media::make(
        "videotestsrc num-buffers=20 ! video/x-raw,width=320,height=240 ! x264enc ! h264parse ! mp4mux !",
        &clip,
    );
    let text = replaced(
        &shipped("file-to-file.toml"),
        "night.mp4",
        clip.to_str().unwrap(),
    );
    let text = replaced(&text, "restored.mp4", output.to_str().unwrap());
    let mut runner = Tapetum::run(&text);
    assert!(runner.wait().success(), "{}", runner.log());
    assert_eq!(crate::media::frame_times(&output).len(), 20);
}

#[test]
fn rtsp_to_record_leaves_both_pictures() {
    let camera = Camera::white();
    let _running = camera.start();
    let text = replaced(&shipped("rtsp-to-record.toml"), CAMERA, &camera.url());
    let folder = tempfile::tempdir().unwrap();
    let here = format!("folder = {:?}", folder.path());
    runs(&replaced(&text, "folder = \"recordings\"", &here), &[]);
    let count = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(count, 2, "a restored and an original recording");
}

#[test]
fn pipelines_to_a_display_show_frames() {
    let camera = Camera::white();
    let _running = camera.start();
    let rtsp = shipped("rtsp-to-display.toml");
    runs(&replaced(&rtsp, CAMERA, &camera.url()), &[]);
    let small = shipped("test-to-display.toml");
    let small = replaced(&small, "width = 1280", "width = 320");
    let small = replaced(&small, "height = 720", "height = 240");
    runs(
        &small.replace("view = \"split\"", "view = \"original\""),
        &[],
    );
}

const RAW: &str = "caps = \"video/x-raw,width=1280,height=720,framerate=30/1\"";
const JPEG: &str = "caps = \"image/jpeg,width=1280,height=720,framerate=30/1\"";

#[test]
fn v4l2_to_display_shows_a_device_raw_or_jpeg() {
    let (device, text) = (Device::new(), shipped("v4l2-to-display.toml"));
    runs(&text, &device.raw());
    let chosen = format!("# {JPEG}");
    runs(&replaced(&text, &chosen, JPEG), &device.jpeg());
}

#[test]
fn production_line_shows_and_serves_a_device_raw_or_jpeg() {
    let (device, text) = (Device::new(), shipped("production-line.toml"));
    let text = replaced(&text, "port = 8554", "port = 0");
    runs(&text, &device.raw());
    runs(&replaced(&text, RAW, JPEG), &device.jpeg());
}

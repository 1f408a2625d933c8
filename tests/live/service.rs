//! The runner as a service: signals, changes of its file, the service manager.

use crate::process::{Camera, PATIENCE, Tapetum};
use crate::reader::{Reader, Seen, is_dimmed, is_white};
use std::os::unix::net::UnixDatagram;
use std::process::Command;

#[test]
fn a_change_of_the_file_reaches_its_stream_and_no_other() {
    let camera = Camera::white();
    let _running = camera.start();
    let day = "[[stream]]\nname = 'day'\nrestore.strength = 0.0\n\
        source = { kind = 'test', pattern = 'white', width = 320, height = 240, framerate = 15 }\n\
        [[stream.sink]]\nkind = 'rtsp'\nmount = '/day'\n";
    let night = Tapetum::run(&format!("{}{day}", camera.stream()));
    let (untouched, changed) = (
        Reader::start(&night.url("/night")),
        Reader::start(&night.url("/day")),
    );
    untouched.wait_for("white", is_white);
    changed.wait_for("white", is_white);
    // A mistake changes nothing.
    std::fs::write(night.file(), "[[stream]]\nnaem = 'x'\n").unwrap();
    let line = night.wait_for("the changed file is not taken", 1);
    assert!(
        line["fields"]["error"]
            .as_str()
            .unwrap()
            .contains("did you mean `name`"),
        "{line}"
    );
    std::fs::write(
        night.file(),
        format!("{}{}", camera.stream(), day.replace("white", "black")),
    )
    .unwrap();
    night.signal("HUP");
    changed.wait_for_end();
    let again = Reader::start(&night.url("/day"));
    again.wait_for("black", |frame| frame.luma < 40.0);
    std::fs::write(night.file(), camera.stream()).unwrap();
    night.signal("HUP");
    night.wait_for("removed", 1);
    again.wait_for_end();
    untouched.wait_for("white", is_white);
    untouched.assert_unbroken();
    assert_eq!(night.lines("failed").len(), 0, "{}", night.log());
}

#[test]
fn other_settings_of_the_restoration_leave_camera_and_readers_alone() {
    let camera = Camera::white();
    let running = camera.start();
    let mut night = Tapetum::run(&camera.stream());
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("white", is_white);
    let other = camera
        .stream()
        .replace("strength = 0.0", "view = 'original'");
    std::fs::write(night.file(), other).unwrap();
    night.signal("HUP");
    night.wait_for("other settings", 1);
    reader.wait_for("white", is_white);
    reader.assert_unbroken();
    assert!(reader.frames().iter().all(|frame| !is_dimmed(frame)));
    assert!(night.terminate().success());
    assert_eq!((night.figure("starts"), night.figure("failures")), (1, 0));
    assert_eq!(running.lines("a reader plays").len(), 1);
}

#[test]
fn a_service_manager_is_told_of_start_reload_life_and_stop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let heard = |what: &str| {
        let mut bytes = [0; 512];
        loop {
            let length = socket
                .recv(&mut bytes)
                .unwrap_or_else(|_| panic!("never {what}"));
            if String::from_utf8_lossy(&bytes[..length]).contains(what) {
                return;
            }
        }
    };
    let mut runner = Tapetum::run_with(
        "[[stream]]\nname = 'test'\nrestore.strength = 0.0\nsource = { kind = 'test', width = 64, height = 48 }\n\
         [[stream.sink]]\nkind = 'gst-launch'\ndescription = 'fakesink'\n",
        &[
            ("NOTIFY_SOCKET", path.to_str().unwrap()),
            ("WATCHDOG_USEC", "2000000"),
        ],
    );
    heard("READY=1");
    heard("WATCHDOG=1");
    runner.signal("HUP");
    heard("RELOADING=1");
    heard("READY=1");
    runner.signal("TERM");
    heard("STOPPING=1");
    assert!(runner.wait().success());
}

#[test]
fn exit_statuses_are_those_that_are_documented() {
    let status = |config: &str| {
        let mut runner = Tapetum::run(config);
        runner.wait().code()
    };
    let stream = "[[stream]]\nname = 'a'\nrestore.strength = 0.0\nsource = { kind = 'test', num-buffers = 5 }\n\
        [[stream.sink]]\nkind = 'gst-launch'\ndescription = 'fakesink'\n";
    assert_eq!(status(stream), Some(0), "all sources have ended");
    assert_eq!(status("[[stream]]\nname = 'a'\n"), Some(2), "refused");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mount =
        format!("[server]\nport = {port}\n{stream}[[stream.sink]]\nkind = 'rtsp'\nmount = '/a'\n");
    assert_eq!(status(&mount), Some(1), "the port is taken");
}

#[test]
fn a_foreign_program_reads_a_mount() {
    let camera = Camera::white();
    let _running = camera.start();
    let night = Tapetum::run(&camera.stream());
    let url = night.url("/night");
    Reader::start(&url).wait_for("white", is_white);
    for transport in ["tcp", "udp"] {
        let output = Command::new("ffprobe")
            .args(["-v", "error", "-rtsp_transport", transport, "-show_entries"])
            .args(["stream=codec_name,width,height", "-of", "csv=p=0", &url])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text.trim(), "h264,320,240", "{transport}: {output:?}");
    }
}

/// A network whose answer is known: it turns dark into bright.
const INVERT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/engine/tests/data/invert-planes.onnx"
);

#[test]
fn what_the_network_makes_of_a_camera_is_served_beside_what_came() {
    // Bright into dark is what the element's watchdog would not show.
    let camera = Camera {
        pattern: "blue",
        ..Camera::white()
    };
    let _running = camera.start();
    let inverted = format!("restore.model-file = {INVERT:?}");
    let config = camera.stream().replace("restore.strength = 0.0", &inverted);
    let original = "[[stream.sink]]\nkind = 'rtsp'\nmount = '/plain'\npicture = 'original'\n";
    let mut night = Tapetum::run(&(config + original));
    let restored = Reader::start(&night.url("/night"));
    let original = Reader::start(&night.url("/plain"));
    let (is_dark, is_bright) = (
        |frame: &Seen| (30.0..60.0).contains(&frame.luma),
        |frame: &Seen| (190.0..230.0).contains(&frame.luma),
    );
    restored.wait_for("bright", is_bright);
    original.wait_for("dark", is_dark);
    restored.wait_for("bright still", is_bright);
    original.assert_unbroken();
    restored.assert_unbroken();
    assert!(night.terminate().success());
    assert!(night.lines("failed").is_empty(), "{}", night.log());
    assert!(night.figure("shown") > 0, "{}", night.log());
}

#[test]
fn a_machine_that_is_short_gives_up_a_step_and_says_why() {
    let mut runner = Tapetum::run(&format!(
        "[[stream]]\nname = 'fast'\nsource = {{ kind = 'test', width = 1920, height = 1080, framerate = 120 }}\n\
         degrade.severity = 'medium'\nrestore.model-file = {INVERT:?}\n\
         [[stream.sink]]\nkind = 'gst-launch'\ndescription = 'fakesink'\n"
    ));
    let line = runner.wait_for("restores less", 1);
    assert_eq!(
        (&line["fields"]["from"], &line["fields"]["to"]),
        (&"full".into(), &"every-second-frame".into())
    );
    let reason = line["fields"]["reason"].as_str().unwrap();
    assert!(reason.contains("% of their time"), "{line}");
    assert!(runner.terminate().success(), "{}", runner.log());
    assert!(runner.figure("superseded") > 0 && runner.figure("shown") > 0);
}

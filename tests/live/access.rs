//! Passwords, limits, encryption.

use crate::process::{Camera, Tapetum};
use crate::reader::{Reader, is_white};
use std::process::Command;

#[test]
fn a_cameras_password_opens_it_and_is_never_logged() {
    let camera = Camera {
        password: Some("open-sesame"),
        ..Camera::white()
    };
    let _running = camera.start();
    let config = camera
        .stream()
        .replace("rtsp://", "rtsp://admin:${CAMERA_WORD}@");
    let mut night = Tapetum::run_with(
        &config,
        &[
            ("CAMERA_WORD", "open-sesame"),
            ("RUST_LOG", "tapetum=trace,gstreamer=trace"),
            // Everything from whatever hears the password; from all of GStreamer it would be a thousand lines a frame.
            ("GST_DEBUG", "*:3,*rtsp*:7,*sdp*:7"),
        ],
    );
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("white", is_white);
    night.terminate();
    assert!(night.log().contains("\"category\":\"rtspsrc\""));
    assert!(!night.log().contains("open-sesame"));
}

#[test]
fn a_wrong_password_is_said_once_in_half_a_minute_so_that_cameras_do_not_lock() {
    let camera = Camera {
        password: Some("open-sesame"),
        ..Camera::white()
    };
    let _running = camera.start();
    let config = camera
        .stream()
        .replace("rtsp://", "rtsp://admin:wrong-word@");
    let mut night = Tapetum::run(&config);
    let line = night.wait_for("failed", 1);
    let retry = line["fields"]["retry_ms"].as_u64().unwrap();
    assert!(retry >= 24_000, "{line}");
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert!(night.terminate().success());
    assert_eq!((night.figure("refusals"), night.figure("starts")), (1, 1));
    assert!(!night.log().contains("wrong-word"));
}

#[test]
fn a_mount_with_users_is_read_with_the_right_password_only() {
    let camera = Camera {
        password: Some("open-sesame"),
        ..Camera::white()
    };
    let _running = camera.start();
    let right = Reader::start_as(&camera.url(), "user-id=admin user-pw=open-sesame");
    right.wait_for("white", is_white);
    for wrong in [
        "user-id=admin user-pw=open",
        "user-id=root user-pw=open-sesame",
        "",
    ] {
        let reader = Reader::start_as(&camera.url(), wrong);
        assert_eq!(reader.wait_for_end(), "Unauthorized", "{wrong}");
    }
    right.assert_unbroken();
}

#[test]
fn a_full_mount_refuses_the_next_reader_until_one_leaves() {
    let camera = Camera::white();
    let _running = camera.start();
    let night = Tapetum::run(&format!("{}max-readers = 1\n", camera.stream()));
    let url = night.url("/night");
    let first = Reader::start(&url);
    first.wait_for("white", is_white);
    Reader::start(&url).wait_for_end();
    night.wait_for("a reader is refused", 1);
    first.assert_unbroken();
    drop(first);
    Reader::start(&url).wait_for("white", is_white);
}

#[test]
fn a_mount_can_be_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    let (key, certificate) = (
        folder.path().join("key.pem"),
        folder.path().join("cert.pem"),
    );
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=camera",
        ])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        eprintln!("SKIPPED: no openssl to make a certificate with");
        return;
    }
    let source =
        "source = { kind = 'test', pattern = 'white', width = 320, height = 240, framerate = 15 }";
    let server = Tapetum::run(&format!(
        "[server]\nport = 0\ntls-certificate = {certificate:?}\ntls-key = {key:?}\n\
         [[server.user]]\nname = 'u'\npassword = 'w'\n\
         [[stream]]\nname = 'safe'\nrestore.strength = 0.0\n{source}\n[[stream.sink]]\nkind = 'rtsp'\nmount = '/safe'\n",
    ));
    let url = server.url("/safe");
    let (host, secure) = (
        url.replace("rtsp://", "rtsp://u:w@"),
        url.replace("rtsp://", "rtsps://"),
    );
    Reader::start(&host).wait_for_end();
    // And back in through the runner, which may be told to trust anybody, and does not by itself.
    let stream = |more: &str| {
        format!(
            "[server]\nport = 0\n[[stream]]\nname = 'night'\nrestore.strength = 0.0\n\
             source = {{ kind = 'rtsp', location = '{secure}', user-id = 'u', user-pw = 'w'{more} }}\n\
             [[stream.sink]]\nkind = 'rtsp'\nmount = '/night'\n"
        )
    };
    let strict = Tapetum::run(&stream(""));
    strict.wait_for("failed", 1);
    let trusting = Tapetum::run(&stream(", tls-validation = 'off'"));
    Reader::start(&trusting.url("/night")).wait_for("white", is_white);
}

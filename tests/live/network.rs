//! Trouble on the wire, in a network namespace of the test's own: no root is needed, and nobody else's network is touched.

use crate::process::{Camera, Tapetum};
use crate::reader::{Reader, is_dimmed, is_white};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Set inside the namespace.
const INSIDE: &str = "TAPETUM_TEST_NAMESPACE";

/// Runs the test `name` again in a namespace of its own, with nothing but a loopback. `false`: it runs there now.
#[track_caller]
fn goes_elsewhere(name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return false;
    }
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "--"]);
        command
    };
    let is_allowed = unshare().args(["ip", "link", "set", "lo", "up"]).output();
    if !is_allowed.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: {name}: this machine allows no network namespace (unshare, ip)");
        return true;
    }
    let inside = unshare()
        .args(["sh", "-c", "ip link set lo up && exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&inside.stdout) + String::from_utf8_lossy(&inside.stderr);
    for line in said.lines().filter(|line| line.contains("SKIPPED")) {
        eprintln!("{line}");
    }
    assert!(
        inside.status.success() && said.contains("1 passed"),
        "{said}"
    );
    true
}

#[track_caller]
fn run(command: &str) -> bool {
    let words: Vec<&str> = command.split(' ').collect();
    let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
    output.status.success()
}

#[test]
fn a_pulled_cable_is_noticed_and_its_return_too() {
    if goes_elsewhere("network::a_pulled_cable_is_noticed_and_its_return_too") {
        return;
    }
    let camera = Camera::white();
    let _running = camera.start();
    let night = Tapetum::run(&camera.stream());
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("white", is_white);
    // The loopback is all there is: the reader is cut off too, without a word, and its connection must outlive that.
    assert!(run("ip link set lo down"));
    let line = night.wait_for("failed", 1);
    assert_eq!(line["fields"]["reason"], "no frame for 2000 ms");
    std::thread::sleep(Duration::from_secs(2));
    assert!(run("ip link set lo up"));
    night.wait_for("signal is back", 1);
    reader.wait_for("white again", is_white);
    reader.assert_unbroken();
}

/// A wire that delays and loses packets, gone at the end.
struct Wire(Child);

impl Wire {
    /// Lays it. `None`, with a line that says so: this machine has no TUN devices.
    #[track_caller]
    fn new(delay_ms: u32, jitter_ms: u32, loss_percent: u32) -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/wire.py");
        let mut child = Command::new("python3")
            .arg(script)
            .args([delay_ms, jitter_ms, loss_percent].map(|number| number.to_string()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut said).unwrap();
        if said.trim() != "up" {
            eprintln!(
                "SKIPPED: no TUN device can be made here: {:?}",
                child.wait()
            );
            return None;
        }
        Some(Self(child))
    }

    /// Cuts it without a word, or mends it.
    fn cut(&self, is_cut: bool) {
        let signal = if is_cut { "STOP" } else { "CONT" };
        assert!(run(&format!("kill -s {signal} {}", self.0.id())));
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A stream whose camera is at the other end of the wire.
fn over_the_wire(camera: &Camera, protocols: &str) -> String {
    let location = format!("location = '{}'", camera.url());
    let far = location.replace("127.0.0.1", "10.9.0.2");
    let settings = format!("{far}, protocols = '{protocols}', latency = 100");
    camera.stream().replace(&location, &settings)
}

#[test]
fn a_lossy_slow_network_does_not_stop_the_picture() {
    if goes_elsewhere("network::a_lossy_slow_network_does_not_stop_the_picture") {
        return;
    }
    let Some(_wire) = Wire::new(20, 10, 2) else {
        return;
    };
    let camera = Camera {
        address: "10.9.0.1",
        ..Camera::white()
    };
    let _running = camera.start();
    for protocols in ["tcp", "udp"] {
        let mut night = Tapetum::run(&over_the_wire(&camera, protocols));
        let reader = Reader::start(&night.url("/night"));
        reader.wait_for("white", is_white);
        std::thread::sleep(Duration::from_secs(5));
        reader.assert_unbroken();
        // Over UDP a lost packet costs the pictures up to the next key frame.
        let frames = reader.frames();
        let dimmed = frames.iter().filter(|frame| is_dimmed(frame)).count();
        assert!(
            dimmed < frames.len() / 2,
            "{protocols}: {dimmed} dimmed of {}",
            frames.len()
        );
        assert!(night.terminate().success(), "{}", night.log());
        let failures = (night.figure("failures"), night.figure("starts"));
        assert_eq!(failures, (0, 1), "{protocols}: {}", night.log());
    }
}

#[test]
fn a_wire_that_is_cut_without_a_word_is_noticed_and_its_mending_too() {
    if goes_elsewhere("network::a_wire_that_is_cut_without_a_word_is_noticed_and_its_mending_too") {
        return;
    }
    let Some(wire) = Wire::new(5, 0, 0) else {
        return;
    };
    let camera = Camera {
        address: "10.9.0.1",
        ..Camera::white()
    };
    let _running = camera.start();
    for protocols in ["tcp", "udp"] {
        let night = Tapetum::run(&over_the_wire(&camera, protocols));
        let reader = Reader::start(&night.url("/night"));
        reader.wait_for("white", is_white);
        wire.cut(true);
        reader.wait_for("dimmed", is_dimmed);
        night.wait_for("failed", 1);
        wire.cut(false);
        reader.wait_for("white again", is_white);
        reader.assert_unbroken();
    }
}

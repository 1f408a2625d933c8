//! Trouble on the wire, in a network namespace of the test's own: no root is needed, and nobody else's network is touched.

use crate::process::{Camera, Tapetum};
use crate::reader::{Reader, is_dimmed, is_white};
use std::process::Command;
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

#[test]
fn a_lossy_slow_network_does_not_stop_the_picture() {
    if goes_elsewhere("network::a_lossy_slow_network_does_not_stop_the_picture") {
        return;
    }
    if !run("tc qdisc add dev lo root netem delay 20ms 10ms loss 2%") {
        eprintln!("SKIPPED: this kernel has no netem");
        return;
    }
    let camera = Camera::white();
    let _running = camera.start();
    for protocols in ["tcp", "udp"] {
        let location = format!("location = '{}'", camera.url());
        let with = format!("{location}, protocols = '{protocols}'");
        let night = Tapetum::run(&camera.stream().replace(&location, &with));
        let reader = Reader::start(&night.url("/night"));
        reader.wait_for("white", is_white);
        std::thread::sleep(Duration::from_secs(3));
        reader.assert_unbroken();
        let frames = reader.frames();
        assert!(!frames.iter().rev().take(10).any(is_dimmed), "{protocols}");
        assert!(
            night.lines("failed").is_empty(),
            "{protocols}: {}",
            night.log()
        );
    }
}

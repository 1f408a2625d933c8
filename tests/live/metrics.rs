//! Figures for Prometheus, asked for as Prometheus does.

use crate::process::{Camera, PATIENCE, Tapetum};
use crate::reader::{Reader, is_dimmed, is_white};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

struct Figures(u16);

impl Figures {
    #[track_caller]
    fn of(runner: &Tapetum) -> Self {
        let line = runner.wait_for("figures at", 1);
        Self(u16::try_from(line["fields"]["port"].as_u64().unwrap()).unwrap())
    }

    fn page(&self) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.0)).unwrap();
        let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The value of a figure, named with its labels.
    fn value(&self, name: &str) -> f64 {
        let page = self.page();
        let mut lines = page.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let value = value.unwrap_or_else(|| panic!("no {name} in\n{page}"));
        value.parse().unwrap()
    }

    #[track_caller]
    fn wait_for(&self, name: &str, is_so: impl Fn(f64) -> bool) {
        let start = Instant::now();
        while !is_so(self.value(name)) {
            assert!(start.elapsed() < PATIENCE, "{name} in\n{}", self.page());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn what_becomes_of_a_camera_is_counted_and_served() {
    let camera = Camera::white();
    let mut running = camera.start();
    let night = Tapetum::run(&format!("[metrics]\nport = 0\n{}", camera.stream()));
    let figures = Figures::of(&night);
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("white", is_white);
    figures.wait_for("tapetum_signal{stream=\"night\"}", |is| is == 1.0);
    figures.wait_for("tapetum_readers{mount=\"/night\"}", |count| count == 1.0);
    let shown = "tapetum_frames_total{stream=\"night\",outcome=\"shown\"}";
    figures.wait_for(shown, |count| count > 5.0);
    figures.wait_for(
        "tapetum_inference_seconds_count{stream=\"night\"}",
        |count| count > 5.0,
    );
    running.kill();
    reader.wait_for("dimmed", is_dimmed);
    figures.wait_for("tapetum_signal{stream=\"night\"}", |is| is == 0.0);
    figures.wait_for(
        "tapetum_failures_total{stream=\"night\",part=\"source\"}",
        |count| count >= 1.0,
    );
    figures.wait_for("tapetum_placeholders_total{stream=\"night\"}", |count| {
        count >= 1.0
    });
    let _running = camera.start();
    reader.wait_for("white again", is_white);
    figures.wait_for("tapetum_signal{stream=\"night\"}", |is| is == 1.0);
    figures.wait_for("tapetum_source_starts_total{stream=\"night\"}", |count| {
        count >= 2.0
    });
}

#[test]
fn a_reload_takes_figures_away_and_leaves_the_stream_alone() {
    let stream = "[[stream]]\nname = 'test'\nrestore.strength = 0.0\nsource = { kind = 'test', width = 64, height = 48 }\n\
        [[stream.sink]]\nkind = 'gst-launch'\ndescription = 'fakesink'\n";
    let mut runner = Tapetum::run(&format!("[metrics]\nport = 0\n{stream}"));
    let figures = Figures::of(&runner);
    figures.wait_for("tapetum_frames_captured_total{stream=\"test\"}", |count| {
        count > 0.0
    });
    runner.change(stream);
    runner.signal("HUP");
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", figures.0)).is_ok() {
        assert!(start.elapsed() < PATIENCE, "still served");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(runner.terminate().success(), "{}", runner.log());
    assert_eq!((runner.figure("starts"), runner.figure("failures")), (1, 0));
}

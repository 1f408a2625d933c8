//! Four small cameras on one machine.

use crate::figures::{Bar, report};
use crate::plan::{Plan, UNIT};
use crate::process::Tapetum;
use crate::reader::Reader;

#[test]
fn four_small_cameras_keep_up() {
    let plan = Plan::begin();
    let streams: String = (1..=4)
        .map(|number| {
            format!(
                "[[stream]]\nname = 'camera{number}'\n\
                 source = {{ kind = 'test', width = 640, height = 360, framerate = 15 }}\n\
                 encode.bitrate = 1000\n[[stream.sink]]\nkind = 'rtsp'\nmount = '/camera{number}'\n"
            )
        })
        .collect();
    let mut runner = Tapetum::run_with(&format!("[server]\nport = 0\n{streams}"), &UNIT);
    let readers: Vec<Reader> = (1..=4)
        .map(|number| Reader::start(&runner.url(&format!("/camera{number}"))))
        .collect();
    for reader in &readers {
        reader.wait_for("anything", |_| true);
    }
    std::thread::sleep(plan.measure);
    readers.iter().for_each(Reader::assert_unbroken);
    assert!(runner.terminate().success(), "{}", runner.log());
    assert!(runner.lines("failed").is_empty(), "{}", runner.log());
    let (captured, shown) = (runner.figures("captured"), runner.figures("shown"));
    assert_eq!(captured.len(), 4);
    let lost = captured.iter().zip(&shown);
    let lost = lost.map(|(all, shown)| 100.0 - 100.0 * *shown as f64 / *all as f64);
    let worst = lost.fold(0.0, f64::max);
    let steps: u64 = runner.figures("steps_down").iter().sum();
    report(
        "Four cameras of 640x360 at 15 frames a second, restored and served",
        &[
            ("frames lost, worst", worst, "%", Bar::at_most(5.0)),
            (
                "steps of the ladder",
                steps as f64,
                "down",
                Bar::at_most(0.0),
            ),
        ],
    );
}

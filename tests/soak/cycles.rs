//! A stream that is started and stopped a thousand times, in a runner that goes on.

use crate::costs::Costs;
use crate::figures::{Bar, report};
use crate::plan::{Plan, UNIT};
use crate::process::Tapetum;
use crate::reader::Reader;

/// The share of the cycles in which the allocator's arenas fill.
const SETTLING: f64 = 0.6;

/// A runner's file with a stream that stays, and one that comes and goes: a camera, the network, an encoder, a mount.
fn file(has_cycled: bool) -> String {
    let stream = |name: &str| {
        format!(
            "[[stream]]\nname = '{name}'\n\
             source = {{ kind = 'test', pattern = 'white', width = 320, height = 240, framerate = 30 }}\n\
             encode.bitrate = 500\n[[stream.sink]]\nkind = 'rtsp'\nmount = '/{name}'\n"
        )
    };
    let steady = stream("steady").replace("framerate = 30", "framerate = 1");
    let cycled = if has_cycled {
        stream("cycled")
    } else {
        String::new()
    };
    format!("[server]\nport = 0\n{steady}{cycled}")
}

#[test]
fn leak_nothing() {
    let plan = Plan::begin();
    let mut runner = Tapetum::run_with(&file(false), &UNIT);
    let url = runner.url("/cycled");
    runner.wait_for("first picture", 1);
    let mut costs = Costs::new();
    for _ in 0..plan.cycles {
        runner.forget_log();
        runner.change(&file(true));
        runner.signal("HUP");
        runner.wait_for("first picture", 1);
        let reader = Reader::start(&url);
        reader.wait_for("five frames", |_| reader.frames().len() >= 5);
        drop(reader);
        runner.change(&file(false));
        runner.signal("HUP");
        runner.wait_for("stopped", 1);
        costs.look(&runner);
    }
    assert!(runner.terminate().success(), "{}", runner.log());
    let (descriptors, threads) = costs.more(SETTLING);
    println!("megabytes, all along: {}", costs.course());
    let (memory, none) = match plan.is_long {
        true => (Bar::at_most(1.0), Bar::at_most(0.0)),
        false => (
            Bar::none("a short run says nothing"),
            Bar::none("a short run says nothing"),
        ),
    };
    report(
        &format!(
            "A stream started, read and stopped {} times; the last {:.0} of them",
            plan.cycles,
            plan.cycles as f64 * (1.0 - SETTLING)
        ),
        &[
            (
                "memory",
                costs.memory_per_look(SETTLING),
                "kB a cycle",
                memory,
            ),
            ("descriptors", descriptors, "more", Bar::at_most(2.0)),
            ("threads", threads, "more", none),
        ],
    );
}

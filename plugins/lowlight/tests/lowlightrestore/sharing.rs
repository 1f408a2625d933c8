//! Elements that want the same model at the same size have one session between them.

use crate::common::Rig;
use crate::common::picture::{patterned, pixels};
use gst::prelude::*;
use lowlight_engine::PixelFormat;

/// A size that no other test has, so that nobody else joins.
const SIZE: (usize, usize) = (118, 74);

#[test]
fn elements_share_a_session_and_not_their_past() {
    let input = patterned(PixelFormat::I420, SIZE.0, SIZE.1);
    let mut rigs = [0; 3].map(|_| Rig::new("count-frames").for_frames(&input));
    for frames in 1..=3 {
        for rig in &mut rigs {
            let brighter_by = rig.through(&input).data(0)[0] - input.data(0)[0];
            assert_eq!(brighter_by, frames);
        }
    }
    let [first, second, third] = &rigs;
    assert_eq!(
        [first, second, third].map(|rig| rig.count("session-streams")),
        [3; 3]
    );
    third.element.set_state(gst::State::Null).unwrap();
    assert_eq!(third.count("session-streams"), 0);
    assert_eq!(
        [first, second].map(|rig| rig.count("session-streams")),
        [2; 2]
    );
    assert_eq!(first.count("deadline-misses"), 0);
}

#[test]
fn another_size_is_another_session() {
    let (input, other) = (
        patterned(PixelFormat::I420, SIZE.0 + 2, SIZE.1),
        patterned(PixelFormat::I420, SIZE.0 + 4, SIZE.1),
    );
    let mut first = Rig::new("count-frames").for_frames(&input);
    let mut second = Rig::new("count-frames").for_frames(&other);
    first.through(&input);
    second.through(&other);
    assert_eq!(
        (
            first.count("session-streams"),
            second.count("session-streams")
        ),
        (1, 1)
    );
    // One of them becomes the other's size: its old session goes.
    first.set_caps(&other);
    first.through(&other);
    assert_eq!(
        (
            first.count("session-streams"),
            second.count("session-streams")
        ),
        (2, 2)
    );
}

#[test]
fn streams_that_play_at_once_get_the_pictures_that_they_get_alone() {
    let input = patterned(PixelFormat::Nv12, SIZE.0 + 6, 50);
    let play = || {
        let mut rig = Rig::new("delay-planes").for_frames(&input);
        let mut last = Vec::new();
        (0..50).for_each(|_| last = pixels(&rig.through(&input)));
        assert_eq!(rig.count("frames-restored"), 50);
        last
    };
    let alone = play();
    let together = std::thread::scope(|scope| {
        let threads = [0; 4].map(|_| scope.spawn(play));
        threads.map(|thread| thread.join().unwrap())
    });
    assert!(together.iter().all(|last| *last == alone));
}

#[test]
fn waiting_is_told_apart_from_the_networks_work() {
    let input = patterned(PixelFormat::I420, 64, 48);
    let mut rig = Rig::new("identity-planes").for_frames(&input);
    (0..5).for_each(|_| drop(rig.through(&input)));
    let stats = rig.element.property::<gst::Structure>("stats");
    let figure = |name: &str| stats.get::<f64>(name).unwrap();
    assert!(figure("wait-mean-ms") > 0.0 && figure("wait-mean-ms") <= figure("wait-max-ms"));
    assert!(figure("inference-mean-ms") > 0.0);
}

//! From frames that pass, over a provider that is quickly there, to the best one. Needs OpenVINO, which `scripts/setup`
//! fetches.

use crate::common::picture::{patterned, pixels};
use crate::common::{PATIENCE, Rig, text_of};
use crate::slow::SlowModel;
use gst::prelude::*;
use lowlight_engine::PixelFormat;

const AUTO: (&str, &str) = ("execution-provider", "auto");
const OPENVINO: (&str, &str) = ("execution-provider", "openvino");

#[test]
fn frames_flow_unrestored_while_the_first_model_is_built() {
    let picture = patterned(PixelFormat::I420, 40, 24);
    let model = SlowModel::new("invert-planes");
    let mut rig = model.rig(&picture, &[OPENVINO]);
    assert_eq!(pixels(&rig.through(&picture)), pixels(&picture));
    let building = rig.wait_for("building");
    assert_eq!(building.get("target"), Ok("openvino"));
    assert_eq!(building.get("provider"), Ok(""));
    assert!(building.get::<u64>("step-ms").unwrap() >= 200);
    // And again after a second, as it goes on.
    rig.wait_for("building");
    assert_eq!(pixels(&rig.through(&picture)), pixels(&picture));
    model.release();
    rig.wait_for("self-test");
    let ready = rig.wait_for("ready");
    let reason = ready.get::<&str>("reason").unwrap();
    assert!(
        reason.starts_with("asked for; self-test passed: largest difference "),
        "{reason}"
    );
    assert_ne!(pixels(&rig.through(&picture)), pixels(&picture));
}

#[test]
fn the_better_provider_is_swapped_in_between_two_frames() {
    let picture = patterned(PixelFormat::I420, 48, 32);
    let mut rig = Rig::with("count-frames", &[AUTO]).for_frames(&picture);
    let (mut pushed, mut restored) = (0_u64, 0);
    // Two frames more, once the better one is there: it takes over with the first.
    let mut left = 2;
    while left > 0 {
        let buffer = rig.buffer(&picture);
        let (pts, duration) = (buffer.pts(), buffer.duration());
        let output = rig.harness.push_and_pull(buffer).unwrap();
        assert_eq!((output.pts(), output.duration()), (pts, duration));
        pushed += 1;
        let info = crate::common::picture::info(&picture);
        let shown = crate::common::picture::frame(&output, &info);
        // Frames pass until the first session is there. From then on each is counted, through the swap too.
        let brighter = shown.data(0)[0].wrapping_sub(picture.data(0)[0]);
        if brighter > 0 || restored > 0 {
            restored += 1;
            assert_eq!(u64::from(brighter), restored % 256, "the past is lost");
        }
        let provider = rig.element.property::<Option<String>>("active-provider");
        if provider.as_deref() == Some("openvino") {
            left -= 1;
        } else {
            assert!(pushed < 60_000 / 5, "nothing better came");
            std::thread::sleep(std::time::Duration::from_millis(5));
            // The luma that counts must not overflow: start over before it does.
            if restored == 60 {
                let event =
                    gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new());
                rig.harness.push_event(event);
                restored = 0;
            }
        }
    }
    assert_eq!(rig.count("provider-swaps"), 1);
    let passed = rig.count("passed-loading");
    assert_eq!(passed + rig.count("frames-restored"), pushed);
    let first = rig.wait_for("self-test");
    assert_eq!(
        first.get("provider"),
        Ok("cpu"),
        "the CPU restores meanwhile"
    );
    rig.wait_for("ready");
}

#[test]
fn a_provider_that_fails_the_self_test_is_never_shown() {
    let picture = patterned(PixelFormat::I420, 56, 40);
    let mut rig = Rig::with("random-luma", &[AUTO]).for_frames(&picture);
    let ready = rig.wait_for("ready");
    assert_eq!(ready.get("provider"), Ok("cpu"));
    let reason = ready.get::<&str>("reason").unwrap();
    let refused = "execution provider openvino fails the self-test with model random-luma";
    assert!(reason.contains(refused), "{reason}");
    rig.through(&picture);
    rig.through(&picture);
    assert_eq!(rig.count("provider-swaps"), 0);
    assert_eq!(rig.count("frames-restored"), 2);
}

#[test]
fn a_provider_asked_for_by_name_that_fails_the_self_test_is_an_error() {
    let picture = patterned(PixelFormat::I420, 64, 40);
    let rig = Rig::with("random-luma", &[OPENVINO]).for_frames(&picture);
    let text = text_of(&rig.bus, gst::MessageType::Error);
    assert!(
        text.starts_with("execution provider openvino fails the self-test"),
        "{text}"
    );
}

#[test]
fn whoever_waits_for_the_model_gets_one_provider_from_the_first_frame_to_the_last() {
    let picture = patterned(PixelFormat::I420, 72, 48);
    let properties = [AUTO, ("wait-for-model", "true")];
    let mut rig = Rig::with("count-frames", &properties).for_frames(&picture);
    for _ in 0..5 {
        rig.through(&picture);
    }
    assert_eq!(rig.count("provider-swaps"), 0);
    assert_eq!(rig.count("frames-restored"), 5);
    let types = [gst::MessageType::Element];
    while let Some(message) = rig.bus.timed_pop_filtered(PATIENCE, &types) {
        let structure = message.structure().unwrap();
        let provider = structure.get::<&str>("provider").unwrap();
        assert_ne!(provider, "cpu");
        if structure.get("state") == Ok("ready") {
            break;
        }
    }
    let provider = rig.element.property::<Option<String>>("active-provider");
    assert_eq!(provider.as_deref(), Some("openvino"));
}

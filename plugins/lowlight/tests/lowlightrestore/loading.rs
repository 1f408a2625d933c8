//! The model comes in on a thread of its own: what happens until it is there, and when it is not wanted any more.

use std::sync::mpsc;
use std::time::Duration;

use crate::common::Rig;
use crate::common::picture::{patterned, pixels};
use crate::slow::SlowModel;
use gst::prelude::*;
use lowlight_engine::{OwnedFrame, PixelFormat};

fn picture() -> OwnedFrame {
    patterned(PixelFormat::Nv12, 33, 47)
}

#[test]
fn frames_pass_unrestored_until_the_model_is_there() {
    let model = SlowModel::new("invert-planes");
    let mut rig = model.rig(&picture(), &[]);
    for _ in 0..5 {
        assert_eq!(pixels(&rig.through(&picture())), pixels(&picture()));
    }
    assert_eq!(rig.wait_for("loading").get("provider"), Ok(""));
    let state = |rig: &Rig| rig.element.property_value("state").serialize().unwrap();
    assert_eq!(state(&rig), "loading");
    model.release();
    let ready = rig.wait_for("ready");
    assert_eq!(ready.get("provider"), Ok("cpu"));
    assert_eq!(ready.get("reason"), Ok("asked for"));
    assert_eq!(state(&rig), "ready");
    let provider = rig.element.property::<Option<String>>("active-provider");
    assert_eq!(provider.as_deref(), Some("cpu"));
    assert_ne!(pixels(&rig.through(&picture())), pixels(&picture()));
    assert_eq!(rig.count("passed-loading"), 5);
    assert_eq!(rig.count("frames-restored"), 1);
}

#[test]
fn loading_starts_with_the_caps_not_with_the_first_frame() {
    let rig = Rig::with("identity-planes", &[]).for_frames(&picture());
    rig.wait_for("ready");
}

#[test]
fn a_waiting_stream_loses_no_frame() {
    let model = SlowModel::new("invert-planes");
    let mut rig = model.rig(&picture(), &[("wait-for-model", "true")]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            model.release();
        });
        assert_ne!(pixels(&rig.through(&picture())), pixels(&picture()));
    });
    assert_eq!(rig.count("frames-passed"), 0);
}

/// Runs `interrupt` while a frame waits for the model, and gives what became of the frame.
fn interrupted(rig: &mut Rig, interrupt: impl FnOnce(&gst::Element) + Send) -> gst::FlowError {
    let element = rig.element.clone();
    let buffer = rig.buffer(&picture());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            interrupt(&element);
        });
        rig.harness.push(buffer).unwrap_err()
    })
}

#[test]
fn a_flush_ends_the_wait_and_the_stream_goes_on() {
    let model = SlowModel::new("invert-planes");
    let mut rig = model.rig(&picture(), &[("wait-for-model", "true")]);
    let flow = interrupted(&mut rig, |element| {
        let pad = element.static_pad("sink").unwrap();
        pad.send_event(gst::event::FlushStart::new());
    });
    assert_eq!(flow, gst::FlowError::Flushing);
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    rig.harness.push_event(gst::event::FlushStop::new(true));
    rig.harness.push_event(gst::event::Segment::new(&segment));
    model.release();
    assert_ne!(pixels(&rig.through(&picture())), pixels(&picture()));
}

#[test]
fn a_state_change_ends_the_wait() {
    let model = SlowModel::new("invert-planes");
    let mut rig = model.rig(&picture(), &[("wait-for-model", "true")]);
    let flow = interrupted(&mut rig, |element| {
        std::thread::scope(|scope| {
            scope.spawn(|| element.set_state(gst::State::Null).unwrap());
            std::thread::sleep(Duration::from_millis(100));
            model.release();
        });
    });
    assert_eq!(flow, gst::FlowError::Flushing);
    let state = rig.element.property_value("state").serialize().unwrap();
    assert_eq!(state, "idle");
}

#[test]
fn a_stop_does_not_wait_for_a_build_that_goes_on_for_ever() {
    let model = SlowModel::new("identity-planes");
    let mut rig = model.rig(&picture(), &[]);
    rig.through(&picture());
    // Comes back, although nothing was released.
    rig.element.set_state(gst::State::Null).unwrap();
    let state = rig.element.property_value("state").serialize().unwrap();
    assert_eq!(state, "idle");
}

#[test]
fn an_outdated_load_is_not_listened_to() {
    let model = SlowModel::new("count-frames");
    let mut rig = model.rig(&picture(), &[]);
    rig.through(&picture());
    let larger = patterned(PixelFormat::I420, 64, 48);
    rig.set_caps(&larger);
    rig.through(&larger);
    model.release();
    for state in ["loading", "loading", "ready"] {
        let types = [gst::MessageType::Element];
        let message = rig.bus.timed_pop_filtered(crate::common::PATIENCE, &types);
        let message = message.unwrap();
        let structure = message.structure().unwrap();
        assert_eq!(structure.get("state"), Ok(state));
    }
    assert_eq!(rig.through(&larger).data(0)[0], larger.data(0)[0] + 1);
}

#[test]
fn strength_rising_from_zero_loads_the_model() {
    let properties = [("strength", "0"), ("wait-for-model", "true")];
    let mut rig = Rig::with("invert-planes", &properties).for_frames(&picture());
    assert_eq!(pixels(&rig.through(&picture())), pixels(&picture()));
    let state = rig.element.property_value("state").serialize().unwrap();
    assert_eq!(state, "idle");
    rig.element.set_property("strength", 1.0);
    assert_ne!(pixels(&rig.through(&picture())), pixels(&picture()));
    rig.wait_for("ready");
}

#[test]
fn properties_tell_of_changes() {
    let (sender, receiver) = mpsc::channel();
    let mut rig = Rig::with("identity-planes", &[]);
    for name in ["state", "active-provider"] {
        let sender = sender.clone();
        rig.element
            .connect_notify(Some(name), move |element, spec| {
                let value = element.property_value(spec.name());
                let value = value.serialize().unwrap_or_default();
                sender.send(format!("{}={value}", spec.name())).unwrap();
            });
    }
    rig.set_caps(&picture());
    rig.wait_for("ready");
    let told: Vec<String> = receiver.try_iter().collect();
    for line in ["state=loading", "state=ready", "active-provider=cpu"] {
        assert!(told.iter().any(|told| told == line), "{told:?}");
    }
}

#[test]
fn end_of_stream_while_loading_is_passed_on() {
    let model = SlowModel::new("identity-planes");
    let mut rig = model.rig(&picture(), &[]);
    rig.through(&picture());
    assert!(rig.harness.push_event(gst::event::Eos::new()));
    let is_eos = std::iter::from_fn(|| rig.harness.try_pull_event())
        .any(|event| event.type_() == gst::EventType::Eos);
    assert!(is_eos);
}

#[test]
fn figures_stay_readable_after_the_end() {
    let mut rig = Rig::new("identity-planes").for_frames(&picture());
    rig.through(&picture());
    rig.element.set_state(gst::State::Null).unwrap();
    assert_eq!(rig.count("frames-restored"), 1);
    let stats = rig.element.property::<gst::Structure>("stats");
    assert!(stats.get::<f64>("inference-mean-ms").unwrap() > 0.0);
    assert_eq!(stats.get("model"), Ok("identity-planes"));
}

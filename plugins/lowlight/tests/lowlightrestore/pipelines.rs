//! The element among others.

use crate::common::{PATIENCE, element, init};
use gst::prelude::*;

/// Plays `pipeline` to its end of stream or first error; gives that message.
pub(crate) fn run(pipeline: &gst::Pipeline) -> gst::Message {
    let bus = pipeline.bus().unwrap();
    // A start that fails says why on the bus.
    let _ = pipeline.set_state(gst::State::Playing);
    let types = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus.timed_pop_filtered(PATIENCE, &types).unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    message
}

/// `source ! restorer ! sink`.
fn pipeline(source: &str, restorer: &gst::Element, sink: &str) -> gst::Pipeline {
    init();
    let pipeline = gst::Pipeline::new();
    let part = |description| gst::parse::bin_from_description(description, true).unwrap();
    let (source, sink) = (part(source), part(sink));
    pipeline
        .add_many([source.upcast_ref(), restorer, sink.upcast_ref()])
        .unwrap();
    gst::Element::link_many([source.upcast_ref(), restorer, sink.upcast_ref()]).unwrap();
    pipeline
}

#[test]
fn short_pipelines_end_cleanly_whether_the_model_came_in_time_or_not() {
    for round in 0..20 {
        let (restorer, _bus) = element("identity-planes", &[]);
        let source = "videotestsrc num-buffers=2 ! capsfilter caps=video/x-raw,width=64,height=48";
        let message = run(&pipeline(source, &restorer, "fakesink"));
        assert_eq!(
            message.type_(),
            gst::MessageType::Eos,
            "round {round}: {message:?}"
        );
    }
}

#[test]
fn pausing_and_seeking_keep_the_stream_going() {
    let (restorer, _bus) = element("count-frames", &[("wait-for-model", "true")]);
    let source =
        "videotestsrc num-buffers=50 ! capsfilter caps=video/x-raw,format=I420,width=64,height=48";
    let pipeline = pipeline(source, &restorer, "fakesink");
    pipeline.set_state(gst::State::Paused).unwrap();
    pipeline.state(PATIENCE).0.unwrap();
    for position in [400, 0, 800] {
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
        pipeline
            .seek_simple(flags, gst::ClockTime::from_mseconds(position))
            .unwrap();
        pipeline.state(PATIENCE).0.unwrap();
    }
    assert_eq!(run(&pipeline).type_(), gst::MessageType::Eos);
    let stats = restorer.property::<gst::Structure>("stats");
    assert!(stats.get::<u64>("frames-restored").unwrap() >= 20);
}

#[test]
fn a_tee_feeds_two_restorers_with_the_same_buffers() {
    let (first, _bus) = element("identity-planes", &[("wait-for-model", "true")]);
    let (second, _other_bus) = element("invert-planes", &[("wait-for-model", "true")]);
    let pipeline = gst::Pipeline::new();
    let source = gst::parse::bin_from_description(
        "videotestsrc num-buffers=5 ! capsfilter caps=video/x-raw,format=NV12,width=64,height=48",
        true,
    )
    .unwrap();
    let make = |name| gst::ElementFactory::make(name).build().unwrap();
    let tee = make("tee");
    pipeline.add_many([source.upcast_ref(), &tee]).unwrap();
    source.link(&tee).unwrap();
    for restorer in [&first, &second] {
        let (queue, sink) = (make("queue"), make("fakesink"));
        pipeline.add_many([&queue, restorer, &sink]).unwrap();
        gst::Element::link_many([&tee, &queue, restorer, &sink]).unwrap();
    }
    assert_eq!(run(&pipeline).type_(), gst::MessageType::Eos);
    for restorer in [&first, &second] {
        let stats = restorer.property::<gst::Structure>("stats");
        assert_eq!(stats.get::<u64>("frames-restored"), Ok(5));
    }
}

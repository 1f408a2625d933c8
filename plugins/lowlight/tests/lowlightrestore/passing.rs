//! What passes untouched: pictures at strength 0, timestamps, flags and metas always.

use crate::common::picture::{self, padded_buffer, patterned, pixels};
use crate::common::{Rig, fixture};
use gst::prelude::*;
use lowlight_engine::PixelFormat;

#[test]
fn strength_zero_passes_the_very_buffer_and_needs_no_model() {
    for (name, value) in [("strength", "0"), ("view", "original")] {
        for format in PixelFormat::ALL {
            let input = patterned(format, 33, 47);
            let properties = [(name, value), ("model-file", "/nowhere/model.onnx")];
            let mut rig = Rig::with("identity-planes", &properties).for_frames(&input);
            let buffer = rig.buffer(&input);
            let pointer = buffer.as_ptr();
            let output = rig.harness.push_and_pull(buffer).unwrap();
            assert_eq!(output.as_ptr(), pointer, "{format:?}");
            assert_eq!(rig.count("passed-off"), 1);
            assert!(
                rig.bus
                    .pop()
                    .is_none_or(|m| m.type_() != gst::MessageType::Element)
            );
        }
    }
}

#[test]
fn strength_can_change_while_playing() {
    let input = patterned(PixelFormat::I420, 64, 48);
    let mut rig = Rig::new("invert-planes").for_frames(&input);
    let first = input.data(0)[0];
    let mut luma_at = |strength: f64| {
        rig.element.set_property("strength", strength);
        rig.through(&input).data(0)[0]
    };
    let restored = 255 - first;
    let half = (f64::from(first) + (f64::from(restored) - f64::from(first)) * 0.5).round() as u8;
    assert_eq!(luma_at(1.0), restored);
    assert_eq!(luma_at(0.0), first);
    assert!(luma_at(0.5).abs_diff(half) <= 1);
    assert_eq!(luma_at(0.0), first);
    assert_eq!(luma_at(1.0), restored);
    assert_eq!(rig.count("passed-off"), 2);
}

/// The harness's pad knows no video meta, as some sinks: then a buffer with strides of its own must be repacked.
#[test]
fn strength_falling_to_zero_keeps_pictures_whole_for_a_downstream_without_video_meta() {
    let input = patterned(PixelFormat::Nv12, 33, 47);
    let mut rig = Rig::new("identity-planes").for_frames(&input);
    rig.through(&input);
    rig.element.set_property("strength", 0.0);
    let mut buffer = padded_buffer(&input, 13);
    rig.stamp(buffer.get_mut().unwrap());
    let output = rig.harness.push_and_pull(buffer).unwrap();
    let info = picture::info(&input);
    let meta = output.meta::<gst_video::VideoMeta>().unwrap();
    assert_eq!(
        (meta.stride(), meta.offset()),
        (info.stride(), info.offset())
    );
    let output = picture::frame(&output, &info);
    assert_eq!(pixels(&output), pixels(&input));
}

#[test]
fn strength_falling_to_zero_passes_the_very_buffer_to_a_downstream_with_video_meta() {
    let input = patterned(PixelFormat::Nv12, 33, 47);
    let mut rig = Rig::new("identity-planes");
    rig.harness
        .add_propose_allocation_meta(gst_video::VideoMeta::meta_api(), None);
    let mut rig = rig.for_frames(&input);
    rig.through(&input);
    rig.element.set_property("strength", 0.0);
    let buffer = rig.buffer(&input);
    let pointer = buffer.as_ptr();
    assert_eq!(rig.harness.push_and_pull(buffer).unwrap().as_ptr(), pointer);
}

#[test]
fn strength_follows_a_control_source() {
    use gst_controller::prelude::*;
    let input = patterned(PixelFormat::I420, 64, 48);
    let mut rig = Rig::new("invert-planes").for_frames(&input);
    let source = gst_controller::InterpolationControlSource::new();
    source.set_mode(gst_controller::InterpolationMode::None);
    source.set(gst::ClockTime::ZERO, 0.0);
    source.set(gst::ClockTime::from_mseconds(80), 1.0);
    let binding = gst_controller::DirectControlBinding::new(&rig.element, "strength", &source);
    rig.element.add_control_binding(&binding).unwrap();
    let lumas = [0; 4].map(|_| rig.through(&input).data(0)[0]);
    let (passed, restored) = (input.data(0)[0], 255 - input.data(0)[0]);
    assert_eq!(lumas, [passed, passed, restored, restored]);
}

#[test]
fn timestamps_offsets_and_flags_are_the_inputs() {
    let input = patterned(PixelFormat::I420, 33, 47);
    let flags = [
        gst::BufferFlags::MARKER,
        gst::BufferFlags::DISCONT | gst::BufferFlags::RESYNC,
        gst::BufferFlags::CORRUPTED | gst::BufferFlags::DROPPABLE,
        gst::BufferFlags::GAP,
        gst::BufferFlags::HEADER | gst::BufferFlags::DELTA_UNIT,
        gst::BufferFlags::from_bits_retain(gst_video::VideoBufferFlags::INTERLACED.bits()),
    ];
    for strength in ["1", "0"] {
        let properties = [("wait-for-model", "true"), ("strength", strength)];
        let mut rig = Rig::with("identity-planes", &properties).for_frames(&input);
        // The harness marks the first buffer DISCONT, and with it the base class its output.
        rig.through(&input);
        for flags in flags {
            let mut buffer = rig.buffer(&input);
            let fields = buffer.get_mut().unwrap();
            fields.set_pts(gst::ClockTime::from_nseconds(123_456_789));
            fields.set_dts(gst::ClockTime::from_nseconds(123_400_000));
            fields.set_duration(gst::ClockTime::from_nseconds(16_683_333));
            fields.set_offset(7);
            fields.set_offset_end(8);
            fields.set_flags(flags);
            let wanted = describe(&buffer);
            let output = rig.harness.push_and_pull(buffer).unwrap();
            assert_eq!(describe(&output), wanted, "strength {strength}");
        }
    }
}

fn describe(buffer: &gst::BufferRef) -> impl PartialEq + std::fmt::Debug + use<> {
    let unimportant = gst::BufferFlags::TAG_MEMORY;
    (
        (buffer.pts(), buffer.dts(), buffer.duration()),
        (buffer.offset(), buffer.offset_end()),
        buffer.flags() - unimportant,
    )
}

#[test]
fn missing_timestamps_stay_missing() {
    let input = patterned(PixelFormat::I420, 33, 47);
    let mut rig = Rig::new("identity-planes").for_frames(&input);
    let output = rig.harness.push_and_pull(picture::buffer(&input)).unwrap();
    assert_eq!(
        (output.pts(), output.dts(), output.duration()),
        (None, None, None)
    );
}

#[test]
fn metas_are_copied() {
    let input = patterned(PixelFormat::I420, 64, 48);
    let mut rig = Rig::new("identity-planes").for_frames(&input);
    let mut buffer = rig.buffer(&input);
    let fields = buffer.get_mut().unwrap();
    let reference = gst::Caps::new_empty_simple("timestamp/x-ntp");
    let time = gst::ClockTime::from_seconds(5);
    gst::ReferenceTimestampMeta::add(fields, &reference, time, gst::ClockTime::NONE);
    gst_video::VideoCropMeta::add(fields, (2, 4, 32, 16));
    gst_video::VideoRegionOfInterestMeta::add(fields, "face", (1, 2, 3, 4));
    gst::meta::CustomMeta::register("TapetumTestMeta", &[]);
    let mut custom = gst::meta::CustomMeta::add(fields, "TapetumTestMeta").unwrap();
    custom.mut_structure().set("answer", 42);

    let output = rig.harness.push_and_pull(buffer).unwrap();
    let meta = output.meta::<gst::ReferenceTimestampMeta>().unwrap();
    assert_eq!(
        (meta.reference(), meta.timestamp()),
        (reference.as_ref(), time)
    );
    let crop = output.meta::<gst_video::VideoCropMeta>().unwrap();
    assert_eq!(crop.rect(), (2, 4, 32, 16));
    let region = output
        .meta::<gst_video::VideoRegionOfInterestMeta>()
        .unwrap();
    assert_eq!(region.rect(), (1, 2, 3, 4));
    let custom = gst::meta::CustomMeta::from_buffer(&output, "TapetumTestMeta").unwrap();
    assert_eq!(custom.structure().get("answer"), Ok(42));
}

#[test]
fn input_is_not_held_back_by_the_output() {
    let input = patterned(PixelFormat::I420, 64, 48);
    let mut rig = Rig::new("identity-planes").for_frames(&input);
    let parent = gst::Buffer::with_size(1).unwrap();
    let mut buffer = rig.buffer(&input);
    gst::ParentBufferMeta::add(buffer.get_mut().unwrap(), &parent);
    let output = rig.harness.push_and_pull(buffer).unwrap();
    assert!(output.meta::<gst::ParentBufferMeta>().is_none());
}

#[test]
fn latency_is_upstreams_own() {
    let input = patterned(PixelFormat::I420, 64, 48);
    let mut rig = Rig::new("identity-planes");
    let upstream = gst::ClockTime::from_mseconds(35);
    rig.harness.set_upstream_latency(upstream);
    let mut rig = rig.for_frames(&input);
    rig.through(&input);
    assert_eq!(rig.harness.query_latency(), Some(upstream));
}

#[test]
fn late_frames_are_dropped_before_the_network_sees_them() {
    let input = patterned(PixelFormat::I420, 64, 48);
    let mut rig = Rig::new("count-frames").for_frames(&input);
    rig.through(&input);
    // As a sink says that the frame of 40 ms was 200 ms late.
    let late = gst::event::Qos::builder(gst::QOSType::Underflow, 2.0, 200_000_000)
        .timestamp(gst::ClockTime::from_mseconds(40));
    assert!(rig.harness.push_upstream_event(late.build()));
    for _ in 1..=5 {
        let buffer = rig.buffer(&input);
        rig.harness.push(buffer).unwrap();
        assert!(rig.harness.try_pull().is_none());
    }
    let in_time = (0..10).find_map(|_| {
        let buffer = rig.buffer(&input);
        rig.harness.push(buffer).unwrap();
        rig.harness.try_pull()
    });
    // The second frame that the model has seen.
    let output = picture::frame(&in_time.unwrap(), &picture::info(&input));
    assert_eq!(output.data(0)[0], input.data(0)[0] + 2);
    assert_eq!(rig.count("frames-restored"), 2);
}

#[test]
fn elements_of_one_process_do_not_know_of_each_other() {
    let input = patterned(PixelFormat::Nv12, 64, 48);
    let other = patterned(PixelFormat::I420, 33, 47);
    let mut first = Rig::new("count-frames").for_frames(&input);
    let mut second = Rig::new("invert-planes").for_frames(&other);
    for frames in 1..=3 {
        assert_eq!(first.through(&input).data(0)[0], input.data(0)[0] + frames);
        assert_eq!(second.through(&other).data(0)[0], 255 - other.data(0)[0]);
    }
    assert!(fixture("count-frames").is_file());
}

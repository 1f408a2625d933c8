//! Timestamps, flags, metas, frame rate, latency and the window of an exposure.

use super::common::*;
use gst::prelude::*;
use gst_video::{VideoFormat, VideoInfo};

#[test]
fn a_buffer_that_others_hold_is_not_written() {
    let info = info(VideoFormat::I420, 16, 16);
    for frames in [1_u32, 2] {
        let mut h = harness(
            &camera(&[("exposure", &0.5), ("accumulate", &frames)]),
            &info,
        );
        let held: Vec<_> = (0..u64::from(frames))
            .map(|n| grey(&info, n, 200))
            .collect();
        for buffer in &held {
            h.push(buffer.clone()).unwrap();
        }
        assert_ne!(pixels(&h.pull().unwrap(), &info)[0], 200);
        assert_eq!(pixels(&held[0], &info)[0], 200, "accumulate={frames}");
    }
}

#[test]
fn one_frame_in_one_out_keeps_timestamps_flags_and_metas() {
    let info = info(VideoFormat::I420, 16, 16);
    let mut h = harness(&camera(&[("exposure", &0.5)]), &info);
    let mut input = grey(&info, 7, 100);
    let target = input.get_mut().unwrap();
    target.set_dts(FRAME * 6);
    target.set_offset(42);
    target.set_flags(gst::BufferFlags::MARKER);
    let reference = gst::Caps::builder("timestamp/x-ntp").build();
    gst::ReferenceTimestampMeta::add(target, &reference, FRAME, gst::ClockTime::NONE);
    let out = h.push_and_pull(input).unwrap();
    assert_eq!(out.pts(), Some(FRAME * 7));
    assert_eq!(out.dts(), Some(FRAME * 6));
    assert_eq!(out.duration(), Some(FRAME));
    assert_eq!(out.offset(), 42);
    assert!(out.flags().contains(gst::BufferFlags::MARKER));
    assert!(out.meta::<gst::ReferenceTimestampMeta>().is_some());
}

#[test]
fn accumulate_halves_the_rate_and_sums_the_time() {
    let info = info(VideoFormat::I420, 16, 16);
    let mut h = harness(&camera(&[("accumulate", &2_u32)]), &info);
    let reference = gst::Caps::builder("timestamp/x-test").build();
    for n in 0..6 {
        let mut input = grey(&info, n, 100);
        let target = input.get_mut().unwrap();
        gst::ReferenceTimestampMeta::add(target, &reference, FRAME * n, gst::ClockTime::NONE);
        h.push(input).unwrap();
    }
    assert_eq!(h.buffers_received(), 3);
    for n in 0..3 {
        let out = h.pull().unwrap();
        assert_eq!(out.pts(), Some(FRAME * (2 * n)));
        assert_eq!(out.duration(), Some(FRAME * 2));
        let discont = out.flags().contains(gst::BufferFlags::DISCONT);
        assert!(!discont, "output {n} would reset the restorer");
        let meta = out.meta::<gst::ReferenceTimestampMeta>().unwrap();
        assert_eq!(
            meta.timestamp(),
            FRAME * (2 * n),
            "metas are the first frame's"
        );
    }
    let caps = h.sinkpad().unwrap().current_caps().unwrap();
    assert_eq!(
        VideoInfo::from_caps(&caps).unwrap().fps(),
        gst::Fraction::new(15, 1)
    );
}

#[test]
fn shutter_shortens_the_exposure_but_not_the_frame() {
    let info = info(VideoFormat::Gray8, 16, 1);
    let mut h = harness(
        &camera(&[("accumulate", &4_u32), ("shutter", &0.25)]),
        &info,
    );
    for n in 0..4 {
        h.push(grey(&info, n, if n == 0 { 150 } else { 10 }))
            .unwrap();
    }
    let out = h.pull().unwrap();
    assert_eq!(pixels(&out, &info)[0], 150);
    assert_eq!(out.duration(), Some(FRAME * 4));
}

#[test]
fn discontinuity_flush_and_segment_start_a_new_exposure() {
    let info = info(VideoFormat::Gray8, 16, 1);
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    for case in ["discont", "flush", "segment"] {
        let mut h = harness(&camera(&[("accumulate", &2_u32)]), &info);
        h.push(grey(&info, 0, 250)).unwrap();
        match case {
            "flush" => {
                h.push_event(gst::event::FlushStart::new());
                h.push_event(gst::event::FlushStop::new(true));
                h.push_event(gst::event::Segment::new(&segment));
            }
            "segment" => assert!(h.push_event(gst::event::Segment::new(&segment))),
            _ => (),
        }
        for n in 10..12 {
            let mut input = grey(&info, n, 50);
            if case == "discont" && n == 10 {
                input
                    .get_mut()
                    .unwrap()
                    .set_flags(gst::BufferFlags::DISCONT);
            }
            h.push(input).unwrap();
        }
        assert_eq!(h.buffers_received(), 1, "{case}");
        let out = h.pull().unwrap();
        assert_eq!(pixels(&out, &info)[0], 50, "old light after {case}");
        assert_eq!(out.pts(), Some(FRAME * 10), "{case}");
        let discont = out.flags().contains(gst::BufferFlags::DISCONT);
        assert_eq!(discont, case == "discont", "{case}");
    }
}

#[test]
fn accumulate_adds_its_wait_to_the_latency() {
    let info = info(VideoFormat::I420, 16, 16);
    let upstream = gst::ClockTime::from_mseconds(5);
    for (frames, extra) in [(1_u32, 0), (4, 3)] {
        let mut h = harness(&camera(&[("accumulate", &frames)]), &info);
        h.set_upstream_latency(upstream);
        for n in 0..u64::from(frames) {
            h.push(grey(&info, n, 100)).unwrap();
        }
        let latency = h.query_latency().unwrap();
        let error = latency.absdiff(upstream + FRAME * extra);
        assert!(
            error < gst::ClockTime::from_useconds(1),
            "{latency} for {frames}"
        );
    }
}

#[test]
fn accumulate_can_change_while_playing() {
    let info = info(VideoFormat::Gray8, 16, 1);
    let camera = camera(&[("accumulate", &1_u32), ("exposure", &0.5)]);
    let mut h = harness(&camera, &info);
    h.push(grey(&info, 0, 100)).unwrap();
    camera.set_property("accumulate", 2_u32);
    h.push(grey(&info, 1, 100)).unwrap();
    h.push(grey(&info, 2, 100)).unwrap();
    assert_eq!(h.buffers_received(), 2);
    let caps = h.sinkpad().unwrap().current_caps().unwrap();
    assert_eq!(
        VideoInfo::from_caps(&caps).unwrap().fps(),
        gst::Fraction::new(15, 1)
    );
}

#[test]
fn eos_drops_the_unfinished_exposure() {
    let info = info(VideoFormat::Gray8, 16, 1);
    let mut h = harness(&camera(&[("accumulate", &4_u32)]), &info);
    for n in 0..6 {
        h.push(grey(&info, n, 100)).unwrap();
    }
    assert!(h.push_event(gst::event::Eos::new()));
    assert_eq!(h.buffers_received(), 1);
}

#[test]
fn frames_without_rate_or_duration_accumulate_too() {
    let info = VideoInfo::builder(VideoFormat::Gray8, 16, 1)
        .fps(gst::Fraction::new(0, 1))
        .build()
        .unwrap();
    let mut h = harness(&camera(&[("accumulate", &2_u32)]), &info);
    for n in 0..2 {
        let mut input = grey(&info, n, 100);
        input.get_mut().unwrap().set_duration(gst::ClockTime::NONE);
        h.push(input).unwrap();
    }
    assert_eq!(h.pull().unwrap().duration(), None);
    assert_eq!(h.query_latency(), Some(gst::ClockTime::ZERO));
}

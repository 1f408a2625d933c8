//! `lowlightdegrade` as a GStreamer element: negotiation, timing, metas, formats, and that the picture
//! it makes is the camera model's (`docs/reference/camera-model.md`).

// Clippy spares only the test functions themselves; their helpers fail a test the same way.
#![allow(clippy::unwrap_used)]

use gst::prelude::*;
use gst_base::prelude::*;
use gst_check::Harness;
use gst_video::prelude::*;
use gst_video::{VideoFormat, VideoFrameRef, VideoInfo};
use gstlowlight::lowlightdegrade::Severity;

const FORMATS: [VideoFormat; 11] = [
    VideoFormat::I420,
    VideoFormat::Nv12,
    VideoFormat::Yv12,
    VideoFormat::Nv21,
    VideoFormat::Gray8,
    VideoFormat::Rgb,
    VideoFormat::Bgr,
    VideoFormat::Rgbx,
    VideoFormat::Bgrx,
    VideoFormat::Rgba,
    VideoFormat::Bgra,
];
const FRAME: gst::ClockTime = gst::ClockTime::from_nseconds(33_333_333);

fn init() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        gst::init().unwrap();
        gstlowlight::plugin_register_static().unwrap();
    });
}

/// A camera without noise: only the named properties differ from a perfect one.
fn camera(properties: &[(&str, &dyn ToValue)]) -> gst::Element {
    init();
    let camera = gst::ElementFactory::make("lowlightdegrade")
        .property("exposure", 1.0)
        .property("shot-noise", 0.0)
        .property("read-noise", 0.0)
        .property("row-noise", 0.0)
        .build()
        .unwrap();
    for (name, value) in properties {
        camera.set_property_from_value(name, &value.to_value());
    }
    camera
}

fn harness(camera: &gst::Element, info: &VideoInfo) -> Harness {
    let mut harness = Harness::with_element(camera, Some("sink"), Some("src"));
    harness.set_src_caps(info.to_caps().unwrap());
    harness
}

fn info(format: VideoFormat, width: u32, height: u32) -> VideoInfo {
    init();
    VideoInfo::builder(format, width, height)
        .fps(gst::Fraction::new(30, 1))
        .build()
        .unwrap()
}

/// A buffer whose samples come from `sample(plane, x, y)` with x in bytes.
fn buffer(info: &VideoInfo, n: u64, sample: impl Fn(usize, usize, usize) -> u8) -> gst::Buffer {
    let mut buffer = gst::Buffer::with_size(info.size()).unwrap();
    let target = buffer.get_mut().unwrap();
    target.set_pts(FRAME * n);
    target.set_duration(FRAME);
    let mut frame = VideoFrameRef::from_buffer_ref_writable(target, info).unwrap();
    for plane in 0..info.n_planes() {
        let stride = frame.plane_stride()[plane as usize] as usize;
        let data = frame.plane_data_mut(plane).unwrap();
        for (i, byte) in data.iter_mut().enumerate() {
            *byte = sample(plane as usize, i % stride, i / stride);
        }
    }
    drop(frame);
    buffer
}

fn grey(info: &VideoInfo, n: u64, code: u8) -> gst::Buffer {
    let chroma = |plane: usize| info.is_yuv() && plane > 0;
    buffer(
        info,
        n,
        |plane, _, _| if chroma(plane) { 128 } else { code },
    )
}

/// The bytes of the picture's rows, plane after plane, without padding.
fn pixels(buffer: &gst::BufferRef, info: &VideoInfo) -> Vec<u8> {
    let frame = VideoFrameRef::from_buffer_ref_readable(buffer, info).unwrap();
    let mut bytes = Vec::new();
    for plane in 0..info.n_planes() {
        let mut components = 0..info.n_components() as u8;
        let component = components.find(|&c| info.comp_plane(c) == plane).unwrap();
        let row = info.comp_width(component) as usize * info.comp_pstride(component) as usize;
        let stride = frame.plane_stride()[plane as usize] as usize;
        let data = frame.plane_data(plane).unwrap();
        for y in 0..info.comp_height(component) as usize {
            bytes.extend(&data[y * stride..][..row]);
        }
    }
    bytes
}

fn to_linear(coded: f64) -> f64 {
    if coded <= 0.04045 {
        coded / 12.92
    } else {
        ((coded + 0.055) / 1.055).powf(2.4)
    }
}

fn linear_light(buffer: &gst::BufferRef, info: &VideoInfo) -> Vec<f64> {
    let codes = pixels(buffer, info);
    codes
        .into_iter()
        .map(|code| to_linear(f64::from(code) / 255.0))
        .collect()
}

fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (
        mean,
        values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n,
    )
}

#[test]
fn exposure_scales_a_grey_card_in_linear_light() {
    let info = info(VideoFormat::Gray8, 64, 48);
    for exposure in [0.5, 0.25, 0.1] {
        let mut h = harness(&camera(&[("exposure", &exposure)]), &info);
        let out = h.push_and_pull(grey(&info, 0, 188)).unwrap();
        let factor = linear_light(&out, &info)[0] / to_linear(188.0 / 255.0);
        assert!(
            (factor / exposure - 1.0).abs() < 0.02,
            "{factor} for exposure {exposure}"
        );
    }
}

#[test]
fn every_format_shows_the_same_grey_in_its_own_range() {
    for format in FORMATS {
        let info = info(format, 16, 16);
        let code = if info.is_yuv() { 126 } else { 128 }; // value 0.502 in both ranges
        let mut h = harness(&camera(&[("exposure", &0.2)]), &info);
        let out = h.push_and_pull(grey(&info, 0, code)).unwrap();
        let luma = f64::from(pixels(&out, &info)[0]);
        let value = if info.is_yuv() {
            (luma - 16.0) / 219.0
        } else {
            luma / 255.0
        };
        let factor = to_linear(value) / to_linear(0.502);
        assert!((factor / 0.2 - 1.0).abs() < 0.03, "{factor} in {format:?}");
    }
}

#[test]
fn noise_variance_matches_the_model_on_flat_fields() {
    let info = info(VideoFormat::Gray8, 320, 240);
    let (exposure, shot, read, gain) = (0.3, 1.0 / 2000.0, 0.003, 2.0);
    for code in [118_u8, 188, 230] {
        let mut h = harness(
            &camera(&[
                ("exposure", &exposure),
                ("shot-noise", &shot),
                ("read-noise", &read),
                ("gain", &gain),
            ]),
            &info,
        );
        let out = h.push_and_pull(grey(&info, 0, code)).unwrap();
        let (mean, variance) = mean_and_variance(&linear_light(&out, &info));
        let signal = exposure * to_linear(f64::from(code) / 255.0);
        let expected = gain * gain * (shot * signal + read * read);
        assert!(
            (mean / (gain * signal) - 1.0).abs() < 0.02,
            "mean {mean} for code {code}"
        );
        // 8 bits add a little of their own.
        assert!(
            (variance / expected - 1.0).abs() < 0.08,
            "{variance}, expected {expected}"
        );
    }
}

#[test]
fn colour_keeps_its_hue_in_the_dark() {
    let info = info(VideoFormat::Rgb, 8, 8);
    let rgb = [220, 120, 60];
    let mut h = harness(&camera(&[("exposure", &0.25)]), &info);
    let out = h
        .push_and_pull(buffer(&info, 0, |_, x, _| rgb[x % 3]))
        .unwrap();
    let out = linear_light(&out, &info);
    for c in 0..3 {
        let factor = out[c] / to_linear(f64::from(rgb[c]) / 255.0);
        assert!(
            (factor / 0.25 - 1.0).abs() < 0.04,
            "channel {c} by {factor}"
        );
    }
}

#[test]
fn yuv_darkens_each_colour_by_the_same_factor() {
    // Limited-range BT.601 (GStreamer's default at this size) of R 200, G 100, B 50.
    let yuv = [117_u8, 95, 180];
    let info = info(VideoFormat::I420, 8, 8);
    let mut h = harness(&camera(&[("exposure", &0.25)]), &info);
    let out = h
        .push_and_pull(buffer(&info, 0, |plane, _, _| yuv[plane]))
        .unwrap();
    let out = pixels(&out, &info);
    let rgb = |[y, cb, cr]: [u8; 3]| {
        let luma = (f64::from(y) - 16.0) / 219.0;
        let red = luma + 1.402 * (f64::from(cr) - 128.0) / 224.0;
        let blue = luma + 1.772 * (f64::from(cb) - 128.0) / 224.0;
        [red, (luma - 0.299 * red - 0.114 * blue) / 0.587, blue]
    };
    let (before, after) = (rgb(yuv), rgb([out[0], out[64], out[80]]));
    for c in 0..3 {
        let factor = to_linear(after[c]) / to_linear(before[c]);
        // Chroma steps are coarse in the dark.
        assert!((factor / 0.25 - 1.0).abs() < 0.1, "channel {c} by {factor}");
    }
}

#[test]
fn same_seed_same_pixels_in_every_format_and_odd_size() {
    for format in FORMATS {
        for (width, height) in [(1, 1), (2, 2), (17, 9), (33, 35)] {
            let info = info(format, width, height);
            let run = |seed: u64| {
                let noisy = camera(&[("seed", &seed), ("exposure", &0.5), ("read-noise", &0.05)]);
                let mut h = harness(&noisy, &info);
                let frame = |n| buffer(&info, n, |_, x, y| (90 + (x + 2 * y) % 60) as u8);
                [0, 1].map(|n| pixels(&h.push_and_pull(frame(n)).unwrap(), &info))
            };
            assert_eq!(run(1), run(1), "{format:?} {width}x{height}");
            if width > 2 {
                assert_ne!(run(1), run(2), "{format:?}: the seed does nothing");
                assert_ne!(run(1)[0], run(1)[1], "{format:?}: noise stands still");
            }
        }
    }
}

#[test]
fn strides_from_video_meta_are_honoured_and_alpha_is_kept() {
    let info = info(VideoFormat::Bgra, 5, 3);
    let stride = 48;
    let mut padded = gst::Buffer::from_mut_slice(vec![200_u8; stride * 3]);
    gst_video::VideoMeta::add_full(
        padded.get_mut().unwrap(),
        gst_video::VideoFrameFlags::empty(),
        VideoFormat::Bgra,
        5,
        3,
        &[0],
        &[stride as i32],
    )
    .unwrap();
    let run = |buffer| {
        let camera = camera(&[("read-noise", &0.1), ("exposure", &0.5)]);
        harness(&camera, &info).push_and_pull(buffer).unwrap()
    };
    let (tight, padded) = (run(grey(&info, 0, 200)), run(padded));
    assert_eq!(pixels(&tight, &info), pixels(&padded, &info));
    let map = padded.map_readable().unwrap();
    assert!(
        map[20..48].iter().all(|&byte| byte == 200),
        "padding was written"
    );
    assert!(
        map[3..20].iter().step_by(4).all(|&alpha| alpha == 200),
        "alpha was written"
    );
    assert!(map[..20].iter().step_by(4).any(|&blue| blue != 200));
}

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
fn accumulate_blurs_a_moving_edge_in_linear_light() {
    let info = info(VideoFormat::Gray8, 16, 1);
    let mut h = harness(&camera(&[("accumulate", &4_u32)]), &info);
    for n in 0..4 {
        let edge = 4 + n as usize;
        h.push(buffer(&info, n, |_, x, _| if x < edge { 200 } else { 0 }))
            .unwrap();
    }
    let row = linear_light(&h.pull().unwrap(), &info);
    let full = to_linear(200.0 / 255.0);
    for (x, share) in [(3, 1.0), (4, 0.75), (5, 0.5), (6, 0.25), (7, 0.0)] {
        let got = row[x] / full;
        assert!(
            (got - share).abs() < 0.01,
            "{got} of the light at {x}, expected {share}"
        );
    }
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
fn a_perfect_camera_passes_the_very_buffer() {
    let info = info(VideoFormat::I420, 16, 16);
    let camera = camera(&[]);
    assert!(
        camera
            .downcast_ref::<gst_base::BaseTransform>()
            .unwrap()
            .is_passthrough()
    );
    let mut h = harness(&camera, &info);
    let input = grey(&info, 0, 77);
    let address = input.as_ptr();
    assert_eq!(h.push_and_pull(input).unwrap().as_ptr(), address);
    camera.set_property("exposure", 0.5);
    let out = h.push_and_pull(grey(&info, 1, 77)).unwrap();
    assert_ne!(
        pixels(&out, &info)[0],
        77,
        "a setting made while playing has no effect"
    );
}

#[test]
fn severities_grow_darker_and_noisier() {
    let info = info(VideoFormat::Gray8, 160, 120);
    let measured = ["mild", "medium", "severe"].map(|severity| {
        let camera = camera(&[]);
        camera.set_property_from_str("severity", severity);
        let out = harness(&camera, &info)
            .push_and_pull(grey(&info, 0, 188))
            .unwrap();
        let (mean, variance) = mean_and_variance(&linear_light(&out, &info));
        (mean, mean / variance.sqrt())
    });
    assert!(
        measured.windows(2).all(|w| w[0].0 > w[1].0),
        "brightness {measured:?}"
    );
    assert!(
        measured.windows(2).all(|w| w[0].1 > w[1].1),
        "signal to noise {measured:?}"
    );
}

#[test]
fn a_knob_set_alone_makes_the_severity_custom() {
    init();
    let camera = gst::ElementFactory::make("lowlightdegrade")
        .build()
        .unwrap();
    assert_eq!(camera.property::<Severity>("severity"), Severity::Medium);
    camera.set_property("gain", 3.0);
    assert_eq!(camera.property::<Severity>("severity"), Severity::Custom);
    camera.set_property("severity", Severity::Severe);
    assert_eq!(camera.property::<f64>("gain"), 1.0);
    assert_eq!(camera.property::<f64>("exposure"), 0.05);
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

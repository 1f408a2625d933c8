//! The picture is the camera model's, in every format, size and stride.

use super::common::*;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_video::VideoFormat;
use gstlowlight::lowlightdegrade::Severity;

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

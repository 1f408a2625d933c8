//! Every format, at awkward sizes and strides, through models whose answer is known.

use crate::common::picture::{self, flat, largest_difference, padded_buffer, patterned, pixels};
use crate::common::{PLANAR, Rig};
use lowlight_engine::{OwnedFrame, PixelFormat};

const SIZES: [(usize, usize); 8] = [
    (2, 2),
    (3, 5),
    (16, 16),
    (17, 19),
    (33, 47),
    (64, 48),
    (101, 16),
    (640, 360),
];

/// GRAY8 is full range, the models work in limited range: the way there and back rounds twice.
fn tolerance(format: PixelFormat) -> u8 {
    u8::from(format == PixelFormat::Gray8)
}

#[test]
fn planes_come_through_an_identity_model_unchanged() {
    for format in PLANAR {
        for (width, height) in SIZES {
            let input = patterned(format, width, height);
            let mut rig = Rig::new("identity-planes").for_frames(&input);
            let output = rig.through(&input);
            let difference = largest_difference(&input, &output);
            assert!(
                difference <= tolerance(format),
                "{format:?} {width}x{height}: off by {difference}"
            );
            assert_eq!(rig.count("frames-restored"), 1);
        }
    }
}

#[test]
fn every_plane_passes_the_network() {
    for format in [PixelFormat::I420, PixelFormat::Nv12] {
        for (width, height) in SIZES {
            let input = patterned(format, width, height);
            let output = Rig::new("invert-planes").for_frames(&input).through(&input);
            let inverted: Vec<u8> = pixels(&input).iter().map(|value| 255 - value).collect();
            assert_eq!(pixels(&output), inverted, "{format:?} {width}x{height}");
        }
    }
}

#[test]
fn strides_of_a_video_meta_are_honoured() {
    for format in PixelFormat::ALL {
        for padding in [1, 5, 64] {
            let input = patterned(format, 33, 47);
            let model = if PLANAR.contains(&format) {
                "identity-planes"
            } else {
                "identity-rgb-nchw"
            };
            let mut rig = Rig::new(model).for_frames(&input);
            let mut buffer = padded_buffer(&input, padding);
            rig.stamp(buffer.get_mut().unwrap());
            let output = rig.harness.push_and_pull(buffer).unwrap();
            let output = picture::frame(&output, &picture::info(&input));
            let difference = largest_difference(&input, &output);
            assert!(
                difference <= tolerance(format),
                "{format:?} with {padding} bytes of padding: off by {difference}"
            );
        }
    }
}

#[test]
fn packed_formats_come_through_an_rgb_model_unchanged() {
    for format in PixelFormat::ALL {
        if PLANAR.contains(&format) {
            continue;
        }
        for (width, height) in SIZES {
            let input = patterned(format, width, height);
            let output = Rig::new("identity-rgb-nchw")
                .for_frames(&input)
                .through(&input);
            assert_eq!(
                pixels(&output),
                pixels(&input),
                "{format:?} {width}x{height}"
            );
        }
    }
}

/// RGB to limited-range 4:2:0 and back rounds four times and shares chroma among four pixels, so that only flat
/// colours survive: to ±3 code values. Alpha is copied.
#[test]
fn flat_packed_colours_survive_a_planes_model() {
    for format in PixelFormat::ALL {
        if PLANAR.contains(&format) {
            continue;
        }
        for (width, height) in SIZES {
            let mut input = flat(format, width, height, 0);
            let pixel_bytes = format.plane_size(0, 1, 1).0;
            for pixel in input.data_mut(0).chunks_exact_mut(pixel_bytes) {
                pixel.copy_from_slice(&[200, 120, 40, 77][..pixel_bytes]);
            }
            let output = Rig::new("identity-planes")
                .for_frames(&input)
                .through(&input);
            let difference = largest_difference(&input, &output);
            assert!(
                difference <= 3,
                "{format:?} {width}x{height}: off by {difference}"
            );
            if matches!(format, PixelFormat::Rgba | PixelFormat::Bgra) {
                assert!(alpha(&output).all(|value| value == 77), "{format:?}");
            }
        }
    }
}

fn alpha(frame: &OwnedFrame) -> impl Iterator<Item = u8> {
    frame.data(0).iter().copied().skip(3).step_by(4)
}

#[test]
fn range_of_the_caps_is_honoured() {
    let limited = flat(PixelFormat::I420, 16, 16, 235);
    let output = Rig::new("invert-planes")
        .for_frames(&limited)
        .through(&limited);
    assert_eq!(output.data(0)[0], 20);

    // The model works in limited range: it sees white at 235 and gives 20, which is 5 in full range.
    let colorimetry = lowlight_engine::Colorimetry {
        range: lowlight_engine::Range::Full,
        ..Default::default()
    };
    let mut full = OwnedFrame::zeroed(PixelFormat::I420, 16, 16, colorimetry).unwrap();
    full.data_mut(0).fill(255);
    let output = Rig::new("invert-planes").for_frames(&full).through(&full);
    assert_eq!(output.data(0)[0], 5);
}

#[test]
fn largest_frames_are_restored() {
    let input = patterned(PixelFormat::Nv12, 3840, 2160);
    let output = Rig::new("identity-planes")
        .for_frames(&input)
        .through(&input);
    assert!(pixels(&output) == pixels(&input));
}

//! The simulator over layouts, odd sizes and strides.

use super::super::pixels::{Coding, Layout};
use super::*;

const NOISY: Params = Params {
    highlight: 1.0,
    exposure: 0.5,
    gain: 1.5,
    shot_noise: 1e-3,
    read_noise: 2e-3,
    row_noise: 1e-3,
    seed: 3,
};
const IDENTITY: Params = Params {
    exposure: 1.0,
    gain: 1.0,
    shot_noise: 0.0,
    read_noise: 0.0,
    row_noise: 0.0,
    ..NOISY
};
const LAYOUTS: [Layout; 5] = [
    Layout::Grey,
    Layout::Packed {
        step: 3,
        rgb: [2, 1, 0],
    },
    Layout::Packed {
        step: 4,
        rgb: [0, 1, 2],
    },
    Layout::Yuv420 {
        chroma: [(1, 0), (2, 0)],
        step: 1,
    },
    Layout::Yuv420 {
        chroma: [(1, 0), (1, 1)],
        step: 2,
    },
];
const SIZES: [(usize, usize); 5] = [(1, 1), (2, 2), (5, 3), (16, 9), (33, 17)];

#[derive(Clone)]
struct Picture {
    planes: [Vec<u8>; 4],
    strides: Strides,
}

impl Picture {
    /// A smooth in-gamut picture, the same for every padding; padding bytes are 77.
    fn new(geometry: &Geometry, padding: usize) -> Self {
        let (width, height) = (geometry.width, geometry.height);
        let half = (width.div_ceil(2), height.div_ceil(2));
        let sizes = match geometry.layout {
            Layout::Grey => vec![(width, height)],
            Layout::Packed { step, .. } => vec![(width * step, height)],
            Layout::Yuv420 { step: 1, .. } => vec![(width, height), half, half],
            Layout::Yuv420 { step, .. } => vec![(width, height), (half.0 * step, half.1)],
        };
        let mut picture = Self {
            planes: Default::default(),
            strides: [0; 4],
        };
        for (i, (row, rows)) in sizes.into_iter().enumerate() {
            picture.strides[i] = row + padding;
            picture.planes[i] = vec![77; (row + padding) * rows];
            for (y, line) in picture.planes[i].chunks_mut(row + padding).enumerate() {
                for (x, byte) in line[..row].iter_mut().enumerate() {
                    *byte = (110 + (x * 3 + y * 5) % 30) as u8;
                }
            }
        }
        picture
    }

    fn read(&self) -> [&[u8]; 4] {
        self.planes.each_ref().map(Vec::as_slice)
    }

    fn write(&mut self) -> [&mut [u8]; 4] {
        self.planes.each_mut().map(Vec::as_mut_slice)
    }

    /// The bytes without padding, and the padding.
    fn split(&self, padding: usize) -> (Vec<u8>, Vec<u8>) {
        let planes = self
            .planes
            .iter()
            .zip(self.strides)
            .filter(|(p, _)| !p.is_empty());
        let lines = planes.flat_map(|(plane, stride)| plane.chunks(stride));
        let (mut pixels, mut rest) = (Vec::new(), Vec::new());
        for line in lines {
            pixels.extend(&line[..line.len() - padding]);
            rest.extend(&line[line.len() - padding..]);
        }
        (pixels, rest)
    }
}

fn geometries() -> impl Iterator<Item = Geometry> {
    let each = SIZES
        .into_iter()
        .flat_map(|size| LAYOUTS.map(|layout| (size, layout)));
    each.flat_map(|((width, height), layout)| {
        [true, false].map(|full_range| Geometry {
            width,
            height,
            layout,
            coding: Coding::new(full_range, 0.2126, 0.0722),
        })
    })
}

fn snapped(geometry: &Geometry, params: &Params, frame: u64, padding: usize) -> Picture {
    let mut picture = Picture::new(geometry, padding);
    let strides = picture.strides;
    Simulator::new(geometry.clone()).snap(params, frame, &mut picture.write(), &strides);
    picture
}

#[test]
fn a_perfect_camera_gives_the_picture_back() {
    for geometry in geometries() {
        let before = Picture::new(&geometry, 0).split(0).0;
        let after = snapped(&geometry, &IDENTITY, 0, 0).split(0).0;
        let worst = before.iter().zip(&after).map(|(a, b)| a.abs_diff(*b)).max();
        let rgb = matches!(geometry.layout, Layout::Packed { .. } | Layout::Grey);
        let allowed = if rgb { 0 } else { 1 };
        assert!(worst <= Some(allowed), "off by {worst:?} in {geometry:?}");
    }
}

#[test]
fn noise_is_the_same_for_every_stride_and_padding_is_untouched() {
    for geometry in geometries() {
        let (tight, _) = snapped(&geometry, &NOISY, 4, 0).split(0);
        let (padded, padding) = snapped(&geometry, &NOISY, 4, 13).split(13);
        assert_eq!(tight, padded, "{geometry:?}");
        assert!(padding.iter().all(|&byte| byte == 77), "{geometry:?}");
    }
}

#[test]
fn noise_changes_with_frame_and_seed_only() {
    let geometry = geometries().last().unwrap();
    let pixels = |params: &Params, frame| snapped(&geometry, params, frame, 0).split(0).0;
    assert_eq!(pixels(&NOISY, 1), pixels(&NOISY, 1));
    assert_ne!(pixels(&NOISY, 1), pixels(&NOISY, 2));
    assert_ne!(pixels(&NOISY, 1), pixels(&Params { seed: 4, ..NOISY }, 1));
}

#[test]
fn an_exposure_over_equal_frames_is_one_frame() {
    for geometry in geometries() {
        let mut picture = Picture::new(&geometry, 3);
        let mut simulator = Simulator::new(geometry.clone());
        for _ in 0..4 {
            simulator.expose(&NOISY, picture.read(), &picture.strides);
        }
        let strides = picture.strides;
        simulator.develop(&NOISY, 5, &mut picture.write(), &strides);
        let once = snapped(&geometry, &NOISY, 5, 3);
        assert_eq!(picture.split(3).0, once.split(3).0, "{geometry:?}");
    }
}

#[test]
fn light_is_averaged_linearly_and_highlights_leave_brighter_streaks() {
    let geometry = Geometry {
        width: 1,
        height: 1,
        layout: Layout::Grey,
        coding: Coding::new(true, 0.2126, 0.0722),
    };
    let streak = |highlight| {
        let params = Params {
            highlight,
            ..IDENTITY
        };
        let mut simulator = Simulator::new(geometry.clone());
        for code in [255, 0, 0, 0] {
            simulator.expose(&params, [&[code], &[], &[], &[]], &[1, 0, 0, 0]);
        }
        let mut out = [9];
        let planes = &mut [&mut out[..], &mut [], &mut [], &mut []];
        simulator.develop(&params, 0, planes, &[1, 0, 0, 0]);
        out[0]
    };
    assert_eq!(streak(1.0), 137, "a quarter of the light, coded by sRGB");
    assert_eq!(
        streak(4.0),
        255,
        "a lamp four times brighter than white stays white"
    );
}

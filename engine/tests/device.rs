//! Frames in a GPU's memory, which here is the host's: the pictures are those of `Restorer::restore`, bit by bit.
//!
//! Unsafe, since whoever makes a `DeviceFrame` vouches for its addresses; here they are those of vectors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unsafe_code)]

mod common;

use common::{fixture, on_cpu, runtime};
use lowlight_engine::device::{DeviceFrame, DevicePlane, let_host_memory_stand_in};
use lowlight_engine::{Colorimetry, Matrix, Model, OwnedFrame, PixelFormat, Range, Restorer};
use std::path::{Path, PathBuf};

const LIMITED: Colorimetry = Colorimetry {
    matrix: Matrix::Bt709,
    range: Range::Limited,
};
const FULL: Colorimetry = Colorimetry {
    matrix: Matrix::Bt709,
    range: Range::Full,
};

fn shipped(name: &str) -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    checkout.join("models").join(format!("{name}.onnx"))
}

/// A restorer of `model` twice: for system memory, and made ready for a GPU's.
fn pair(model: &Path, size: (usize, usize), colorimetry: Colorimetry) -> [Restorer; 2] {
    let_host_memory_stand_in();
    let (runtime, options) = (runtime(), on_cpu());
    let model = Model::open(Some(model)).unwrap();
    let open = || Restorer::join(&runtime, &model, &options, size.0, size.1).unwrap();
    let (host, mut device) = (open(), open());
    device
        .prepare_for_device(&runtime, &model, &options, colorimetry)
        .unwrap();
    [host, device]
}

/// A picture whose code values differ from place to place and from frame to frame.
fn picture((width, height): (usize, usize), colorimetry: Colorimetry, time: usize) -> OwnedFrame {
    let mut frame = OwnedFrame::zeroed(PixelFormat::Nv12, width, height, colorimetry).unwrap();
    for plane in 0..2 {
        for (y, row) in frame.rows_mut(plane).enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                *value = (x * 7 + y * 13 + plane * 31 + time * 5 + (x * y) % 11) as u8;
            }
        }
    }
    frame
}

/// NV12 as a GPU has it: rows `padding` bytes longer than they need be.
struct Pitched {
    planes: [Vec<u8>; 2],
    strides: [usize; 2],
    size: (usize, usize),
    colorimetry: Colorimetry,
}

impl Pitched {
    fn of(frame: &OwnedFrame, padding: usize) -> Self {
        let strides = [0, 1].map(|plane| frame.stride(plane) + padding);
        let planes = [0, 1].map(|plane: usize| {
            let rows = frame.rows(plane).flat_map(|row| {
                let rest = std::iter::repeat_n(0xAA, strides[plane] - row.len());
                row.iter().copied().chain(rest)
            });
            rows.collect()
        });
        Self {
            planes,
            strides,
            size: (frame.width(), frame.height()),
            colorimetry: frame.colorimetry(),
        }
    }

    fn frame(&mut self) -> DeviceFrame {
        let planes = [0, 1].map(|plane: usize| DevicePlane {
            address: self.planes[plane].as_mut_ptr() as usize,
            stride: self.strides[plane],
        });
        // SAFETY: the vectors are as long as `of` made them, and outlive the frame in every test.
        unsafe { DeviceFrame::nv12(self.size.0, self.size.1, self.colorimetry, planes) }.unwrap()
    }

    /// The picture without its padding.
    fn pixels(&self) -> Vec<Vec<u8>> {
        let (width, height) = self.size;
        [0, 1]
            .map(|plane: usize| {
                let (bytes, rows) = PixelFormat::Nv12.plane_size(plane, width, height);
                let rows = self.planes[plane].chunks(self.strides[plane]).take(rows);
                rows.flat_map(|row| &row[..bytes]).copied().collect()
            })
            .to_vec()
    }
}

/// Restores five frames both ways, with a cut before the fourth, and compares them.
#[track_caller]
fn compare(model: &Path, size: (usize, usize), colorimetry: Colorimetry, pads: (usize, usize)) {
    let [mut host, mut device] = pair(model, size, colorimetry);
    assert!(device.takes_device_frames(colorimetry, 1.0));
    for time in 0..5 {
        let input = picture(size, colorimetry, time);
        let mut wanted = input.clone();
        if time == 3 {
            host.reset().unwrap();
        }
        host.restore(&input.as_frame(), &mut wanted.as_frame_mut(), 1.0)
            .unwrap();
        let mut from = Pitched::of(&input, pads.0);
        let mut to = Pitched::of(&picture(size, colorimetry, 99), pads.1);
        device
            .restore_on_device(&from.frame(), &to.frame(), 1.0, |_| time == 3)
            .unwrap();
        let wanted: Vec<Vec<u8>> = [0, 1].map(|plane| wanted.data(plane).to_vec()).to_vec();
        assert_eq!(from.pixels(), Pitched::of(&input, 0).pixels());
        assert!(to.pixels() == wanted, "{model:?} {size:?} frame {time}");
    }
}

#[test]
fn shipped_networks_give_the_same_pictures_from_gpu_memory() {
    for (size, pads) in [((96, 64), (416, 160)), ((61, 35), (3, 452))] {
        compare(&shipped("lowlight-nano-fp16"), size, LIMITED, pads);
    }
    compare(&shipped("lowlight-nano-fp16"), (61, 35), FULL, (0, 0));
    compare(&shipped("lowlight-small-fp16"), (61, 35), LIMITED, (3, 3));
}

#[test]
fn odd_sizes_pitches_and_ranges_move_no_code_value() {
    for model in ["identity-planes", "invert-planes"] {
        for (size, pads) in [((33, 47), (0, 7)), ((2, 2), (510, 510)), ((64, 48), (1, 0))] {
            for colorimetry in [LIMITED, FULL] {
                compare(&fixture(model), size, colorimetry, pads);
            }
        }
    }
}

#[test]
fn recurrent_state_stays_in_gpu_memory_from_frame_to_frame() {
    for model in ["delay-planes", "count-frames"] {
        compare(&fixture(model), (33, 47), LIMITED, (31, 15));
    }
}

#[test]
fn strength_reaches_a_model_that_applies_it() {
    let size = (61, 35);
    let [mut host, mut device] = pair(&shipped("lowlight-nano-fp16"), size, LIMITED);
    assert!(device.takes_device_frames(LIMITED, 0.4));
    let input = picture(size, LIMITED, 0);
    let mut wanted = input.clone();
    host.restore(&input.as_frame(), &mut wanted.as_frame_mut(), 0.4)
        .unwrap();
    let (mut from, mut to) = (Pitched::of(&input, 9), Pitched::of(&input, 9));
    device
        .restore_on_device(&from.frame(), &to.frame(), 0.4, |_| false)
        .unwrap();
    assert!(to.pixels() == [0, 1].map(|plane| wanted.data(plane).to_vec()));
}

#[test]
fn what_cannot_be_restored_there_is_refused_with_the_reason() {
    let size = (64, 48);
    let [mut host, mut device] = pair(&fixture("invert-planes"), size, LIMITED);
    assert!(
        !device.takes_device_frames(LIMITED, 0.5),
        "no strength input"
    );
    assert!(!device.takes_device_frames(FULL, 1.0), "another range");
    assert!(!host.takes_device_frames(LIMITED, 1.0), "not made ready");
    let input = picture(size, LIMITED, 0);
    let (mut from, mut to) = (Pitched::of(&input, 0), Pitched::of(&input, 0));
    let error = host.restore_on_device(&from.frame(), &to.frame(), 1.0, |_| false);
    assert!(error.unwrap_err().to_string().contains("not made ready"));
    let other = picture((32, 48), LIMITED, 0);
    let mut other = Pitched::of(&other, 0);
    let error = device.restore_on_device(&other.frame(), &to.frame(), 1.0, |_| false);
    assert!(error.unwrap_err().to_string().contains("64x48"));
    let mut rgb = common::open("identity-rgb-nchw", 64, 48).unwrap();
    let model = Model::open(Some(&fixture("identity-rgb-nchw"))).unwrap();
    let error = rgb.prepare_for_device(&runtime(), &model, &on_cpu(), LIMITED);
    assert!(error.unwrap_err().to_string().contains("models on planes"));
}

#[test]
fn going_to_system_memory_and_back_forgets_the_past_each_time() {
    let size = (33, 47);
    let [_, mut device] = pair(&fixture("count-frames"), size, LIMITED);
    let input = picture(size, LIMITED, 0);
    let (mut from, mut to) = (Pitched::of(&input, 5), Pitched::of(&input, 5));
    let first = input.data(0)[0];
    let mut output = input.clone();
    for _ in 0..2 {
        for frames in 1..=2 {
            device
                .restore_on_device(&from.frame(), &to.frame(), 1.0, |_| false)
                .unwrap();
            assert_eq!(to.planes[0][0], first + frames);
        }
        for frames in 1..=2 {
            device
                .restore(&input.as_frame(), &mut output.as_frame_mut(), 1.0)
                .unwrap();
            assert_eq!(output.data(0)[0], first + frames);
        }
    }
}

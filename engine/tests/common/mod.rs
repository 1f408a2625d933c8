//! What the engine's tests share: the checkout's runtime, the tiny models, and patterned frames.

// Each test program takes what it needs.
#![allow(dead_code, unreachable_pub)]

use std::path::{Path, PathBuf};

use lowlight_engine::{
    Colorimetry, Error, Frame, Model, OwnedFrame, PixelFormat, Plane, Provider, ProviderChoice,
    Restorer, Runtime, SessionOptions,
};

/// Formats that planes models take as they are.
pub const PLANAR: [PixelFormat; 3] = [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Gray8];
/// Sizes that fit an alignment of 16, and such that do not.
pub const SIZES: [(usize, usize); 6] = [(2, 2), (16, 16), (17, 19), (33, 47), (64, 48), (101, 16)];

/// The runtime that `scripts/setup` put into the checkout.
#[track_caller]
pub fn runtime() -> Runtime {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.runtime/onnxruntime");
    Runtime::load(Some(&dir)).expect("ONNX Runtime (scripts/setup fetches it)")
}

/// One of the models of `tests/data`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(format!("{name}.onnx"))
}

/// The session options of most tests: the provider that is always there.
pub fn on_cpu() -> SessionOptions {
    SessionOptions {
        provider: ProviderChoice::Only(Provider::Cpu),
        n_threads: 1,
        ..SessionOptions::default()
    }
}

/// Opens a fixture on the CPU for frames of `width` × `height`.
pub fn open(name: &str, width: usize, height: usize) -> Result<Restorer, Error> {
    let model = Model::open(Some(&fixture(name)))?;
    Restorer::open(&runtime(), &model, &on_cpu(), width, height)
}

/// A frame whose bytes all differ from their neighbours', with `padding` bytes of 0xEE after every row.
pub fn patterned(format: PixelFormat, width: usize, height: usize, padding: usize) -> OwnedFrame {
    let planes = (0..format.n_planes()).map(|index| {
        let (row_bytes, rows) = format.plane_size(index, width, height);
        let mut data = Vec::new();
        for y in 0..rows {
            data.extend((0..row_bytes).map(|x| 16 + ((x * 7 + y * 13 + index * 29) % 200) as u8));
            data.extend(std::iter::repeat_n(0xEE, padding));
        }
        Plane {
            data,
            stride: row_bytes + padding,
        }
    });
    OwnedFrame::new(format, width, height, Colorimetry::default(), planes).unwrap()
}

/// All pixels of a frame, without row padding.
pub fn pixels(frame: &Frame<'_>) -> Vec<u8> {
    (0..frame.format().n_planes())
        .flat_map(|index| frame.rows(index).flatten().copied())
        .collect()
}

/// Restores `input` into a frame of the same layout with other padding.
pub fn restored(restorer: &mut Restorer, input: &OwnedFrame, strength: f32) -> OwnedFrame {
    let mut output = patterned(input.format(), input.width(), input.height(), 5);
    (0..input.format().n_planes()).for_each(|index| output.data_mut(index).fill(0xAB));
    restorer
        .restore(&input.as_frame(), &mut output.as_frame_mut(), strength)
        .unwrap();
    output
}

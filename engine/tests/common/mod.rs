//! What the engine's tests share: the checkout's runtime, the tiny models, and patterned frames.

// Each test program takes what it needs.
#![allow(dead_code, unreachable_pub)]

use std::path::{Path, PathBuf};

use lowlight_engine::{
    Colorimetry, Error, Frame, Model, OwnedFrame, PixelFormat, Plane, Provider, ProviderChoice,
    Restorer, Runtime, SessionOptions,
};

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

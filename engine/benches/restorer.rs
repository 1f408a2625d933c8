//! Milliseconds per 720p frame: the engine's own work (`tensor/…`) and whole frames (`restorer/…`), per provider.
//!
//! `cargo bench -p lowlight-engine`. Every bench checks its answer once before it is timed.

// A bench that cannot set itself up should stop at once.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use lowlight_engine::{
    Colorimetry, Model, OwnedFrame, PixelFormat, Provider, ProviderChoice, Restorer, Runtime,
    SessionOptions,
};

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn dark_frame(format: PixelFormat) -> OwnedFrame {
    let mut frame = OwnedFrame::zeroed(format, WIDTH, HEIGHT, Colorimetry::default()).unwrap();
    for index in 0..format.n_planes() {
        let base = if index == 0 { 20 } else { 124 };
        frame
            .data_mut(index)
            .iter_mut()
            .enumerate()
            .for_each(|(i, value)| *value = base + (i * 7 % 9) as u8);
    }
    frame
}

fn open(path: &Path, provider: Provider) -> Restorer {
    let runtime =
        Runtime::load(Some(&checkout().join(".runtime/onnxruntime"))).expect("run scripts/setup");
    let options = SessionOptions {
        provider: ProviderChoice::Only(provider),
        ..SessionOptions::default()
    };
    Restorer::open(
        &runtime,
        &Model::open(Some(path)).unwrap(),
        &options,
        WIDTH,
        HEIGHT,
    )
    .unwrap()
}

/// An identity network: what is left is the engine's packing and unpacking, and the call.
fn tensor(c: &mut Criterion) {
    let path = checkout().join("engine/tests/data/identity-planes.onnx");
    let mut group = c.benchmark_group("tensor");
    for format in [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Rgb] {
        let mut restorer = open(&path, Provider::Cpu);
        let (input, mut output) = (dark_frame(format), dark_frame(format));
        if format != PixelFormat::Rgb {
            output.data_mut(0).fill(0);
            restorer
                .restore(&input.as_frame(), &mut output.as_frame_mut(), 1.0)
                .unwrap();
            assert_eq!(
                output.data(0),
                input.data(0),
                "an identity model must not change a frame"
            );
        }
        group.bench_function(format.name(), |bencher| {
            bencher.iter(|| {
                restorer.restore(
                    &input.as_frame(),
                    &mut output.as_frame_mut(),
                    black_box(1.0),
                )
            });
        });
    }
    group.finish();
}

/// The shipped models.
fn restorer(c: &mut Criterion) {
    let mut group = c.benchmark_group("restorer");
    group.sample_size(30);
    for precision in ["fp32", "int8"] {
        let path = checkout().join(format!("models/lowlight-nano-{precision}.onnx"));
        for provider in [Provider::Cpu, Provider::OpenVino] {
            let mut restorer = open(&path, provider);
            let (input, mut output) =
                (dark_frame(PixelFormat::I420), dark_frame(PixelFormat::I420));
            restorer
                .restore(&input.as_frame(), &mut output.as_frame_mut(), 1.0)
                .unwrap();
            let mean =
                |frame: &OwnedFrame| frame.data(0).iter().map(|&v| f64::from(v)).sum::<f64>();
            assert!(
                mean(&output) > mean(&input),
                "a dark frame must come out brighter"
            );
            group.bench_function(
                format!("nano-{precision}-{}-720p", provider.name()),
                |bencher| {
                    bencher.iter(|| {
                        restorer.restore(
                            &input.as_frame(),
                            &mut output.as_frame_mut(),
                            black_box(1.0),
                        )
                    });
                },
            );
        }
    }
    group.finish();
}

criterion_group!(benches, tensor, restorer);
criterion_main!(benches);

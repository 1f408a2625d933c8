//! Milliseconds per frame: the engine's own work around a network that only copies (`tensor/…`), the shipped networks'
//! own runs (`session/…`), and both (`restorer/…`), per provider.
//!
//! `cargo bench -p lowlight-engine`. Every bench checks its answer once before it is timed.

// A bench that cannot set itself up should stop at once.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use lowlight_engine::{
    BareNetwork, Colorimetry, Model, OwnedFrame, PixelFormat, Provider, ProviderChoice, Restorer,
    Runtime, SessionOptions,
};

/// Width and height.
type Size = (usize, usize);

const HD: Size = (1280, 720);
const FULL_HD: Size = (1920, 1080);

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn dark_frame(format: PixelFormat, (width, height): Size) -> OwnedFrame {
    let mut frame = OwnedFrame::zeroed(format, width, height, Colorimetry::default()).unwrap();
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

fn runtime() -> Runtime {
    Runtime::load(Some(&checkout().join(".runtime/onnxruntime"))).expect("run scripts/setup")
}

fn options(provider: Provider, n_threads: usize) -> SessionOptions {
    SessionOptions {
        provider: ProviderChoice::Only(provider),
        n_threads,
        ..SessionOptions::default()
    }
}

fn open(path: &Path, provider: Provider, n_threads: usize, (width, height): Size) -> Restorer {
    let options = options(provider, n_threads);
    Restorer::open(
        &runtime(),
        &Model::open(Some(path)).unwrap(),
        &options,
        width,
        height,
    )
    .unwrap()
}

fn time(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    restorer: &mut Restorer,
    input: &OwnedFrame,
    output: &mut OwnedFrame,
) {
    group.bench_function(name, |bencher| {
        let strength = black_box(1.0);
        bencher.iter(|| restorer.restore(&input.as_frame(), &mut output.as_frame_mut(), strength));
    });
}

/// An identity network on planes: what is left is the engine's packing and unpacking, and the call.
fn planes(c: &mut Criterion) {
    let path = checkout().join("engine/tests/data/identity-planes.onnx");
    let mut group = c.benchmark_group("tensor");
    for format in [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Rgb] {
        let mut restorer = open(&path, Provider::Cpu, 1, HD);
        let (input, mut output) = (dark_frame(format, HD), dark_frame(format, HD));
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
        let name = format!("planes-{}-720p", format.name());
        time(&mut group, &name, &mut restorer, &input, &mut output);
    }
    group.finish();
}

/// A network on blocks that copies its input: what is left is packing and restoring, and the call. On one core, and on all.
fn blocks(c: &mut Criterion) {
    let path = checkout().join("engine/tests/data/brighten-blocks.onnx");
    let mut group = c.benchmark_group("tensor");
    for (size, n_threads) in [(HD, 1), (HD, 0), (FULL_HD, 1), (FULL_HD, 0)] {
        for format in [PixelFormat::I420, PixelFormat::Nv12] {
            let mut restorer = open(&path, Provider::Cpu, n_threads, size);
            let (input, mut output) = (dark_frame(format, size), dark_frame(format, size));
            restorer
                .restore(&input.as_frame(), &mut output.as_frame_mut(), 1.0)
                .unwrap();
            for index in 0..format.n_planes() {
                let zero = if index == 0 { 16 } else { 128 };
                let pairs = input.data(index).iter().zip(output.data(index));
                assert!(
                    pairs
                        .map(|(&from, &to)| (i32::from(from) - zero, i32::from(to) - zero))
                        .all(|(from, to)| to == 2 * from),
                    "light and colour must double"
                );
            }
            let cores = if n_threads == 1 {
                "one-core"
            } else {
                "all-cores"
            };
            let name = format!("blocks-{}-{}p-{cores}", format.name(), size.1);
            time(&mut group, &name, &mut restorer, &input, &mut output);
        }
    }
    group.finish();
}

/// The shipped networks alone, as `make bench` compares the element with them.
fn session(c: &mut Criterion) {
    let mut group = c.benchmark_group("session");
    group.sample_size(30);
    for (provider, size) in [
        (Provider::Cpu, HD),
        (Provider::OpenVino, HD),
        (Provider::OpenVino, FULL_HD),
    ] {
        let path = checkout().join("models/lowlight-nano-int8.onnx");
        let input = dark_frame(PixelFormat::I420, size);
        // What it gives is thrown away: the same session's pictures are looked at first.
        brightens(&mut open(&path, provider, 0, size), &input);
        let model = Model::open(Some(&path)).unwrap();
        let mut network =
            BareNetwork::open(&runtime(), &model, &options(provider, 0), &input.as_frame())
                .unwrap();
        let name = format!("nano-int8-{}-{}p", provider.name(), size.1);
        group.bench_function(name, |bencher| bencher.iter(|| network.run().unwrap()));
    }
    group.finish();
}

/// Fails unless `restorer` makes a dark frame brighter.
fn brightens(restorer: &mut Restorer, input: &OwnedFrame) {
    let mut output = input.clone();
    restorer
        .restore(&input.as_frame(), &mut output.as_frame_mut(), 1.0)
        .unwrap();
    let mean = |frame: &OwnedFrame| frame.data(0).iter().map(|&v| f64::from(v)).sum::<f64>();
    assert!(
        mean(&output) > mean(input),
        "a dark frame must come out brighter"
    );
}

/// The shipped models.
fn restorer(c: &mut Criterion) {
    let mut group = c.benchmark_group("restorer");
    group.sample_size(30);
    for precision in ["fp32", "int8"] {
        let path = checkout().join(format!("models/lowlight-nano-{precision}.onnx"));
        for provider in [Provider::Cpu, Provider::OpenVino] {
            let mut restorer = open(&path, provider, 0, HD);
            let (input, mut output) = (
                dark_frame(PixelFormat::I420, HD),
                dark_frame(PixelFormat::I420, HD),
            );
            brightens(&mut restorer, &input);
            let name = format!("nano-{precision}-{}-720p", provider.name());
            time(&mut group, &name, &mut restorer, &input, &mut output);
        }
    }
    group.finish();
}

criterion_group!(benches, planes, blocks, session, restorer);
criterion_main!(benches);

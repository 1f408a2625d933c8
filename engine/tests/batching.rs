//! Frames of several streams in one run of the network: the pictures of runs of their own, bit by bit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use common::{fixture, on_cpu, patterned, pixels, restored, runtime};
use lowlight_engine::{Model, OwnedFrame, PixelFormat, Restorer, SessionOptions};

const SIZE: (usize, usize) = (33, 47);
const STREAMS: usize = 4;
/// Frames of a round. Pictures depend on the ones before.
const FRAMES: usize = 4;
/// Rounds after which a machine that never ran two frames at once is called broken.
const ROUNDS: usize = 200;

fn in_batches(most: usize) -> SessionOptions {
    SessionOptions {
        max_batch: most,
        ..on_cpu()
    }
}

fn join(path: &Path, options: &SessionOptions) -> Restorer {
    let model = Model::open(Some(path)).unwrap();
    Restorer::join(&runtime(), &model, options, SIZE.0, SIZE.1).unwrap()
}

fn shipped(name: &str) -> PathBuf {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    models.join(format!("{name}.onnx"))
}

/// They are opened on a thread of their own.
fn wait_for_sizes(restorer: &Restorer, sizes: &[usize]) {
    let sharing = restorer.sharing().unwrap();
    let begun = Instant::now();
    while sharing.batch_sizes() != sizes {
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "{:?}",
            sharing.batch_sizes()
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn frame(stream: usize, number: usize) -> OwnedFrame {
    let mut frame = patterned(PixelFormat::I420, SIZE.0, SIZE.1, stream);
    let values = frame.data_mut(0).iter_mut().enumerate();
    values.for_each(|(at, value)| {
        *value = value.wrapping_add((at * (number + 1) + 40 * stream) as u8 % 61);
    });
    frame
}

/// A stream's pictures, each with a strength of its own, and the sizes of the runs that they came from.
fn round(
    restorer: &mut Restorer,
    stream: usize,
    before_each: impl Fn(),
) -> (Vec<Vec<u8>>, Vec<usize>) {
    restorer.reset().unwrap();
    let mut one = |number| {
        before_each();
        let strength = 1.0 - 0.2 * stream as f32;
        let picture = restored(restorer, &frame(stream, number), strength);
        (pixels(&picture.as_frame()), restorer.last_batch())
    };
    (0..FRAMES).map(&mut one).unzip()
}

fn wait(barrier: &Barrier) {
    barrier.wait();
}

/// Rounds of all streams side by side, until every one of `sizes` has been seen.
fn pictures_are_the_same(path: &Path, sizes: &[usize]) {
    let model = Model::open(Some(path)).unwrap();
    let mut own = Restorer::open(&runtime(), &model, &on_cpu(), SIZE.0, SIZE.1).unwrap();
    let alone: Vec<_> = (0..STREAMS)
        .map(|stream| round(&mut own, stream, || ()).0)
        .collect();
    let mut seats: Vec<_> = (0..STREAMS)
        .map(|_| join(path, &in_batches(STREAMS)))
        .collect();
    wait_for_sizes(&seats[0], &[2, 4]);
    let mut seen = Vec::new();
    for number in 0..ROUNDS {
        // All together, or two and two.
        let together = if number % 2 == 0 { STREAMS } else { 2 };
        for group in 0..STREAMS / together {
            let barrier = Barrier::new(together);
            std::thread::scope(|scope| {
                let seats = seats
                    .iter_mut()
                    .enumerate()
                    .skip(group * together)
                    .take(together);
                let threads: Vec<_> = seats
                    .map(|(stream, seat)| {
                        let barrier = &barrier;
                        scope.spawn(move || (stream, round(seat, stream, || wait(barrier))))
                    })
                    .collect();
                for thread in threads {
                    let (stream, (pictures, batches)) = thread.join().unwrap();
                    assert!(
                        pictures == alone[stream],
                        "{} stream {stream} in runs of {batches:?}",
                        path.display()
                    );
                    seen.extend(batches);
                }
            });
        }
        if sizes.iter().all(|size| seen.contains(size)) {
            return;
        }
    }
    panic!(
        "{}: no runs of {sizes:?} in {ROUNDS} rounds",
        path.display()
    );
}

#[test]
fn frames_in_one_run_are_restored_as_if_each_were_alone() {
    for name in ["batch-fp32", "batch-int8"] {
        pictures_are_the_same(&fixture(name), &[2, 4]);
    }
}

#[test]
fn so_are_the_shipped_models_on_blocks_and_self_contained() {
    for name in [
        "lowlight-nano-fp32",
        "lowlight-nano-int8",
        "lowlight-nano-fp16",
    ] {
        pictures_are_the_same(&shipped(name), &[2, 4]);
    }
}

#[test]
fn on_a_cpu_and_for_models_of_one_frame_nothing_is_run_together() {
    for (name, options) in [("batch-fp32", on_cpu()), ("identity-planes", in_batches(4))] {
        let mut seats: Vec<_> = (0..STREAMS)
            .map(|_| join(&fixture(name), &options))
            .collect();
        round(&mut seats[0], 0, || ());
        assert!(
            seats[0].sharing().unwrap().batch_sizes().is_empty(),
            "{name}"
        );
        assert_eq!(seats[0].last_batch(), 1);
    }
}

#[test]
fn sizes_come_with_the_streams_that_fill_them() {
    // Another number is another session: nobody else's streams are in it.
    let (path, options) = (fixture("batch-fp32"), in_batches(6));
    let mut seats = vec![join(&path, &options)];
    assert!(seats[0].sharing().unwrap().batch_sizes().is_empty());
    for (streams, sizes) in [(2, &[2][..]), (3, &[2]), (4, &[2, 4]), (9, &[2, 4])] {
        seats.resize_with(streams, || join(&path, &options));
        wait_for_sizes(&seats[0], sizes);
    }
}

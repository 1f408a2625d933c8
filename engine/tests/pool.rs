//! Sessions that streams share: loaded once, closed with the last stream, and with the pictures of a session of one's own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::time::Duration;

use common::{fixture, on_cpu, patterned, pixels, restored, runtime};
use lowlight_engine::{
    Error, Model, OwnedFrame, PixelFormat, Provider, ProviderChoice, Restorer, SessionOptions,
};

const SIZE: (usize, usize) = (33, 47);

fn join(path: &Path, options: &SessionOptions, (width, height): (usize, usize)) -> Restorer {
    let model = Model::open(Some(path)).unwrap();
    Restorer::join(&runtime(), &model, options, width, height).unwrap()
}

fn own(path: &Path, options: &SessionOptions, (width, height): (usize, usize)) -> Restorer {
    let model = Model::open(Some(path)).unwrap();
    Restorer::open(&runtime(), &model, options, width, height).unwrap()
}

/// A folder of its own with a model that no other test has open.
fn private(name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.onnx");
    std::fs::copy(fixture(name), &path).unwrap();
    let sidecar = fixture(name).with_extension("onnx.modelinfo");
    std::fs::copy(sidecar, dir.path().join("model.onnx.modelinfo")).unwrap();
    (dir, path)
}

fn streams(restorer: &Restorer) -> usize {
    restorer.sharing().unwrap().streams()
}

/// Frames that differ from each other and between streams.
fn frames(stream: usize) -> Vec<OwnedFrame> {
    let format = [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Rgb][stream % 3];
    let frame = |number: usize| {
        let mut frame = patterned(format, SIZE.0, SIZE.1, stream);
        let data = frame.data_mut(0).iter_mut().enumerate();
        data.for_each(|(at, value)| *value = value.wrapping_add((at * number + stream) as u8 % 23));
        frame
    };
    (1..=4).map(frame).collect()
}

fn pictures(restorer: &mut Restorer, stream: usize) -> Vec<Vec<u8>> {
    let frames = frames(stream);
    let pictures = frames.iter().map(|frame| restored(restorer, frame, 0.9));
    pictures
        .map(|picture| pixels(&picture.as_frame()))
        .collect()
}

#[test]
fn streams_at_one_session_get_the_pictures_of_a_session_of_their_own() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/lowlight-nano-int8.onnx");
    let fixtures = ["delay-planes", "count-frames", "past-blocks"].map(fixture);
    for path in fixtures.iter().chain([&shipped]) {
        let alone: Vec<_> = (0..4)
            .map(|stream| pictures(&mut own(path, &on_cpu(), SIZE), stream))
            .collect();
        let together: Vec<_> = std::thread::scope(|scope| {
            let seats: Vec<_> = (0..4).map(|_| join(path, &on_cpu(), SIZE)).collect();
            assert_eq!(streams(&seats[0]), 4, "{}", path.display());
            let threads: Vec<_> = seats
                .into_iter()
                .enumerate()
                .map(|(stream, mut seat)| scope.spawn(move || pictures(&mut seat, stream)))
                .collect();
            let results = threads.into_iter().map(|thread| thread.join().unwrap());
            results.collect()
        });
        assert!(alone == together, "{}", path.display());
    }
}

#[test]
fn openvinos_pictures_are_the_same_too() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/lowlight-nano-int8.onnx");
    let options = SessionOptions {
        provider: ProviderChoice::Only(Provider::OpenVino),
        n_threads: 1,
        ..SessionOptions::default()
    };
    let alone = pictures(&mut own(&path, &options, SIZE), 0);
    let (mut first, mut second) = (join(&path, &options, SIZE), join(&path, &options, SIZE));
    pictures(&mut second, 1);
    assert!(pictures(&mut first, 0) == alone);
}

#[test]
fn only_the_same_file_options_and_size_are_the_same_session() {
    let (dir, path) = private("identity-planes");
    let first = join(&path, &on_cpu(), SIZE);
    let same_by_another_name = dir.path().join(".").join("model.onnx");
    let second = join(&same_by_another_name, &on_cpu(), SIZE);
    let others = [
        join(&path, &on_cpu(), (SIZE.0, SIZE.1 + 1)),
        join(
            &path,
            &SessionOptions {
                n_threads: 2,
                ..on_cpu()
            },
            SIZE,
        ),
        join(&fixture("identity-planes"), &on_cpu(), SIZE),
        own(&path, &on_cpu(), SIZE),
    ];
    assert_eq!((streams(&first), streams(&second)), (2, 2));
    assert_eq!((streams(&others[0]), streams(&others[1])), (1, 1));
    assert!(others[3].sharing().is_none());
}

#[test]
fn a_file_that_was_replaced_is_another_model() {
    let (_dir, path) = private("identity-planes");
    let mut old = join(&path, &on_cpu(), SIZE);
    std::fs::remove_file(&path).unwrap();
    std::fs::copy(fixture("invert-planes"), &path).unwrap();
    let mut new = join(&path, &on_cpu(), SIZE);
    assert_eq!((streams(&old), streams(&new)), (1, 1));
    let input = patterned(PixelFormat::Gray8, SIZE.0, SIZE.1, 0);
    let first = |restorer: &mut Restorer| restored(restorer, &input, 1.0).data(0)[0];
    let value = input.data(0)[0];
    assert_eq!((first(&mut old), first(&mut new)), (value, 255 - value));
}

#[test]
fn whoever_comes_while_it_is_loaded_waits_for_it() {
    let (_dir, path) = private("identity-planes");
    let barrier = std::sync::Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                let seat = join(&path, &on_cpu(), SIZE);
                barrier.wait();
                assert_eq!(streams(&seat), 8);
                // Nobody leaves before everybody has looked.
                barrier.wait();
            });
        }
    });
}

#[test]
fn the_session_goes_with_the_last_stream() {
    let (_dir, path) = private("identity-planes");
    let (first, second) = (join(&path, &on_cpu(), SIZE), join(&path, &on_cpu(), SIZE));
    let sharing = first.sharing().unwrap();
    drop(second);
    assert_eq!(sharing.streams(), 1);
    drop(first);
    assert_eq!(sharing.streams(), 0);
    assert_eq!(streams(&join(&path, &on_cpu(), SIZE)), 1);
}

#[test]
fn a_load_that_fails_fails_for_each_with_its_own_words() {
    for _ in 0..2 {
        let model = Model::open(Some(&fixture("corrupt"))).unwrap();
        let error = Restorer::join(&runtime(), &model, &on_cpu(), 64, 48).unwrap_err();
        assert!(matches!(error, Error::ModelLoad { .. }), "{error}");
    }
}

#[test]
fn a_frame_that_comes_too_late_leaves_the_past_alone() {
    let mut restorer = join(&fixture("count-frames"), &on_cpu(), SIZE);
    let input = patterned(PixelFormat::I420, SIZE.0, SIZE.1, 0);
    let brighter_by = |restorer: &mut Restorer| {
        let mut output = input.clone();
        let result = restorer.restore(&input.as_frame(), &mut output.as_frame_mut(), 1.0);
        result.map(|()| output.data(0)[0] - input.data(0)[0])
    };
    assert_eq!(brighter_by(&mut restorer).unwrap(), 1);
    restorer.set_patience(Some(Duration::ZERO));
    let error = brighter_by(&mut restorer).unwrap_err();
    assert!(matches!(error, Error::TooLate { .. }), "{error}");
    restorer.set_patience(Some(Duration::from_secs(60)));
    assert_eq!(brighter_by(&mut restorer).unwrap(), 2);
}

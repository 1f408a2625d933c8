//! A session put to the test before anybody sees its pictures, and one that takes another's place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};

use common::{fixture, on_cpu, open, patterned, restored, runtime};
use lowlight_engine::selftest::{Agreement, Bars, Verdict};
use lowlight_engine::{
    Error, Model, PixelFormat, Provider, ProviderChoice, Restorer, SessionOptions,
};

const SIZE: (usize, usize) = (64, 48);

fn on(provider: Provider) -> SessionOptions {
    SessionOptions {
        provider: ProviderChoice::Only(provider),
        ..on_cpu()
    }
}

/// What the self-test makes of `file` on OpenVINO, for frames of `width` × `height`.
fn verdict_of(file: &Path, (width, height): (usize, usize)) -> Result<Verdict, Error> {
    let (model, options) = (Model::open(Some(file))?, on(Provider::OpenVino));
    let mut restorer = Restorer::join(&runtime(), &model, &options, width, height)?;
    restorer.self_test(&runtime(), &model, &options)
}

/// How far two fixtures' pictures are apart.
fn apart(a: &str, b: &str) -> Result<Agreement, Error> {
    let (mut a, mut b) = (open(a, SIZE.0, SIZE.1)?, open(b, SIZE.0, SIZE.1)?);
    a.agreement_with(&mut b)
}

#[test]
fn the_same_pictures_agree_and_others_do_not() {
    let same = apart("identity-planes", "identity-planes").unwrap();
    assert_eq!(same, Agreement::default());
    let other = apart("identity-planes", "invert-planes").unwrap();
    assert!(Bars::of("int8").check(&other).is_err(), "{other}");
}

#[test]
fn a_state_that_is_wrong_shows_by_the_last_frame() {
    // One code value more with every frame: 4 after the golden frames.
    let drift = apart("identity-planes", "count-frames").unwrap();
    assert_eq!(drift.max, 4);
    let late = apart("identity-planes", "delay-planes").unwrap();
    assert!(Bars::of("int8").check(&late).is_err(), "{late}");
}

#[test]
fn a_session_that_gives_no_picture_has_no_agreement() {
    let error = apart("nan-rgb", "identity-rgb-nchw").unwrap_err();
    assert!(error.to_string().contains("not finite"), "{error}");
}

#[test]
fn the_cpu_provider_is_the_reference() {
    let model = Model::open(Some(&fixture("invert-planes"))).unwrap();
    let mut restorer = open("invert-planes", SIZE.0, SIZE.1).unwrap();
    let verdict = restorer.self_test(&runtime(), &model, &on_cpu());
    assert_eq!(verdict.unwrap(), Verdict::Reference);
}

#[test]
fn a_provider_with_other_pictures_is_refused_with_the_figures() {
    // Shared: who comes later gets the answer of the first.
    let (model, options) = (
        Model::open(Some(&fixture("random-luma"))).unwrap(),
        on(Provider::OpenVino),
    );
    let join = || Restorer::join(&runtime(), &model, &options, SIZE.0, SIZE.1).unwrap();
    let (mut first, mut second) = (join(), join());
    let texts = [&mut first, &mut second].map(|restorer| {
        let verdict = restorer.self_test(&runtime(), &model, &options);
        verdict.unwrap_err().to_string()
    });
    assert_eq!(texts[0], texts[1]);
    let start = "execution provider openvino fails the self-test with model random-luma: \
                 its pictures are not those of the CPU provider: largest difference ";
    assert!(texts[0].starts_with(start), "{}", texts[0]);
}

#[test]
fn a_model_that_gives_no_picture_anywhere_is_refused_too() {
    let error = verdict_of(&fixture("nan-rgb"), SIZE).unwrap_err();
    assert!(error.to_string().contains("not finite"), "{error}");
}

#[test]
fn openvino_passes_with_every_shipped_model() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "onnx"));
    assert!(!files.is_empty());
    files.sort();
    let (mut largest, mut refused) = (0, Vec::new());
    for file in files {
        let verdict = verdict_of(&file, (160, 96));
        println!("{}: {verdict:?}", file.display());
        match verdict {
            Ok(Verdict::Passed(agreement)) => largest = largest.max(agreement.max),
            other => refused.push(other),
        }
    }
    assert!(refused.is_empty(), "{refused:?}");
    // ONNX Runtime gives a session without a named provider to any plugin that is registered. Then the reference is
    // what it is compared with, and agrees to the bit.
    assert!(
        largest > 0,
        "the reference does not run on the CPU provider"
    );
}

#[test]
fn a_restorer_that_was_tested_has_no_past() {
    let mut restorer = open("count-frames", SIZE.0, SIZE.1).unwrap();
    let input = patterned(PixelFormat::I420, SIZE.0, SIZE.1, 0);
    restorer.pace().unwrap();
    let output = restored(&mut restorer, &input, 1.0);
    assert_eq!(output.data(0)[0] - input.data(0)[0], 1);
}

#[test]
fn the_past_is_taken_over_by_another_session_of_the_same_file() {
    let input = patterned(PixelFormat::I420, SIZE.0, SIZE.1, 0);
    let brighter_by =
        |restorer: &mut Restorer| restored(restorer, &input, 1.0).data(0)[0] - input.data(0)[0];
    let mut first = open("count-frames", SIZE.0, SIZE.1).unwrap();
    assert_eq!([(); 2].map(|()| brighter_by(&mut first)), [1, 2]);
    let model = Model::open(Some(&fixture("count-frames"))).unwrap();
    let options = on(Provider::OpenVino);
    let mut second = Restorer::open(&runtime(), &model, &options, SIZE.0, SIZE.1).unwrap();
    assert!(second.take_over(&mut first).unwrap());
    assert_eq!(brighter_by(&mut second), 3);
}

#[test]
fn the_past_of_another_file_is_of_no_use() {
    let mut first = open("identity-planes", SIZE.0, SIZE.1).unwrap();
    let mut second = open("count-frames", SIZE.0, SIZE.1).unwrap();
    let input = patterned(PixelFormat::I420, SIZE.0, SIZE.1, 0);
    restored(&mut second, &input, 1.0);
    assert!(!second.take_over(&mut first).unwrap());
    let output = restored(&mut second, &input, 1.0);
    assert_eq!(output.data(0)[0] - input.data(0)[0], 1);
}

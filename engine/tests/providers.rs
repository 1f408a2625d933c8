//! Which provider a session gets: strictly the one that was asked for, or the best of a chain, on evidence.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};

use common::{fixture, on_cpu, patterned, pixels, restored, runtime};
use lowlight_engine::{
    ActiveProvider, Error, Model, PixelFormat, Provider, ProviderChoice, Restorer, SessionOptions,
};

fn only(provider: Provider) -> SessionOptions {
    SessionOptions {
        provider: ProviderChoice::Only(provider),
        ..on_cpu()
    }
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/lowlight-nano-int8.onnx")
}

fn open(path: &Path, options: &SessionOptions) -> Result<Restorer, Error> {
    let model = Model::open(Some(path)).unwrap();
    Restorer::open(&runtime(), &model, options, 128, 96)
}

/// A session that no provider was named for runs on whatever plugin is registered; one for `cpu` must not, and opening it
/// would fail here, since every session is asked which provider got its operators.
#[test]
fn a_cpu_session_runs_on_the_cpu_after_openvino_was_there() {
    let input = patterned(PixelFormat::I420, 128, 96, 0);
    let picture = |provider| {
        let mut restorer = open(&shipped(), &only(provider)).unwrap();
        assert_eq!(restorer.active_provider().provider, provider);
        pixels(&restored(&mut restorer, &input, 1.0).as_frame())
    };
    let before = picture(Provider::Cpu);
    let openvino = picture(Provider::OpenVino);
    assert!(
        before != openvino,
        "the providers cannot be told apart by their pictures"
    );
    assert!(picture(Provider::Cpu) == before);
}

/// The runtime that `scripts/setup` fetches without `--nvidia` has none of them.
#[test]
fn a_provider_that_was_asked_for_by_name_is_had_or_refused_with_the_reason() {
    for (provider, reason) in [
        (
            Provider::Cuda,
            "is built without CUDA; the GPU build has it",
        ),
        (
            Provider::TensorRt,
            "is built without TensorRT; the GPU build has it",
        ),
        (
            Provider::TensorRtRtx,
            "plugin library was not found (run scripts/setup --nvidia)",
        ),
    ] {
        let error = open(&fixture("identity-planes"), &only(provider)).unwrap_err();
        let name = provider.name();
        let start = format!("execution provider {name} is not usable: ");
        let text = error.to_string();
        assert!(text.starts_with(&start) && text.contains(reason), "{text}");
    }
}

#[test]
fn whoever_names_a_gpu_gets_no_cpu() {
    let options = SessionOptions {
        device: Some("0".into()),
        ..SessionOptions::default()
    };
    let error = open(&fixture("identity-planes"), &options).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Provider {
                provider: "cuda",
                ..
            }
        ),
        "{error}"
    );
}

/// What `auto` chose for the shipped model with a cache in `dir`.
fn auto(dir: &Path) -> ActiveProvider {
    let options = SessionOptions {
        provider: ProviderChoice::Auto,
        cache_dir: Some(dir.to_path_buf()),
        ..on_cpu()
    };
    open(&shipped(), &options)
        .unwrap()
        .active_provider()
        .clone()
}

/// The only page of the notebook in `dir`.
fn page(dir: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(dir.join("provider-times")).unwrap();
    let page = entries.next().unwrap().unwrap().path();
    assert!(entries.next().is_none());
    page
}

#[test]
fn auto_measures_once_and_says_what_it_found() {
    let dir = tempfile::tempdir().unwrap();
    let first = auto(dir.path());
    assert!(
        first
            .reason
            .starts_with("measured at 128x96 on 1 threads: openvino ")
            && first.reason.contains(" ms, cpu ")
            && first.reason.contains("; tensorrt: "),
        "{}",
        first.reason
    );
    assert_eq!(first.precision, "int8");
    let second = auto(dir.path());
    assert_eq!(second.provider, first.provider);
    assert!(
        second.reason.starts_with("measured earlier at 128x96"),
        "{}",
        second.reason
    );
}

#[test]
fn auto_goes_by_the_evidence_and_not_by_its_order() {
    let dir = tempfile::tempdir().unwrap();
    auto(dir.path());
    for (openvino, cpu, best) in [(9.0, 1.0, Provider::Cpu), (1.0, 9.0, Provider::OpenVino)] {
        let path = page(dir.path());
        let mut noted: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        noted["milliseconds"] = serde_json::json!({ "openvino": openvino, "cpu": cpu });
        std::fs::write(&path, noted.to_string()).unwrap();
        assert_eq!(auto(dir.path()).provider, best);
    }
}

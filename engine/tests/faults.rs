//! Faulty models and sidecars: each with the exact error that a user reads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{fixture, open};
use lowlight_engine::{Error, Model};

/// The error of opening fixture `name`, with the folder cut from its text.
fn fault(name: &str) -> String {
    let error = open(name, 64, 48)
        .err()
        .unwrap_or_else(|| panic!("{name} opened"))
        .to_string();
    let folder = fixture(name).parent().unwrap().display().to_string();
    error.replace(&format!("{folder}/"), "")
}

#[test]
fn faulty_models_are_refused_by_name_with_the_reason() {
    let cases = [
        (
            "corrupt",
            "corrupt.onnx is not a model that ONNX Runtime can load: Load model from corrupt.onnx \
             failed:Protobuf parsing failed.",
        ),
        (
            "wrong-type",
            "wrong-type.onnx: input y: the sidecar says u8, the graph says i64",
        ),
        (
            "wrong-shape",
            "wrong-shape.onnx: input y: the sidecar says dims [1, 1, 96, 128], the graph says [1, 1, 48, 64]",
        ),
        (
            "wrong-name",
            "wrong-name.onnx: the sidecar's input luma is not in the graph, which has y",
        ),
        (
            "no-sidecar",
            "cannot read no-sidecar.onnx.modelinfo: No such file or directory (os error 2)",
        ),
        (
            "companion-missing",
            "companion-missing.onnx names a companion (blocks) that cannot be used: \
             cannot read nowhere.onnx.modelinfo: No such file or directory (os error 2)",
        ),
        (
            "companion-of-planes",
            "companion-of-planes.onnx names a companion (blocks) that cannot be used: \
             identity-planes.onnx.modelinfo: a companion has an input of role blocks",
        ),
        (
            "companion-corrupt",
            "companion-corrupt.onnx names a companion (blocks) that cannot be used: corrupt-blocks.onnx is not a \
             model that ONNX Runtime can load: Load model from corrupt-blocks.onnx failed:Protobuf parsing failed.",
        ),
        (
            "companion-wrong-shape",
            "companion-wrong-shape.onnx names a companion (blocks) that cannot be used: wrong-shape-blocks.onnx: \
             input blocks: the sidecar says dims [1, -1, -1, 24], the graph says [1, 12, 16, 96]",
        ),
    ];
    for (name, text) in cases {
        assert_eq!(fault(name), text);
    }
}

#[test]
fn an_empty_model_file_is_refused() {
    let text = fault("empty");
    assert!(
        text.starts_with("empty.onnx is not a model that ONNX Runtime can load: "),
        "{text}"
    );
}

#[test]
fn a_frame_larger_than_a_fixed_model_is_refused_before_anything_is_loaded() {
    let error = open("identity-rgb-fixed", 65, 48).unwrap_err();
    assert!(
        matches!(
            error,
            Error::FrameTooLarge {
                max_width: 64,
                max_height: 48,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn opening_a_model_reads_only_its_sidecar() {
    assert_eq!(
        Model::open(Some(&fixture("corrupt"))).unwrap().info().name,
        "identity-planes"
    );
}

//! Frames through known-answer models: formats, odd sizes, strides, strength.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{PLANAR, SIZES, fixture, on_cpu, open, patterned, pixels, restored, runtime};
use lowlight_engine::{
    Colorimetry, Error, Model, OwnedFrame, PixelFormat, Provider, ProviderChoice, Range, Restorer,
    SessionOptions,
};

/// Models that give back what they get, by planes and by blocks.
const IDENTITIES: [&str; 2] = ["identity-planes", "identity-blocks"];

#[test]
fn planes_come_through_identity_models_unchanged() {
    for model in IDENTITIES {
        for format in PLANAR {
            for (width, height) in SIZES {
                let mut restorer = open(model, width, height).unwrap();
                let input = patterned(format, width, height, 3);
                let output = restored(&mut restorer, &input, 1.0);
                assert_eq!(
                    pixels(&output.as_frame()),
                    pixels(&input.as_frame()),
                    "{model} {format:?} {width}x{height}"
                );
            }
        }
    }
}

#[test]
fn row_padding_is_never_written() {
    for model in IDENTITIES {
        for format in PLANAR {
            let mut restorer = open(model, 17, 19).unwrap();
            let output = restored(&mut restorer, &patterned(format, 17, 19, 3), 1.0);
            for plane in 0..format.n_planes() {
                let (row_bytes, _) = format.plane_size(plane, 17, 19);
                let mut rows = output.data(plane).chunks(output.stride(plane));
                assert!(
                    rows.all(|row| row[row_bytes..].iter().all(|&byte| byte == 0xAB)),
                    "{model} {format:?}"
                );
            }
        }
    }
}

#[test]
fn every_plane_passes_the_network() {
    for format in PLANAR {
        let mut restorer = open("invert-planes", 33, 47).unwrap();
        let input = patterned(format, 33, 47, 0);
        let output = restored(&mut restorer, &input, 1.0);
        let inverted: Vec<u8> = pixels(&input.as_frame())
            .iter()
            .map(|value| 255 - value)
            .collect();
        assert_eq!(pixels(&output.as_frame()), inverted, "{format:?}");
    }
}

#[test]
fn rgb_formats_come_through_rgb_models_unchanged() {
    for model in [
        "identity-rgb-nchw",
        "identity-rgb-nhwc-signed",
        "identity-rgb-fixed",
    ] {
        for format in PixelFormat::ALL
            .into_iter()
            .filter(|format| !PLANAR.contains(format))
        {
            let mut restorer = open(model, 33, 47).unwrap();
            let input = patterned(format, 33, 47, 7);
            let output = restored(&mut restorer, &input, 1.0);
            assert_eq!(
                pixels(&output.as_frame()),
                pixels(&input.as_frame()),
                "{model} {format:?}"
            );
        }
    }
}

/// RGB → limited-range 4:2:0 → RGB loses chroma detail by nature: a flat colour must survive to ±3.
#[test]
fn flat_rgb_survives_models_of_planes_and_blocks() {
    let models_and_sizes = IDENTITIES
        .iter()
        .flat_map(|model| SIZES.map(|size| (model, size)));
    for (model, (width, height)) in models_and_sizes {
        let bytes = [200, 120, 40].repeat(width * height);
        let input = OwnedFrame::packed(
            PixelFormat::Rgb,
            width,
            height,
            Colorimetry::default(),
            bytes,
        )
        .unwrap();
        let mut restorer = open(model, width, height).unwrap();
        let output = restored(&mut restorer, &input, 1.0);
        for (got, want) in pixels(&output.as_frame())
            .iter()
            .zip(pixels(&input.as_frame()))
        {
            assert!(
                got.abs_diff(want) <= 3,
                "{model}: {got} for {want} at {width}x{height}"
            );
        }
    }
}

#[test]
fn alpha_is_the_inputs_own() {
    let input = patterned(PixelFormat::Rgba, 17, 19, 0);
    for model in ["identity-rgb-nchw", "invert-planes", "brighten-blocks"] {
        let output = restored(&mut open(model, 17, 19).unwrap(), &input, 1.0);
        let alpha = |frame: &OwnedFrame| {
            pixels(&frame.as_frame())
                .into_iter()
                .skip(3)
                .step_by(4)
                .collect::<Vec<_>>()
        };
        assert_eq!(alpha(&output), alpha(&input), "{model}");
    }
}

#[test]
fn full_range_planes_are_mapped_to_the_models_range_and_back() {
    let colorimetry = Colorimetry {
        range: Range::Full,
        ..Colorimetry::default()
    };
    let values: Vec<u8> = (0..=255).collect();
    let input = OwnedFrame::packed(PixelFormat::Gray8, 16, 16, colorimetry, values).unwrap();
    let through = |model| {
        let mut output = OwnedFrame::zeroed(PixelFormat::Gray8, 16, 16, colorimetry).unwrap();
        open(model, 16, 16)
            .unwrap()
            .restore(&input.as_frame(), &mut output.as_frame_mut(), 1.0)
            .unwrap();
        output.data(0).to_vec()
    };
    for model in IDENTITIES {
        for (got, want) in through(model).iter().zip(input.data(0)) {
            assert!(got.abs_diff(*want) <= 1, "{model}: {got} for {want}");
        }
    }
    // The network saw 235 where the frame is white: 255 - 235 = 20, which is code value 5 in full range.
    assert_eq!(through("invert-planes")[255], 5);
    // 60 is 68 in limited range, 52 above black; twice that is 120, which is 121 in full range.
    assert_eq!(through("brighten-blocks")[60], 121);
}

#[test]
fn strength_zero_is_the_input_bit_by_bit() {
    for format in PixelFormat::ALL {
        let mut restorer = open("invert-planes", 17, 19).unwrap();
        let input = patterned(format, 17, 19, 1);
        let output = restored(&mut restorer, &input, 0.0);
        assert_eq!(
            pixels(&output.as_frame()),
            pixels(&input.as_frame()),
            "{format:?}"
        );
    }
}

#[test]
fn values_that_are_not_finite_are_an_error_not_a_picture() {
    for (model, format, text) in [
        (
            "nan-rgb",
            PixelFormat::Rgb,
            "model nan-rgb: output restored holds 24 values that are not finite",
        ),
        (
            "nan-blocks",
            PixelFormat::I420,
            "model nan-blocks: output gain is [NaN]: no gain",
        ),
    ] {
        let mut restorer = open(model, 4, 2).unwrap();
        let input = patterned(format, 4, 2, 0);
        let mut output = input.clone();
        let error = restorer
            .restore(&input.as_frame(), &mut output.as_frame_mut(), 1.0)
            .unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn a_frame_of_another_size_is_refused() {
    let mut restorer = open("identity-planes", 16, 16).unwrap();
    let input = patterned(PixelFormat::Gray8, 18, 16, 0);
    let mut output = input.clone();
    let error = restorer
        .restore(&input.as_frame(), &mut output.as_frame_mut(), 1.0)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "GRAY8 frame of 18x16: this restorer was opened for 16x16"
    );
}

#[test]
fn the_shipped_model_runs_on_both_cpu_providers_and_says_which() {
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let model = Model::open(Some(&models)).unwrap();
    let mut results = Vec::new();
    for provider in [Provider::Cpu, Provider::OpenVino] {
        let options = SessionOptions {
            provider: ProviderChoice::Only(provider),
            ..SessionOptions::default()
        };
        let mut restorer = Restorer::open(&runtime(), &model, &options, 101, 75).unwrap();
        assert_eq!(restorer.active_provider().provider, provider);
        let output = restored(
            &mut restorer,
            &patterned(PixelFormat::Nv12, 101, 75, 2),
            1.0,
        );
        let map = restorer
            .degradation()
            .expect("the shipped model has a degradation map");
        assert_eq!((map.width, map.height, map.values.len()), (7, 5, 3 * 7 * 5));
        results.push(pixels(&output.as_frame()));
    }
    let psnr = lowlight_engine::metrics::psnr(&results[0], &results[1]);
    assert!(psnr > 35.0, "the providers disagree: {psnr:.1} dB");
}

#[test]
fn auto_says_what_it_chose() {
    let model = Model::open(Some(&fixture("identity-planes"))).unwrap();
    let options = SessionOptions::default();
    let restorer = Restorer::open(&runtime(), &model, &options, 16, 16).unwrap();
    let active = restorer.active_provider();
    assert_eq!(active.provider, Provider::OpenVino);
    let passed_over: Vec<_> = active
        .passed_over
        .iter()
        .map(|link| link.provider)
        .collect();
    assert_eq!(
        passed_over,
        [Provider::TensorRt, Provider::TensorRtRtx, Provider::Cuda]
    );
    let first = &active.passed_over[0];
    assert!(
        first
            .reason
            .contains("is built without TensorRT; the GPU build has it"),
        "{}",
        first.reason
    );
    assert!(
        active
            .reason
            .starts_with("the first that works; tensorrt: "),
        "{}",
        active.reason
    );
}

#[test]
fn a_file_that_is_no_model_is_the_same_error_on_every_provider() {
    for provider in [Provider::Cpu, Provider::OpenVino] {
        let model = Model::open(Some(&fixture("corrupt"))).unwrap();
        let options = SessionOptions {
            provider: ProviderChoice::Only(provider),
            ..on_cpu()
        };
        let error = Restorer::open(&runtime(), &model, &options, 16, 16).unwrap_err();
        assert!(matches!(error, Error::ModelLoad { .. }), "{error}");
    }
}

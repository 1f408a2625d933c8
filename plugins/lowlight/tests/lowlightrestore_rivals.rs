//! Third-party models run by a sidecar alone. They are not part of this repository: put SCI, LYT-Net and TBEFN as
//! ONNX files into `../shared/rivals` beside the checkout, or name their folder in `TAPETUM_RIVALS`, and run
//! `cargo test --release -p gst-plugin-lowlight --test lowlightrestore_rivals -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};

use common::Rig;
use common::picture::{flat, pixels};
use lowlight_engine::{OwnedFrame, PixelFormat};

/// File, frame size, input name and dims, output name and dims, black and white.
type Rival = (
    &'static str,
    (usize, usize),
    (&'static str, &'static str),
    (&'static str, &'static str),
    &'static str,
);

const RIVALS: [Rival; 4] = [
    (
        "sci_360x640.onnx",
        (640, 360),
        ("input", "1,3,360,640"),
        ("output", "1,3,360,640"),
        "0.0,1.0",
    ),
    (
        "sci_720x1280.onnx",
        (1280, 720),
        ("input", "1,3,720,1280"),
        ("output", "1,3,720,1280"),
        "0.0,1.0",
    ),
    (
        "lyt_net_lolv2_real_640x360.onnx",
        (640, 360),
        ("input_1", "1,360,640,3"),
        ("output_1", "1,360,640,3"),
        "-1.0,1.0",
    ),
    (
        "tbefn_360x640.onnx",
        (640, 360),
        ("Placeholder", "1,3,360,640"),
        ("fusion/fusion_3/BiasAdd", "1,360,640,3"),
        "0.0,1.0",
    ),
];

fn folder() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/rivals");
    std::env::var_os("TAPETUM_RIVALS").map_or(beside, PathBuf::from)
}

/// A copy of `rival` with the sidecar that it needs, in `dir`.
fn with_sidecar(rival: &Rival, dir: &Path) -> PathBuf {
    let (file, _, (input, input_dims), (output, output_dims), ranges) = rival;
    let tensor = |name, dir, dims| {
        format!("[{name}]\ndir={dir}\ntype=float32\ndims={dims}\nranges={ranges}\nrole=rgb\n")
    };
    let sidecar = [
        "[modelinfo]\nversion=1.0\n".to_owned(),
        tensor(input, "input", input_dims),
        tensor(output, "output", output_dims),
    ];
    let model = dir.join(file);
    std::fs::copy(folder().join(file), &model).unwrap();
    std::fs::write(dir.join(format!("{file}.modelinfo")), sidecar.join("\n")).unwrap();
    model
}

/// A dark ramp.
fn dark(format: PixelFormat, (width, height): (usize, usize)) -> OwnedFrame {
    let mut frame = flat(format, width, height, 128);
    let row_bytes = format.plane_size(0, width, height).0;
    for (index, byte) in frame.data_mut(0).iter_mut().enumerate() {
        *byte = 16 + (index % row_bytes * 40 / row_bytes) as u8;
    }
    frame
}

#[test]
#[ignore = "needs models that are not in the repository"]
fn rivals_brighten_a_dark_frame_by_their_sidecar_alone() {
    for rival in &RIVALS {
        let dir = tempfile::tempdir().unwrap();
        let model = with_sidecar(rival, dir.path());
        for format in [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Rgb] {
            let input = dark(format, rival.1);
            let properties = [
                ("model-file", model.to_str().unwrap()),
                ("wait-for-model", "true"),
                ("n-threads", "0"),
            ];
            let mut rig = Rig::with("identity-planes", &properties).for_frames(&input);
            let output = rig.through(&input);
            let mean = |frame: &OwnedFrame| {
                let luma = frame.data(0);
                luma.iter().map(|&value| f64::from(value)).sum::<f64>() / luma.len() as f64
            };
            println!(
                "{} {format:?}: mean {:.0} -> {:.0}",
                rival.0,
                mean(&input),
                mean(&output)
            );
            assert_eq!(rig.count("frames-restored"), 1);
            assert!(mean(&output) > mean(&input) + 5.0);
            assert_ne!(pixels(&output), pixels(&input));
        }
    }
}

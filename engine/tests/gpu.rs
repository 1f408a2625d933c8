//! GPUs as the driver lists them, on a stand-in for the driver that is compiled here. With the GPU build of ONNX Runtime
//! in `TAPETUM_TEST_GPU_RUNTIME` (`scripts/setup --nvidia` says where it is) its providers are tried too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{fixture, on_cpu};
use lowlight_engine::{Model, Provider, ProviderChoice, Restorer, Runtime, SessionOptions, gpu};

/// Set in the processes that these tests start.
const INSIDE: &str = "TAPETUM_TEST_INSIDE";
/// The GPU build of ONNX Runtime.
const RUNTIME: &str = "TAPETUM_TEST_GPU_RUNTIME";

/// Compiles the stand-ins into `dir`, under the names that the loader looks for.
fn stand_ins(dir: &Path) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for (source, library) in [
        ("stand-in-cuda.c", "libcuda.so.1"),
        ("stand-in-nvml.c", "libnvidia-ml.so.1"),
    ] {
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-o"]).arg(dir.join(library));
        let status = cc
            .arg(data.join(source))
            .status()
            .expect("cc (scripts/setup)");
        assert!(status.success());
    }
}

/// Runs test `name` of this program in a process of its own, where the driver is the stand-in with `gpus` GPUs.
#[track_caller]
fn inside(name: &str, gpus: u32) {
    let dir = tempfile::tempdir().unwrap();
    stand_ins(dir.path());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture"]);
    command.env("LD_LIBRARY_PATH", dir.path());
    command
        .env("STAND_IN_GPUS", gpus.to_string())
        .env(INSIDE, "1");
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

#[test]
fn gpus_are_listed_and_found_by_name() {
    if !is_inside() {
        return inside("gpus_are_listed_and_found_by_name", 2);
    }
    let survey = gpu::survey().unwrap();
    assert_eq!(survey.driver.as_deref(), Some("580.65.06"));
    assert_eq!((survey.cuda, survey.gpus.len()), ((13, 2), 2));
    let second = &survey.gpus[1];
    assert_eq!((second.memory, second.capability), (2 << 30, (8, 9)));
    let uuid = "GPU-a0a1a2a3-a4a5-a6a7-a8a9-aaabacadae01";
    assert_eq!(second.to_string(), format!("1 Stand-in B ({uuid})"));
    for name in ["1", uuid] {
        assert_eq!(&gpu::find(Some(name)).unwrap(), second);
    }
    assert_eq!(gpu::find(None).unwrap().index, 0);
    let first = "GPU-a0a1a2a3-a4a5-a6a7-a8a9-aaabacadae00";
    assert_eq!(
        gpu::find(Some("2")).unwrap_err().to_string(),
        format!(
            "device \"2\" names no GPU; there are: 0 Stand-in A ({first}), 1 Stand-in B ({uuid})"
        )
    );
}

#[test]
fn a_driver_without_a_gpu_says_so_in_its_own_words() {
    if !is_inside() {
        return inside("a_driver_without_a_gpu_says_so_in_its_own_words", 0);
    }
    let text = gpu::survey().unwrap_err().to_string();
    assert!(
        text.starts_with(
            "the NVIDIA driver is there, but cuInit says CUDA_ERROR_NO_DEVICE (no GPU"
        ),
        "{text}"
    );
}

#[test]
fn a_machine_without_a_driver_is_told_what_is_missing() {
    match gpu::survey() {
        Ok(_) => eprintln!("not tried: this machine has a GPU"),
        Err(error) => assert_eq!(
            error.to_string(),
            "libcuda.so.1 was not found: install the NVIDIA driver"
        ),
    }
}

/// The GPU build of ONNX Runtime, and its error for `provider` on `device`.
fn refusal(library: &Path, provider: Provider, device: Option<&str>) -> String {
    let runtime = Runtime::load(Some(library)).unwrap();
    let options = SessionOptions {
        provider: ProviderChoice::Only(provider),
        device: device.map(str::to_owned),
        ..on_cpu()
    };
    let model = Model::open(Some(&fixture("identity-planes"))).unwrap();
    let opened = Restorer::open(&runtime, &model, &options, 64, 48);
    opened.expect_err("there is no GPU here").to_string()
}

fn gpu_runtime() -> Option<PathBuf> {
    let path = std::env::var_os(RUNTIME).map(PathBuf::from);
    if path.is_none() {
        eprintln!("not tried: {RUNTIME} does not say where the GPU build of ONNX Runtime is");
    }
    path
}

#[test]
fn the_gpu_build_names_the_library_that_is_missing() {
    let Some(library) = gpu_runtime() else { return };
    if !is_inside() {
        return inside("the_gpu_build_names_the_library_that_is_missing", 1);
    }
    let missing = |provider| {
        let text = refusal(&library, provider, None);
        let start = format!("execution provider {} is not usable: ", provider.name());
        let reason = text
            .strip_prefix(&start)
            .unwrap_or_else(|| panic!("{text}"));
        let (file, remedy) = reason
            .split_once(" was not found: install ")
            .unwrap_or_else(|| panic!("{text}"));
        assert!(file.starts_with("lib") && file.contains(".so."), "{text}");
        remedy.to_owned()
    };
    let remedies = [
        "cuDNN 9 for CUDA 13",
        "the CUDA 13 runtime libraries",
        "TensorRT 10 for CUDA 13",
    ];
    for provider in [Provider::Cuda, Provider::TensorRt] {
        let remedy = missing(provider);
        assert!(remedies.contains(&remedy.as_str()), "{remedy}");
    }
}

#[test]
fn the_gpu_build_is_asked_for_a_gpu_that_is_there() {
    let Some(library) = gpu_runtime() else { return };
    if !is_inside() {
        return inside("the_gpu_build_is_asked_for_a_gpu_that_is_there", 1);
    }
    let text = refusal(&library, Provider::Cuda, Some("3"));
    assert!(
        text.contains("device \"3\" names no GPU; there are: 0 Stand-in A (GPU-"),
        "{text}"
    );
}

#[test]
fn the_gpu_build_without_a_driver_says_so() {
    let Some(library) = gpu_runtime() else { return };
    if gpu::survey().is_ok() {
        return;
    }
    for provider in [Provider::Cuda, Provider::TensorRt] {
        let text = refusal(&library, provider, None);
        assert!(
            text.ends_with("libcuda.so.1 was not found: install the NVIDIA driver"),
            "{text}"
        );
    }
}

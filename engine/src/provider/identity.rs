//! What a compiled model depends on, for each provider that compiles.

use std::path::Path;
use std::sync::OnceLock;

use super::{OptimizationLevel, Provider, SessionOptions, openvino, tensorrt_rtx};
use crate::cache::{self, Key, Order};
use crate::gpu;
use crate::model::Model;
use crate::modelinfo::ModelInfo;
use crate::session::Environment;

/// The libraries and the device that a model is compiled for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Identity {
    library: String,
    cuda: String,
    driver: String,
    device: String,
    settings: String,
}

/// What is to be had from the cache for `model` (the file that `provider` loads), with a picture of `size` (padded).
pub(crate) fn order(
    provider: Provider,
    environment: &Environment,
    options: &SessionOptions,
    model: &Model,
    size: (usize, usize),
) -> Result<Order, String> {
    let identity = match provider {
        Provider::OpenVino => on_openvino(environment, options)?,
        Provider::TensorRt => on_nvidia(options, version("libnvinfer.so.10")?)?,
        Provider::TensorRtRtx => {
            let library = tensorrt_rtx::library(environment)?;
            on_nvidia(options, plugin(&library, "libtensorrt_rtx")?)?
        }
        Provider::Cpu | Provider::Cuda => {
            return Err(format!("{} compiles nothing", provider.name()));
        }
    };
    let path = model.path();
    let digest =
        cache::model_digest(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let info = model.info();
    let key = Key {
        model: digest,
        runtime: ort::info()
            .trim_start_matches("ORT Build Info: ")
            .to_owned(),
        provider: provider.name().to_owned(),
        library: identity.library,
        cuda: identity.cuda,
        driver: identity.driver,
        device: identity.device,
        shape: shapes(info, size),
        precision: info.precision.clone(),
        settings: format!(
            "optimization={}{}",
            level(options.optimization_level),
            identity.settings
        ),
    };
    Ok(Order {
        key,
        model: path.to_path_buf(),
        size,
    })
}

/// The shape of every input in TensorRT's words: `y:1x1x720x1280,u:1x1x360x640`.
pub(super) fn shapes(info: &ModelInfo, (width, height): (usize, usize)) -> String {
    let inputs = info.inputs.iter().map(|input| {
        let shape = input.shape(width, height);
        let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
        format!("{}:{}", input.name, shape.join("x"))
    });
    inputs.collect::<Vec<_>>().join(",")
}

const fn level(level: OptimizationLevel) -> &'static str {
    match level {
        OptimizationLevel::DisableAll => "disable-all",
        OptimizationLevel::EnableBasic => "enable-basic",
        OptimizationLevel::EnableExtended => "enable-extended",
        OptimizationLevel::EnableAll => "enable-all",
    }
}

fn on_openvino(environment: &Environment, options: &SessionOptions) -> Result<Identity, String> {
    Ok(Identity {
        library: plugin(&openvino::library(environment)?, "libopenvino.so")?,
        device: processor().to_owned(),
        settings: format!(" threads={}", options.effective_threads()),
        ..Identity::default()
    })
}

fn on_nvidia(options: &SessionOptions, library: String) -> Result<Identity, String> {
    let fail = |error: crate::Error| error.to_string();
    let gpu = gpu::find(options.device.as_deref()).map_err(fail)?;
    let survey = gpu::survey().map_err(fail)?;
    let newest = format!("{}.{}", survey.cuda.0, survey.cuda.1);
    Ok(Identity {
        library,
        cuda: version("libcudart.so.13").unwrap_or_else(|_| newest.clone()),
        // Where NVML does not tell it, the newest CUDA that the driver knows changes with it, if not at every step.
        driver: survey.driver.unwrap_or(newest),
        device: format!("{}, {}.{}", gpu.name, gpu.capability.0, gpu.capability.1),
        settings: String::new(),
    })
}

/// The version of one of NVIDIA's libraries.
fn version(file: &str) -> Result<String, String> {
    static LIBRARIES: OnceLock<Vec<gpu::Library>> = OnceLock::new();
    let libraries = LIBRARIES.get_or_init(gpu::libraries);
    let library = libraries.iter().find(|library| library.file == file);
    library.map_or_else(
        || Err(format!("{file} is not looked for")),
        |library| library.version.clone(),
    )
}

/// A plugin by the start of its SHA-256, with the versioned names of the libraries beside it that do the work.
fn plugin(library: &Path, worker: &str) -> Result<String, String> {
    let fail = |error: std::io::Error| format!("{}: {error}", library.display());
    let digest = cache::short_digest(library).map_err(fail)?;
    let dir = library.parent().unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(dir).map_err(fail)?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(worker)).collect();
    names.sort();
    names.push(format!("plugin {digest}"));
    Ok(names.join(", "))
}

/// This machine's processor: its name, and what it can do, since a virtual machine may hide some of that.
fn processor() -> &'static str {
    static PROCESSOR: OnceLock<String> = OnceLock::new();
    PROCESSOR.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        describe_processor(&text)
    })
}

/// The first processor of `/proc/cpuinfo`, as `name (features 0123abcd…)`.
fn describe_processor(cpuinfo: &str) -> String {
    let field = |names: [&str; 2]| {
        let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines
            .find(|(name, _)| names.contains(&name.trim()))
            .map_or("unknown", |(_, value)| value.trim())
    };
    let name = field(["model name", "CPU part"]);
    let features = cache::digest_of(field(["flags", "Features"]).as_bytes());
    format!("{name} (features {})", &features[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_differ_by_name_and_by_what_they_can_do() {
        let intel = |flags: &str| {
            describe_processor(&format!(
                "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) 6975P\ncpu MHz\t\t: 2500.1\nflags\t\t: {flags}\n\n\
                 processor\t: 1\nmodel name\t: other\n"
            ))
        };
        assert!(intel("sse2 avx2").starts_with("Intel(R) Xeon(R) 6975P (features "));
        assert_ne!(intel("sse2 avx2"), intel("sse2 avx2 avx512f"));
        assert_eq!(intel("sse2"), intel("sse2"));
        let arm = "processor\t: 0\nFeatures\t: fp asimd\nCPU part\t: 0xd0c\n";
        assert!(describe_processor(arm).starts_with("0xd0c (features "));
        assert!(describe_processor("").starts_with("unknown"));
    }

    #[test]
    fn a_plugin_is_told_by_its_content_and_by_what_lies_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let library = dir.path().join("libplugin.so");
        std::fs::write(&library, "one").unwrap();
        std::fs::write(dir.path().join("libworker.so.2641"), "").unwrap();
        std::fs::write(dir.path().join("unrelated.txt"), "").unwrap();
        let told = plugin(&library, "libworker").unwrap();
        assert!(told.starts_with("libworker.so.2641, plugin "), "{told}");
        let newer = dir.path().join("libworker.so.2642");
        std::fs::rename(dir.path().join("libworker.so.2641"), newer).unwrap();
        assert_ne!(plugin(&library, "libworker").unwrap(), told);
    }
}

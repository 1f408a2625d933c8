//! NVIDIA's TensorRT for RTX as a plugin provider: a library of its own that is registered with ONNX Runtime at run time.

use std::path::{Path, PathBuf};

use ort::memory::DeviceType;
use ort::session::builder::SessionBuilder;

use super::Target;
use crate::session::Environment;
use crate::{cache, discovery, missing};

/// The name under which the plugin registers its devices.
const NAME: &str = "NvTensorRTRTXExecutionProvider";

/// What it needs beside the driver, in an order in which each finds those before it.
const COMPANIONS: [&str; 3] = [
    "libcudart.so.13",
    "libtensorrt_rtx.so.1",
    "libtensorrt_onnxparser_rtx.so.1",
];

pub(super) fn configure(
    target: &Target<'_>,
    builder: SessionBuilder,
) -> Result<SessionBuilder, String> {
    let environment = target.environment;
    environment
        .register_plugin(NAME, || {
            let path = library(environment)?;
            load_companions(path.parent().unwrap_or(Path::new(".")));
            Ok(path)
        })
        .map_err(|reason| missing::explain(&reason))?;
    let ordinal = usize::try_from(target.gpu()?).unwrap_or_default();
    let device = environment
        .devices()
        .filter(|device| {
            device.ep().is_ok_and(|name| name == NAME)
                && device.hardware_device().ty() == DeviceType::GPU
        })
        .nth(ordinal);
    let Some(device) = device else {
        return Err(
            "the plugin is loaded but offers no such GPU here (it takes GeForce and RTX cards from the 30 series on, \
             not the data centre's Hopper)"
                .into(),
        );
    };
    let builder = keep_engine(builder, target.cache).map_err(|error| error.to_string())?;
    builder
        .with_devices([device], Some(&settings(target)))
        .map_err(|error| missing::explain(&error.to_string()))
}

/// Loads the libraries that the plugin needs from `dir`, where it lies: it does not look for them there itself, and they have
/// other names than it asks for. The loader takes what is loaded already by the name that the library gives itself.
/// What is not there is looked for in the system, and missed with its name.
fn load_companions(dir: &Path) {
    for name in COMPANIONS {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(name));
        let Some(path) = files.map(|entry| entry.path()).max() else {
            continue;
        };
        if let Err(error) = ort::util::preload_dylib(&path) {
            tracing::debug!(library = %path.display(), %error, "not loaded");
        }
    }
}

/// The plugin's library.
pub(super) fn library(environment: &Environment) -> Result<PathBuf, String> {
    discovery::plugin(discovery::Plugin::TensorRtRtx, environment.library())
}

/// The compiled model in folder `cache`: an ONNX file of one node, which holds the engine.
pub(super) fn engine_file(cache: &Path) -> PathBuf {
    cache.join("engine.onnx")
}

/// Lets ONNX Runtime write the engine into folder `cache`, unless it is there.
fn keep_engine(builder: SessionBuilder, cache: Option<&Path>) -> ort::Result<SessionBuilder> {
    let file = cache.map(engine_file).filter(|file| !file.is_file());
    let Some(file) = file.as_deref().and_then(Path::to_str) else {
        return Ok(builder);
    };
    builder
        .with_config_entry("ep.context_enable", "1")?
        .with_config_entry("ep.context_file_path", file)?
        .with_config_entry("ep.context_embed_mode", "1")
        .map_err(Into::into)
}

/// The plugin's own settings.
fn settings(target: &Target<'_>) -> Vec<(String, String)> {
    let mut settings = vec![(format!("{NAME}.enable_cuda_graph"), "0".to_owned())];
    // The kernels that it makes of the engine on this GPU. It writes them when a session closes, and checks them itself:
    // so they lie beside the entry, not in it.
    let writable = target.cache.filter(|_| !target.options.cache_read_only);
    let kernels = writable.map(|dir| dir.with_extension(cache::KERNELS));
    if let Some(dir) = kernels.as_deref().and_then(usable) {
        settings.push((format!("{NAME}.nv_runtime_cache_path"), dir));
    }
    settings
}

/// `dir`, made if it is not there.
fn usable(dir: &Path) -> Option<String> {
    if let Err(error) = std::fs::create_dir_all(dir) {
        tracing::info!(dir = %dir.display(), %error, "compiled kernels are not kept");
        return None;
    }
    dir.to_str().map(str::to_owned)
}

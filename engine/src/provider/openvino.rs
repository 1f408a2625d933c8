//! OpenVINO as a plugin provider: a library of its own that is registered with ONNX Runtime at run time.

use std::path::{Path, PathBuf};

use ort::session::builder::SessionBuilder;

use super::Target;
use crate::discovery;
use crate::session::Environment;

/// The name under which the plugin registers its devices.
const NAME: &str = "OpenVINOExecutionProvider";

pub(super) fn configure(
    target: &Target<'_>,
    builder: SessionBuilder,
) -> Result<SessionBuilder, String> {
    let environment = target.environment;
    environment.register_plugin(NAME, || library(environment))?;
    let devices = || {
        environment.devices().filter(|device| {
            device.ep().is_ok_and(|name| name == NAME)
                && device.hardware_device().ty() == ort::memory::DeviceType::CPU
        })
    };
    if devices().next().is_none() {
        return Err("the plugin is loaded but offers no CPU device here".into());
    }
    let settings = [(format!("{NAME}.load_config"), load_config(target))];
    builder
        .with_devices(devices(), Some(&settings))
        .map_err(|error| error.to_string())
}

/// The plugin's library.
pub(super) fn library(environment: &Environment) -> Result<PathBuf, String> {
    discovery::plugin(discovery::Plugin::OpenVino, environment.library())
}

/// OpenVINO's own properties, as JSON: the plugin ignores its `num_of_threads` and `cache_dir`.
fn load_config(target: &Target<'_>) -> String {
    // Said even if there is none: OpenVINO would go on with the folder of the session before.
    let cache = target.cache.and_then(Path::to_str).unwrap_or_default();
    let properties = serde_json::json!({
        "INFERENCE_NUM_THREADS": target.options.effective_threads().to_string(),
        "PERFORMANCE_HINT": "LATENCY",
        "CACHE_DIR": cache,
    });
    serde_json::json!({ "CPU": properties }).to_string()
}

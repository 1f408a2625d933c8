//! OpenVINO as a plugin provider: a library of its own that is registered with ONNX Runtime at run time.

use std::path::Path;

use ort::session::builder::SessionBuilder;

use super::{SessionOptions, Target};
use crate::discovery;

/// The name under which the plugin registers its devices.
const NAME: &str = "OpenVINOExecutionProvider";

pub(super) fn configure(
    target: &Target<'_>,
    builder: SessionBuilder,
) -> Result<SessionBuilder, String> {
    let environment = target.environment;
    environment.register_plugin(NAME, || {
        discovery::plugin(discovery::Plugin::OpenVino, environment.library())
    })?;
    let devices = || {
        environment.devices().filter(|device| {
            device.ep().is_ok_and(|name| name == NAME)
                && device.hardware_device().ty() == ort::memory::DeviceType::CPU
        })
    };
    if devices().next().is_none() {
        return Err("the plugin is loaded but offers no CPU device here".into());
    }
    let settings = [(format!("{NAME}.load_config"), load_config(target.options))];
    builder
        .with_devices(devices(), Some(&settings))
        .map_err(|error| error.to_string())
}

/// OpenVINO's own properties, as JSON: the plugin ignores its `num_of_threads` and `cache_dir`.
fn load_config(options: &SessionOptions) -> String {
    let mut properties = serde_json::json!({
        "INFERENCE_NUM_THREADS": options.effective_threads().to_string(),
        "PERFORMANCE_HINT": "LATENCY",
    });
    if let Some(dir) = options.cache_dir.as_deref().and_then(usable) {
        properties["CACHE_DIR"] = dir.into();
    }
    serde_json::json!({ "CPU": properties }).to_string()
}

/// `dir`, made if it is not there. A cache that cannot be had is not worth an error: the model is compiled.
fn usable(dir: &Path) -> Option<&str> {
    if let Err(error) = std::fs::create_dir_all(dir) {
        tracing::info!(dir = %dir.display(), %error, "compiled models are not kept");
        return None;
    }
    dir.to_str()
}

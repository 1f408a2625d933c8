//! OpenVINO as a plugin provider: a library of its own that is registered with ONNX Runtime at run time.

use ort::session::builder::SessionBuilder;

use super::SessionOptions;
use crate::discovery;
use crate::session::Environment;

/// The name under which the plugin registers its devices.
const NAME: &str = "OpenVINOExecutionProvider";

pub(super) fn configure(
    environment: &Environment,
    builder: SessionBuilder,
    options: &SessionOptions,
) -> Result<SessionBuilder, String> {
    environment.register_plugin(NAME, || discovery::openvino_plugin(environment.library()))?;
    let devices = || {
        environment.devices().filter(|device| {
            device.ep().is_ok_and(|name| name == NAME)
                && device.hardware_device().ty() == ort::memory::DeviceType::CPU
        })
    };
    if devices().next().is_none() {
        return Err("the plugin is loaded but offers no CPU device here".into());
    }
    // The plugin ignores its own `num_of_threads`; OpenVINO's properties travel as JSON in `load_config`.
    let config = format!(
        r#"{{"CPU":{{"INFERENCE_NUM_THREADS":"{}","PERFORMANCE_HINT":"LATENCY"}}}}"#,
        options.effective_threads()
    );
    let mut settings = vec![(format!("{NAME}.load_config"), config)];
    if let Some(dir) = &options.cache_dir {
        settings.push((format!("{NAME}.cache_dir"), dir.display().to_string()));
    }
    builder
        .with_devices(devices(), Some(&settings))
        .map_err(|error| error.to_string())
}

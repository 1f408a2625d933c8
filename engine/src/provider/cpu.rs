//! ONNX Runtime's own CPU kernels: always there.

use ort::session::builder::SessionBuilder;

use super::Target;

/// The name of its device.
const NAME: &str = "CPUExecutionProvider";

pub(super) fn configure(
    target: &Target<'_>,
    builder: SessionBuilder,
) -> Result<SessionBuilder, String> {
    let builder = builder
        .with_intra_threads(target.options.effective_threads())
        .map_err(|error| error.to_string())?;
    // Every frame needs the cores again within milliseconds, but a paused pipeline must not burn them.
    let builder = builder
        .with_intra_op_spinning(false)
        .map_err(|error| error.to_string())?;
    // Not left out: a session without a named provider runs on whatever plugin another one has registered, and
    // `ep::CPU` names none.
    let devices = target.environment.devices();
    builder
        .with_devices(
            devices.filter(|device| device.ep().is_ok_and(|name| name == NAME)),
            None,
        )
        .map_err(|error| error.to_string())
}

//! ONNX Runtime's own CPU kernels: always there.

use ort::session::builder::SessionBuilder;

use super::{Provider, Target};

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
    // A session without a device of its own is given those of whatever plugin another session has registered, by a
    // policy that `ort` sets. `ort`'s CPU provider names no device: it only asks for an arena.
    let name = Provider::Cpu.runtime_name();
    let device = target
        .environment
        .devices()
        .find(|device| device.ep().is_ok_and(|provider| provider == name));
    builder
        .with_devices(device, None)
        .map_err(|error| error.to_string())
}

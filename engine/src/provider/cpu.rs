//! ONNX Runtime's own CPU kernels: always there.

use ort::session::builder::SessionBuilder;

use super::SessionOptions;

pub(super) fn configure(
    builder: SessionBuilder,
    options: &SessionOptions,
) -> Result<SessionBuilder, String> {
    let builder = builder
        .with_intra_threads(options.effective_threads())
        .map_err(|error| error.to_string())?;
    // Every frame needs the cores again within milliseconds, but a paused pipeline must not burn them.
    builder
        .with_intra_op_spinning(false)
        .map_err(|error| error.to_string())
}

//! NVIDIA's TensorRT 10, part of the GPU build of ONNX Runtime.

use std::path::Path;

use ort::ep::{ExecutionProvider, TensorRT};
use ort::session::builder::SessionBuilder;

use super::{Target, cuda, identity, not_built_in};
use crate::missing;

pub(super) fn configure(
    target: &Target<'_>,
    builder: SessionBuilder,
) -> Result<SessionBuilder, String> {
    if !TensorRT::is_available().unwrap_or(false) {
        return Err(not_built_in(target.environment.library(), "TensorRT"));
    }
    // What TensorRT does not take must not travel to the CPU and back.
    let dispatches = [
        provider(target)?.build().error_on_failure(),
        cuda::provider(target)?.build().error_on_failure(),
    ];
    builder
        .with_execution_providers(dispatches)
        .map_err(|error| missing::explain(&error.to_string()))
}

/// TensorRT as a live service wants it. Precision is the model file's: the flags for it are gone in TensorRT 11.
fn provider(target: &Target<'_>) -> Result<TensorRT, String> {
    let shapes = identity::shapes(target.model.info(), target.size);
    let provider = TensorRT::default()
        .with_device_id(target.gpu()?)
        // One fixed shape: an engine that is good for others is slower for this one, and is built when a frame comes.
        .with_profile_min_shapes(&shapes)
        .with_profile_opt_shapes(&shapes)
        .with_profile_max_shapes(&shapes)
        // A captured graph binds addresses: off until a self-test with it has passed on hardware.
        .with_cuda_graph(false)
        // What progress is read from.
        .with_detailed_build_log(true);
    Ok(match target.cache.and_then(Path::to_str) {
        // A folder of this engine alone: the provider's own file names are made from the names in the graph, and
        // two models with the same names take each other's engines (docs/design/engine-cache.md).
        Some(dir) => provider
            .with_engine_cache(true)
            .with_engine_cache_path(dir)
            .with_timing_cache(true)
            .with_timing_cache_path(dir),
        None => provider,
    })
}

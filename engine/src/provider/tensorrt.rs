//! NVIDIA's TensorRT 10, part of the GPU build of ONNX Runtime.

use std::path::Path;

use ort::ep::{ExecutionProvider, TensorRT};
use ort::session::builder::SessionBuilder;

use super::{Target, cuda, not_built_in};
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
    let shapes = profile(target);
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
    let cached = target.options.cache_dir.as_deref();
    Ok(match cached.and_then(|dir| usable(&dir.join("tensorrt"))) {
        Some(dir) => provider
            .with_engine_cache(true)
            .with_engine_cache_path(&dir)
            .with_timing_cache(true)
            .with_timing_cache_path(dir),
        None => provider,
    })
}

/// The shape of every input in TensorRT's words: `y:1x1x720x1280,u:1x1x360x640`.
fn profile(target: &Target<'_>) -> String {
    let (width, height) = target.size;
    let inputs = target.model.info().inputs.iter().map(|input| {
        let shape = input.shape(width, height);
        let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
        format!("{}:{}", input.name, shape.join("x"))
    });
    inputs.collect::<Vec<_>>().join(",")
}

/// `dir`, made if it is not there. A cache that cannot be had is not worth an error: the engine is built again.
fn usable(dir: &Path) -> Option<String> {
    if let Err(error) = std::fs::create_dir_all(dir) {
        tracing::info!(dir = %dir.display(), %error, "engines are not kept");
        return None;
    }
    dir.to_str().map(str::to_owned)
}

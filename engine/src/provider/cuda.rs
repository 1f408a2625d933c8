//! NVIDIA's CUDA kernels, part of the GPU build of ONNX Runtime.

use ort::ep::cuda::{CUDA, ConvAlgorithmSearch};
use ort::ep::{ArenaExtendStrategy, ExecutionProvider};
use ort::session::builder::SessionBuilder;

use super::{Target, not_built_in};
use crate::missing;

/// Device memory that one session's arena may take: eight times what the largest shipped model needs at 4K. A leak ends
/// with an error in this stream and not with a machine without memory.
const ARENA_LIMIT: usize = 8 << 30;

pub(super) fn configure(
    target: &Target<'_>,
    builder: SessionBuilder,
) -> Result<SessionBuilder, String> {
    if !CUDA::is_available().unwrap_or(false) {
        return Err(not_built_in(target.environment.library(), "CUDA"));
    }
    let dispatch = provider(target)?.build().error_on_failure();
    builder
        .with_execution_providers([dispatch])
        .map_err(|error| missing::explain(&error.to_string()))
}

/// The provider with its settings, also for what TensorRT leaves over.
pub(super) fn provider(target: &Target<'_>) -> Result<CUDA, String> {
    Ok(CUDA::default()
        .with_device_id(target.gpu()?)
        // Doubling the arena at every step would take gigabytes for a 4K frame.
        .with_arena_extend_strategy(ArenaExtendStrategy::SameAsRequested)
        .with_memory_limit(ARENA_LIMIT)
        // The exhaustive search measures every algorithm when it first meets a shape: here that is once, while loading.
        .with_conv_algorithm_search(ConvAlgorithmSearch::Exhaustive)
        .with_tf32(false))
}

//! Per-frame statistics, pure functions of pixels.

pub(crate) mod luma_samples;
mod scene_cut;

pub use luma_samples::LumaSamples;
pub use scene_cut::SceneCutDetector;

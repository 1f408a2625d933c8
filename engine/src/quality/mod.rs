//! Per-frame statistics, pure functions of pixels.

mod scene_cut;

pub use scene_cut::SceneCutDetector;

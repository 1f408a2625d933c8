//! Per-frame statistics, pure functions of pixels.

pub(crate) mod luma_samples;
mod scene_cut;
mod thumbnail;
mod watchdog;

pub use luma_samples::LumaSamples;
pub use scene_cut::SceneCutDetector;
pub use thumbnail::Thumbnail;
pub use watchdog::{Implausible, implausible};

//! Per-frame statistics, pure functions of pixels.

mod scene_cut;
mod thumbnail;
mod watchdog;

pub use scene_cut::SceneCutDetector;
pub use thumbnail::Thumbnail;
pub use watchdog::{Implausible, implausible};

//! How much is measured: all of it, or just enough to see that everything still runs.

use std::time::Duration;

/// Width and height.
pub(crate) type Size = (usize, usize);

pub(crate) const SD: Size = (640, 360);
pub(crate) const HD: Size = (1280, 720);
pub(crate) const FULL_HD: Size = (1920, 1080);

/// Tiers of the models, smallest first.
pub(crate) const TIERS: [&str; 2] = ["nano", "small"];

/// Frames a second of the content.
pub(crate) const CONTENT_FPS: f64 = 30.0;

/// Rounds, frames and times of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) is_quick: bool,
    /// Turns of each side of a comparison.
    pub(crate) rounds: usize,
    /// Rounds of whole processes.
    pub(crate) process_rounds: usize,
    /// How long a turn in memory should take, and the frames it has at least.
    pub(crate) turn: Duration,
    pub(crate) least_frames: usize,
    /// Frames of each side for a 99th percentile.
    pub(crate) percentile_frames: usize,
    /// Frames of a clip.
    pub(crate) clip_frames: usize,
    /// Frames that the user's script restores.
    pub(crate) script_frames: usize,
    /// Numbers of streams for the cost's growth.
    pub(crate) streams: &'static [usize],
    /// Sizes for the cost's growth.
    pub(crate) sizes: &'static [Size],
}

impl Plan {
    /// At most 15 minutes on two cores of 2019.
    pub(crate) const FULL: Self = Self {
        is_quick: false,
        rounds: 7,
        process_rounds: 5,
        turn: Duration::from_millis(1500),
        least_frames: 12,
        percentile_frames: 300,
        clip_frames: 180,
        script_frames: 90,
        streams: &[1, 2, 4, 8],
        sizes: &[SD, (960, 540), HD, FULL_HD],
    };

    /// Within two minutes; its figures mean nothing.
    pub(crate) const QUICK: Self = Self {
        is_quick: true,
        rounds: 2,
        process_rounds: 1,
        turn: Duration::from_millis(50),
        least_frames: 3,
        percentile_frames: 10,
        clip_frames: 24,
        script_frames: 4,
        streams: &[1, 2],
        sizes: &[(320, 180), SD],
    };

    /// Frames of a turn for something that takes `seconds` a frame.
    pub(crate) fn frames(&self, seconds: f64) -> usize {
        let fitting = self.turn.as_secs_f64() / seconds.max(1e-6);
        (fitting as usize).max(self.least_frames)
    }
}

/// A size as people say it, such as `720p`.
pub(crate) fn name((_, height): Size) -> String {
    format!("{height}p")
}

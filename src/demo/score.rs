//! How near the pictures come to the truth.

use lowlight_engine::metrics::{psnr, ssim_luma};
use lowlight_scene::{Mark, luma, read_codes};
use serde::Serialize;

/// Equal pictures have no finite PSNR; this stands for it.
const EQUAL: f64 = 60.0;

/// Means over frames, and codes counted over all frames.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Score {
    /// Peak signal-to-noise ratio of RGB, dB, mean over frames.
    pub(super) psnr: f64,
    /// Structural similarity of luma, mean over frames.
    pub(super) ssim: f64,
    /// Codes read.
    pub(super) codes: u32,
}

/// Sums one kind of picture up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    psnr: f64,
    ssim: f64,
    codes: u32,
    frames: u32,
}

impl Tally {
    /// Compares a frame with the truth and tries to read `codes` in it.
    pub(super) fn add(&mut self, rgb: &[u8], truth: &[u8], size: (usize, usize), codes: &[Mark]) {
        self.frames += 1;
        self.psnr += psnr(rgb, truth).min(EQUAL);
        self.ssim += ssim_luma(&luma(rgb), &luma(truth), size.0, size.1);
        self.codes += readable(codes.to_vec(), rgb, size).len() as u32;
    }

    pub(super) fn merge(self, other: Self) -> Self {
        Self {
            psnr: self.psnr + other.psnr,
            ssim: self.ssim + other.ssim,
            codes: self.codes + other.codes,
            frames: self.frames + other.frames,
        }
    }

    pub(super) fn score(&self) -> Score {
        let frames = f64::from(self.frames.max(1));
        Score {
            psnr: self.psnr / frames,
            ssim: self.ssim / frames,
            codes: self.codes,
        }
    }
}

/// Those of `codes` that can be read in a picture.
pub(super) fn readable(mut codes: Vec<Mark>, rgb: &[u8], size: (usize, usize)) -> Vec<Mark> {
    if !codes.is_empty() {
        let read = read_codes(rgb, size.0, size.1);
        codes.retain(|code| read.contains(&code.payload));
    }
    codes
}

/// The three kinds of picture that are compared.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tallies {
    pub(super) input: Tally,
    pub(super) gamma: Tally,
    pub(super) restored: Tally,
    /// Codes that can be read from the truth.
    pub(super) codes: u32,
}

/// The scores of the three.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Scores {
    /// The night camera's picture.
    pub(super) input: Score,
    /// The same, brightened by auto-gamma.
    pub(super) auto_gamma: Score,
    /// The same, restored.
    pub(super) restored: Score,
    /// Codes that can be read from the truth.
    pub(super) codes_in_truth: u32,
}

impl Tallies {
    pub(super) fn merge(self, other: Self) -> Self {
        Self {
            input: self.input.merge(other.input),
            gamma: self.gamma.merge(other.gamma),
            restored: self.restored.merge(other.restored),
            codes: self.codes + other.codes,
        }
    }

    pub(super) fn scores(&self) -> Scores {
        Scores {
            input: self.input.score(),
            auto_gamma: self.gamma.score(),
            restored: self.restored.score(),
            codes_in_truth: self.codes,
        }
    }
}

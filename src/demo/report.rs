//! What was measured, for people (`report.md`), for programs (`report.json`), and in one line.

use super::footage::{ACCUMULATE, FPS};
use super::score::{Score, Scores};
use serde::Serialize;
use std::fmt::Write as _;

/// The demo's figures.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    pub(super) version: &'static str,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) frames: u32,
    pub(super) severity: &'static str,
    /// Over all frames.
    pub(super) total: Scores,
    pub(super) street: Scores,
    pub(super) conveyor: Scores,
    pub(super) speed: Speed,
}

/// How fast the restoration was, and what ran it.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Speed {
    /// Frames a second through `lowlightrestore` alone, the first one (which loads the model) left out.
    pub(super) fps: f64,
    pub(super) inference_mean_ms: f64,
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) precision: String,
    pub(super) cores: usize,
}

impl Report {
    /// The measured line.
    pub(crate) fn line(&self) -> String {
        let Scores {
            input,
            auto_gamma,
            restored,
            codes_in_truth,
        } = self.total;
        format!(
            "PSNR {:.2} dB input, {:.2} auto-gamma, {:.2} restored ({:+.2} over auto-gamma); \
             SSIM {:.3}, {:.3}, {:.3}; QR codes read {}, {}, {} of {codes_in_truth}; \
             {:.1} fps at {}x{} on {} ({}, {} cores)",
            input.psnr,
            auto_gamma.psnr,
            restored.psnr,
            restored.psnr - auto_gamma.psnr,
            input.ssim,
            auto_gamma.ssim,
            restored.ssim,
            input.codes,
            auto_gamma.codes,
            restored.codes,
            self.speed.fps,
            self.width,
            self.height,
            self.speed.provider,
            self.speed.model,
            self.speed.cores,
        )
    }

    /// `report.md`.
    pub(super) fn markdown(&self) -> String {
        let mut page = format!(
            "# Tapetum's demo\n\n{} frames of {}x{} at {FPS} fps, drawn by code, seen by a simulated night camera \
             (`lowlightdegrade severity={} accumulate={ACCUMULATE}`), restored by `lowlightrestore`. \
             The truth is the sharp daylight scene in the middle of each exposure.\n",
            self.frames, self.width, self.height, self.severity
        );
        for (title, scores) in [
            ("Whole film", &self.total),
            ("Street", &self.street),
            ("Conveyor", &self.conveyor),
        ] {
            page.push_str(&table(title, scores));
        }
        let speed = &self.speed;
        let _ = write!(
            page,
            "\nRestored at {:.1} fps (inference {:.1} ms on average) by {} ({}) on {}, {} cores, tapetum {}.\n\n\
             PSNR: RGB, mean over frames. SSIM: luma. Codes: QR codes that `rqrr` reads, counted in every frame, of those that it reads from the truth.\n",
            speed.fps,
            speed.inference_mean_ms,
            speed.model,
            speed.precision,
            speed.provider,
            speed.cores,
            self.version
        );
        page
    }
}

fn table(title: &str, scores: &Scores) -> String {
    let row = |name: &str, score: &Score| {
        let codes = match scores.codes_in_truth {
            0 => "-".to_owned(),
            total => format!("{} of {total}", score.codes),
        };
        format!(
            "| {name} | {:.2} | {:.3} | {codes} |\n",
            score.psnr, score.ssim
        )
    };
    format!(
        "\n## {title}\n\n| picture | PSNR, dB | SSIM | codes read |\n| --- | --- | --- | --- |\n{}{}{}",
        row("input", &scores.input),
        row("auto-gamma", &scores.auto_gamma),
        row("restored", &scores.restored)
    )
}

//! Frames per second of the whole pipeline over those of its network's own run.

use crate::cores::computed;
use crate::pipe::{Pipe, With};
use crate::plan::Size;
use crate::row::Measured;
use crate::setting::{Setting, dark_frames};
use crate::stats::median;
use anyhow::Context;
use lowlight_engine::{BareNetwork, OwnedFrame, Restorer};
use serde_json::json;
use std::time::Instant;

/// Runs of each side before the first round.
const WARM_UP: usize = 4;

/// What is compared, ready to run.
struct Rivals {
    bare: BareNetwork,
    restorer: Restorer,
    pipe: Pipe,
    frames: Vec<OwnedFrame>,
    output: OwnedFrame,
}

/// Seconds a frame of each side, by the clock and of computing on all cores.
#[derive(Clone, Copy, Default)]
struct Round {
    bare: f64,
    restorer: f64,
    pipe: f64,
    /// In the same order.
    computed: [f64; 3],
}

pub(super) fn measure(setting: &Setting, tier: &str, size: Size) -> anyhow::Result<Measured> {
    let mut rivals = Rivals::open(setting, tier, size)?;
    rivals.round(WARM_UP, false)?;
    let count = setting.plan.frames(rivals.bare(WARM_UP)?);
    let rounds: Vec<Round> = (0..setting.plan.rounds)
        .map(|round| rivals.round(count, round % 2 == 1))
        .collect::<anyhow::Result<_>>()?;
    rivals.pipe.ensure_all_restored()?;
    let provider = rivals.bare.active_provider().provider.name();
    Ok(summary(&rounds, count, provider))
}

fn summary(rounds: &[Round], count: usize, provider: &str) -> Measured {
    let all = |of: fn(&Round) -> f64| rounds.iter().map(of).collect::<Vec<f64>>();
    let ratios = all(|round| round.bare / round.pipe);
    let [bare, restorer, pipe] = [
        median(&all(|round| round.bare)),
        median(&all(|round| round.restorer)),
        median(&all(|round| round.pipe)),
    ]
    .map(|seconds| seconds * 1e3);
    let computed = [0, 1, 2].map(|side| {
        let of_side: Vec<f64> = rounds.iter().map(|round| round.computed[side]).collect();
        median(&of_side) * 1e3
    });
    let detail = json!({
        "computed_ms": computed,
        "frames_per_turn": count, "provider": provider,
        "bare_ms": bare, "restorer_ms": restorer, "pipeline_ms": pipe,
        "restorer_over_bare": median(&all(|round| round.bare / round.restorer)),
        "rounds": rounds.iter().map(|r| [r.bare, r.restorer, r.pipe]).collect::<Vec<_>>(),
    });
    Measured {
        value: median(&ratios),
        rounds: ratios,
        note: format!(
            "ms a frame: bare {bare:.2}, engine {restorer:.2}, pipeline {pipe:.2} ({provider}); \
             computing on all cores: {:.1}, {:.1}, {:.1}",
            computed[0], computed[1], computed[2]
        ),
        detail: detail.as_object().cloned().unwrap_or_default(),
        ..Measured::default()
    }
}

impl Rivals {
    fn open(setting: &Setting, tier: &str, size: Size) -> anyhow::Result<Self> {
        let frames = dark_frames(size, 4);
        let first = frames.first().context("no frames")?;
        let (runtime, model, options) = setting.open(tier)?;
        let with = With {
            model: &setting.model(tier)?,
            library: &setting.library(),
            more: "wait-for-model=true",
        };
        Ok(Self {
            bare: BareNetwork::open(&runtime, &model, &options, &first.as_frame())?,
            restorer: Restorer::open(&runtime, &model, &options, size.0, size.1)?,
            pipe: Pipe::start(&with, size, &frames)?,
            output: first.clone(),
            frames,
        })
    }

    /// A turn of each, backwards every other round: what slows down steadily favours nobody.
    fn round(&mut self, count: usize, backwards: bool) -> anyhow::Result<Round> {
        let mut round = Round::default();
        let forwards = [Self::bare, Self::restorer, Self::pipe];
        let order = if backwards { [2, 1, 0] } else { [0, 1, 2] };
        for index in order {
            let computed_before = computed();
            let seconds = forwards[index](self, count)?;
            round.computed[index] = (computed() - computed_before) / count as f64;
            *[&mut round.bare, &mut round.restorer, &mut round.pipe][index] = seconds;
        }
        Ok(round)
    }

    fn bare(&mut self, count: usize) -> anyhow::Result<f64> {
        let begun = Instant::now();
        for _ in 0..count {
            self.bare.run()?;
        }
        Ok(begun.elapsed().as_secs_f64() / count as f64)
    }

    fn restorer(&mut self, count: usize) -> anyhow::Result<f64> {
        let begun = Instant::now();
        for frame in self.frames.iter().cycle().take(count) {
            let mut output = self.output.as_frame_mut();
            self.restorer.restore(&frame.as_frame(), &mut output, 1.0)?;
        }
        Ok(begun.elapsed().as_secs_f64() / count as f64)
    }

    fn pipe(&mut self, count: usize) -> anyhow::Result<f64> {
        Ok(self.pipe.run(count)? / count as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_of_the_same_round() {
        let round = |bare, pipe| Round {
            bare,
            restorer: bare,
            pipe,
            computed: [bare, bare, pipe],
        };
        // The machine was twice as slow in the second round: that is nobody's merit.
        let measured = summary(&[round(1.0, 1.25), round(2.0, 2.5)], 9, "cpu");
        assert_eq!(measured.value, 0.8);
        assert_eq!(measured.rounds, [0.8, 0.8]);
    }
}

//! What the element adds to the network's own run, frame by frame, in the worst hundredth.

use crate::pipe::{Pipe, With};
use crate::plan::Size;
use crate::row::Measured;
use crate::setting::{Setting, dark_frames};
use crate::stats::{median, percentile};
use anyhow::Context;
use lowlight_engine::BareNetwork;
use serde_json::json;
use std::time::Instant;

const WARM_UP: usize = 5;
/// Parts of the run whose figures are compared to see how noisy it was.
const PARTS: usize = 3;

pub(super) fn measure(setting: &Setting, tier: &str, size: Size) -> anyhow::Result<Measured> {
    let frames = dark_frames(size, 4);
    let first = frames.first().context("no frames")?;
    let (runtime, model, options) = setting.open(tier)?;
    let mut bare = BareNetwork::open(&runtime, &model, &options, &first.as_frame())?;
    let with = With {
        model: &setting.model(tier)?,
        library: &setting.library(),
        more: "wait-for-model=true",
    };
    let mut pipe = Pipe::start(&with, size, &frames)?;
    let mut pairs = Vec::new();
    for index in 0..setting.plan.percentile_frames + WARM_UP {
        pipe.push()?;
        let passage = pipe.wait()?;
        let begun = Instant::now();
        bare.run()?;
        if index >= WARM_UP {
            let inside = (passage.left - passage.entered).as_secs_f64() * 1e3;
            pairs.push((inside, begun.elapsed().as_secs_f64() * 1e3));
        }
    }
    pipe.ensure_all_restored()?;
    Ok(summary(&pairs))
}

/// Of pairs of milliseconds: in the element, in the bare call.
fn summary(pairs: &[(f64, f64)]) -> Measured {
    let value = added(pairs, 0.99);
    let differences: Vec<f64> = pairs.iter().map(|pair| pair.0 - pair.1).collect();
    let [inside, bare] = sides(pairs);
    let detail = json!({
        "pairs": pairs.len(),
        "added_ms_p50": added(pairs, 0.5), "added_ms_p95": added(pairs, 0.95), "added_ms_p99": value,
        "element_ms_p50": median(&inside), "element_ms_p99": percentile(&inside, 0.99),
        "bare_ms_p50": median(&bare), "bare_ms_p99": percentile(&bare, 0.99),
        "p99_of_differences_ms": percentile(&differences, 0.99),
        "p99_over_bare_median_ms": percentile(&inside, 0.99) - median(&bare),
    });
    let part = pairs.len().div_ceil(PARTS).max(1);
    Measured {
        value,
        rounds: Vec::new(),
        // The tail itself needs all pairs; its neighbour tells whether the machine was the same throughout.
        steadiness: pairs
            .chunks(part)
            .map(sides)
            .map(|[inside, _]| median(&inside))
            .collect(),
        note: format!(
            "ms added in the median {:.2}; p99 in the element {:.2}, bare {:.2}",
            added(pairs, 0.5),
            percentile(&inside, 0.99),
            percentile(&bare, 0.99)
        ),
        detail: detail.as_object().cloned().unwrap_or_default(),
    }
}

/// The difference of both sides' percentiles.
fn added(pairs: &[(f64, f64)], share: f64) -> f64 {
    let [inside, bare] = sides(pairs);
    percentile(&inside, share) - percentile(&bare, share)
}

fn sides(pairs: &[(f64, f64)]) -> [Vec<f64>; 2] {
    let (inside, bare) = pairs.iter().copied().unzip();
    [inside, bare]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_luck_of_both_sides_cancels_and_ours_alone_counts() {
        let mut pairs = vec![(11.0, 10.0); 100];
        // Both stumble, at different frames.
        (pairs[3].0, pairs[4].0, pairs[7].1, pairs[8].1) = (30.0, 30.0, 29.0, 29.0);
        assert_eq!(summary(&pairs).value, 1.0);
        (pairs[7].1, pairs[8].1) = (10.0, 10.0);
        assert_eq!(summary(&pairs).value, 20.0);
    }
}

//! How many live streams of 1080p a provider keeps up with.

use super::Args;
use super::case::Case;
use super::load::{self, Paced};
use crate::plan::{CONTENT_FPS, FULL_HD};
use crate::say;
use crate::stats::percentile;
use lowlight_engine::{Model, Provider, Runtime};
use serde::Serialize;

/// The most live streams of a model on a provider.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Streams {
    pub(super) provider: &'static str,
    pub(super) tier: String,
    pub(super) precision: String,
    /// Nothing where not even one is kept up with.
    pub(super) count: usize,
    /// Whether more were not tried.
    pub(super) is_at_least: bool,
}

/// For every tier, with the first precision there is.
pub(super) fn measure(runtime: &Runtime, provider: Provider, args: &Args) -> Vec<Streams> {
    let mut found = Vec::new();
    for tier in &args.tiers {
        let case = |precision: &String| Case {
            provider,
            tier: tier.clone(),
            precision: precision.clone(),
            size: FULL_HD,
            batch: 16,
        };
        let mut cases = args.precisions.iter().map(case);
        let there = cases.find(|case| case.model(&args.models).is_file());
        if let (Some(case), true) = (there, args.most_streams > 0) {
            say(&format!("measuring live streams: {case}"));
            let keeps_up = |count| {
                keeps_up(runtime, &case, args, count).unwrap_or_else(|error| {
                    say(&format!("  {count} streams: {error:#}"));
                    false
                })
            };
            let count = most(args.most_streams, keeps_up);
            found.push(Streams {
                provider: provider.name(),
                tier: case.tier.clone(),
                precision: case.precision.clone(),
                count,
                is_at_least: count == args.most_streams,
            });
        }
    }
    found
}

/// Whether 99 of 100 frames of `count` streams are there before the next one comes.
fn keeps_up(runtime: &Runtime, case: &Case, args: &Args, count: usize) -> anyhow::Result<bool> {
    let model = Model::open(Some(&case.model(&args.models)))?;
    let mut streams = load::join(runtime, &model, &case.options(args), case.size, count)?;
    let turns = load::run(&mut streams, case.size, args.time(), Paced::Live)?;
    let times: Vec<f64> = turns.frames.iter().map(|frame| frame.seconds).collect();
    Ok(percentile(&times, 0.99) <= 1.0 / CONTENT_FPS)
}

/// The largest number up to `limit` that `keeps_up`, if whoever keeps up with more keeps up with fewer: doubled until it fails,
/// then halved in between.
fn most(limit: usize, mut keeps_up: impl FnMut(usize) -> bool) -> usize {
    let (mut good, mut bad) = (0, limit + 1);
    let mut next = 1;
    while good + 1 < bad {
        match keeps_up(next) {
            true => good = next,
            false => bad = next,
        }
        next = match bad > limit {
            true => (2 * good.max(1)).min(limit),
            false => usize::midpoint(good, bad),
        };
        if next == good {
            break;
        }
    }
    good
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_number_is_found_in_few_trials() {
        for limit in [1, 2, 7, 64, 100] {
            for truth in 0..=limit {
                let mut trials = 0;
                let found = most(limit, |count| {
                    trials += 1;
                    assert!((1..=limit).contains(&count));
                    count <= truth
                });
                assert_eq!(found, truth, "limit {limit}");
                assert!(trials <= 14, "{trials} trials for {truth} of {limit}");
            }
        }
    }
}

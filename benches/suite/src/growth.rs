//! How the cost grows: frames per second against resolution, tier, cores, and number of streams.

use crate::child::{Streamed, Task, send};
use crate::plan::{SD, Size, TIERS, name};
use crate::quiet::Watch;
use crate::setting::Setting;
use crate::stats::{median, spread};
use serde::Serialize;

/// One point: what was run, and how fast.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Point {
    pub(crate) size: Size,
    pub(crate) tier: &'static str,
    pub(crate) cores: usize,
    pub(crate) streams: usize,
    /// Frames per second of all streams together: the median of the rounds.
    pub(crate) fps: f64,
    /// How much the rounds disagree.
    pub(crate) spread: f64,
    /// Share of the frames that the worst-off stream got, times the number of streams: 1 is fair.
    pub(crate) fairness: f64,
}

/// Every point, and the share of others meanwhile.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Growth {
    pub(crate) grid: Vec<Point>,
    pub(crate) streams: Vec<Point>,
    pub(crate) others: f64,
}

/// Measures every point in turns. `tell` hears of progress.
pub(crate) fn measure(setting: &Setting, tell: impl Fn(&str)) -> anyhow::Result<Growth> {
    let watch = Watch::start(&setting.allowed)?;
    let sizes = setting.plan.sizes.iter().copied();
    let grid: Vec<Case> = sizes
        .flat_map(|size| TIERS.map(|tier| (size, tier)))
        .flat_map(|(size, tier)| {
            let counts = core_counts(setting.allowed.len());
            counts.into_iter().map(move |cores| Case {
                size,
                tier,
                cores,
                streams: 1,
            })
        })
        .collect();
    let streams: Vec<Case> = setting
        .plan
        .streams
        .iter()
        .map(|&streams| Case {
            size: SD,
            tier: "nano",
            cores: setting.cores.len(),
            streams,
        })
        .collect();
    let (grid, streams) = (
        run_all(setting, &grid, &tell)?,
        run_all(setting, &streams, &tell)?,
    );
    Ok(Growth {
        grid,
        streams,
        others: watch.others()?,
    })
}

/// 1, 2, 4 … and all of them.
fn core_counts(all: usize) -> Vec<usize> {
    let mut counts: Vec<usize> = std::iter::successors(Some(1), |count| Some(count * 2))
        .take_while(|&count| count < all)
        .collect();
    counts.push(all);
    counts
}

#[derive(Clone, Copy)]
struct Case {
    size: Size,
    tier: &'static str,
    cores: usize,
    streams: usize,
}

/// In rounds, so that a slow minute meets every case.
fn run_all(setting: &Setting, cases: &[Case], tell: &impl Fn(&str)) -> anyhow::Result<Vec<Point>> {
    let mut results: Vec<Vec<Streamed>> = cases.iter().map(|_| Vec::new()).collect();
    for round in 0..setting.plan.process_rounds.min(3) {
        for (case, results) in cases.iter().zip(&mut results) {
            tell(&format!(
                "growth, round {}: {} {}, {} cores, {} streams",
                round + 1,
                name(case.size),
                case.tier,
                case.cores,
                case.streams
            ));
            let task = Task::Streams {
                size: case.size,
                streams: case.streams,
                seconds: setting.plan.turn.as_secs_f64(),
            };
            let cores = setting
                .allowed
                .get(..case.cores)
                .unwrap_or(&setting.allowed);
            results.push(send(setting, case.tier, task, cores)?);
        }
    }
    Ok(cases
        .iter()
        .zip(&results)
        .map(|(case, results)| point(*case, results))
        .collect())
}

fn point(case: Case, results: &[Streamed]) -> Point {
    let fps: Vec<f64> = results.iter().map(Streamed::fps).collect();
    let fairness =
        |result: &Streamed| (result.least * case.streams) as f64 / result.frames.max(1) as f64;
    Point {
        size: case.size,
        tier: case.tier,
        cores: case.cores,
        streams: case.streams,
        fps: median(&fps),
        spread: spread(&fps),
        fairness: median(&results.iter().map(fairness).collect::<Vec<_>>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_counts_double_and_end_with_all() {
        assert_eq!(core_counts(1), [1]);
        assert_eq!(core_counts(2), [1, 2]);
        assert_eq!(core_counts(6), [1, 2, 4, 6]);
    }

    #[test]
    fn a_stream_that_gets_less_makes_it_unfair() {
        let case = Case {
            size: SD,
            tier: "nano",
            cores: 2,
            streams: 2,
        };
        let result = Streamed {
            frames: 100,
            seconds: 2.0,
            least: 25,
        };
        let point = point(case, &[result]);
        assert_eq!((point.fps, point.fairness), (50.0, 0.5));
    }
}

//! How much of the restoration a stream gets: the brown-out ladder, fed by what its frames cost.

use super::figures::Figures;
use crate::config::Restore;
use crate::supervise::ladder::{Ladder, Rung, Step, Terms};
use std::time::{Duration, Instant};

/// The ladder of a stream, and what it last saw of the stream's figures.
pub(crate) struct Effort {
    ladder: Ladder,
    since: Instant,
    looked: Instant,
    seen: Seen,
}

/// Figures from which load is told.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    busy_us: u64,
    given: u64,
    captured: u64,
}

impl Effort {
    /// All of what `restore` asks for.
    pub(crate) fn new(restore: &Restore) -> Self {
        let now = Instant::now();
        Self {
            ladder: Ladder::new(Terms {
                has_smaller_tier: restore.smaller_model_file.is_some(),
                ..Terms::default()
            }),
            since: now,
            looked: now,
            seen: Seen::default(),
        }
    }

    /// Looks at the load since the last call, about a second ago, and says whether to take a step.
    pub(crate) fn observe(&mut self, figures: &Figures) -> Option<Step> {
        let seen = Seen {
            busy_us: figures.busy_us.get(),
            given: figures.given.get(),
            captured: figures.captured.get(),
        };
        let load = match self.ladder.rung() {
            Rung::PassThrough => 0.0,
            _ => seen.load_since(self.seen, self.looked.elapsed()),
        };
        (self.seen, self.looked) = (seen, Instant::now());
        let step = self.ladder.observe(self.since.elapsed(), load)?;
        let counters = self.ladder.counters();
        figures.rung.set(step.to as u64);
        figures.steps_down.set(counters.down);
        figures.steps_up.set(counters.up);
        Some(step)
    }

    /// What of `wanted` the stream gets now.
    pub(crate) fn settings(&self, wanted: &Restore) -> Restore {
        let mut settings = wanted.clone();
        let rung = self.ladder.rung();
        if rung >= Rung::EverySecond {
            settings.inference_interval = wanted.inference_interval.saturating_mul(2);
        }
        if rung >= Rung::SmallerTier && wanted.smaller_model_file.is_some() {
            settings.model_file.clone_from(&wanted.smaller_model_file);
        }
        if rung == Rung::PassThrough {
            settings.strength = 0.0;
        }
        settings
    }
}

impl Seen {
    /// Share of the time between two frames that a frame took. Frames that were lost for want of time count as if they
    /// had taken as long as the others.
    fn load_since(self, before: Self, elapsed: Duration) -> f64 {
        let given = self.given.saturating_sub(before.given) as f64;
        if given == 0.0 || elapsed.is_zero() {
            return 0.0;
        }
        let captured = self.captured.saturating_sub(before.captured) as f64;
        let busy = self.busy_us.saturating_sub(before.busy_us) as f64 / 1e6;
        busy / elapsed.as_secs_f64() * (captured / given).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const SECOND: Duration = Duration::from_secs(1);

    fn seen(busy_us: u64, given: u64, captured: u64) -> Seen {
        Seen {
            busy_us,
            given,
            captured,
        }
    }

    #[test]
    fn load_is_the_share_of_the_time_that_frames_take() {
        let before = seen(5_000_000, 100, 100);
        let load = |now: Seen| now.load_since(before, SECOND);
        assert_eq!(load(seen(5_500_000, 125, 125)), 0.5);
        assert_eq!(
            load(seen(6_000_000, 125, 150)),
            2.0,
            "half of the frames were lost"
        );
        assert_eq!(load(seen(5_500_000, 100, 125)), 0.0, "none was given");
        assert_eq!(load(before), 0.0);
    }

    #[test]
    fn each_rung_asks_for_less() {
        let wanted = Restore {
            model_file: Some(PathBuf::from("small.onnx")),
            smaller_model_file: Some(PathBuf::from("nano.onnx")),
            ..Restore::default()
        };
        let mut effort = Effort::new(&wanted);
        assert_eq!(effort.settings(&wanted), wanted);
        let mut settings = Vec::new();
        for second in 1..30 {
            if effort.ladder.observe(SECOND * second, 3.0).is_some() {
                settings.push(effort.settings(&wanted));
            }
        }
        let [second, smaller, none] = settings.as_slice() else {
            panic!("three steps down, not {}", settings.len());
        };
        assert_eq!((second.inference_interval, second.strength), (2, 1.0));
        assert_eq!(second.model_file, wanted.model_file);
        assert_eq!(smaller.model_file, wanted.smaller_model_file);
        assert_eq!((none.inference_interval, none.strength), (2, 0.0));
    }
}

//! Counters and times of one run, from start to stop.

use std::time::Duration;

/// Why a frame passed unrestored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Strength 0 or view original.
    Off,
    /// The model was not there yet.
    Loading,
    /// `inference-interval` left it out.
    Interval,
    /// The network failed on it.
    Failed,
}

impl Reason {
    /// Every reason with the name of its field.
    const ALL: [(Self, &str); 4] = [
        (Self::Off, "passed-off"),
        (Self::Loading, "passed-loading"),
        (Self::Interval, "passed-interval"),
        (Self::Failed, "passed-failed"),
    ];
}

/// Inference times that percentiles are taken over.
const WINDOW: usize = 512;

/// What happened to the frames.
#[derive(Clone, Debug, Default)]
pub(super) struct Stats {
    restored: u64,
    passed: [u64; Reason::ALL.len()],
    total: Duration,
    max: Duration,
    /// The last [`WINDOW`] times, the oldest of them overwritten.
    recent: Vec<Duration>,
}

impl Stats {
    pub(super) fn restored(&mut self, inference: Duration) {
        let slot = self.restored as usize % WINDOW;
        match self.recent.get_mut(slot) {
            Some(time) => *time = inference,
            None => self.recent.push(inference),
        }
        self.restored += 1;
        self.total += inference;
        self.max = self.max.max(inference);
    }

    pub(super) fn passed(&mut self, reason: Reason) {
        self.passed[reason as usize] += 1;
    }

    /// Adds every figure to `builder`: counts as `guint64`, times in milliseconds as `gdouble`.
    pub(super) fn fill(&self, builder: gst::structure::Builder) -> gst::structure::Builder {
        let mut builder = builder
            .field("frames-restored", self.restored)
            .field("frames-passed", self.passed.iter().sum::<u64>());
        for (reason, name) in Reason::ALL {
            builder = builder.field(name, self.passed[reason as usize]);
        }
        let mean = self.total.as_secs_f64() / self.restored.max(1) as f64;
        builder
            .field("inference-mean-ms", mean * 1e3)
            .field(
                "inference-p99-ms",
                self.percentile(0.99).as_secs_f64() * 1e3,
            )
            .field("inference-max-ms", self.max.as_secs_f64() * 1e3)
    }

    /// The time that a share of `share` of the recent frames stayed within; 0 without frames.
    fn percentile(&self, share: f64) -> Duration {
        let mut times = self.recent.clone();
        times.sort_unstable();
        let rank = (times.len() as f64 * share).ceil() as usize;
        times
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(stats: &Stats) -> gst::Structure {
        gst::init().unwrap();
        stats.fill(gst::Structure::builder("figures")).build()
    }

    #[test]
    fn frames_are_counted_by_what_happened_to_them() {
        let mut stats = Stats::default();
        stats.restored(Duration::from_millis(4));
        for (reason, _) in Reason::ALL {
            stats.passed(reason);
        }
        stats.passed(Reason::Loading);
        let figures = figures(&stats);
        for (name, count) in [
            ("frames-restored", 1),
            ("frames-passed", 5),
            ("passed-off", 1),
            ("passed-loading", 2),
            ("passed-interval", 1),
            ("passed-failed", 1),
        ] {
            assert_eq!(figures.get::<u64>(name), Ok(count), "{name}");
        }
    }

    #[test]
    fn times_are_over_all_frames_and_the_percentile_over_the_recent_ones() {
        let mut stats = Stats::default();
        stats.restored(Duration::from_secs(1));
        for milliseconds in 1..=WINDOW as u64 {
            stats.restored(Duration::from_millis(milliseconds));
        }
        let figures = figures(&stats);
        assert_eq!(figures.get::<f64>("inference-max-ms"), Ok(1000.0));
        assert_eq!(figures.get::<f64>("inference-p99-ms"), Ok(507.0));
        let mean = figures.get::<f64>("inference-mean-ms").unwrap();
        assert!((mean - (1000.0 + 512.0 * 513.0 / 2.0) / 513.0).abs() < 1e-6);
    }

    #[test]
    fn without_frames_every_figure_is_zero() {
        let figures = figures(&Stats::default());
        assert_eq!(figures.get::<f64>("inference-mean-ms"), Ok(0.0));
        assert_eq!(figures.get::<f64>("inference-p99-ms"), Ok(0.0));
    }
}

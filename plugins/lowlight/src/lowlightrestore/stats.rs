//! Counters and times of one run, from start to stop.

use std::time::Duration;

use lowlight_engine::quality::Implausible;

/// Why a frame passed unrestored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Strength 0 or view original.
    Off,
    /// The model was not there yet.
    Loading,
    /// The network was busy with other streams' frames for too long.
    Late,
    /// The network failed on it.
    Failed,
    /// What the network gave was flat.
    Flat,
    /// What the network gave was far darker than the input.
    Dark,
    /// What the network gave was white.
    White,
}

impl Reason {
    /// Every reason with the name of its field.
    const ALL: [(Self, &str); 7] = [
        (Self::Off, "passed-off"),
        (Self::Loading, "passed-loading"),
        (Self::Late, "passed-late"),
        (Self::Failed, "passed-failed"),
        (Self::Flat, "passed-flat"),
        (Self::Dark, "passed-dark"),
        (Self::White, "passed-white"),
    ];
}

impl From<Implausible> for Reason {
    fn from(fault: Implausible) -> Self {
        match fault {
            Implausible::Flat => Self::Flat,
            Implausible::Dark => Self::Dark,
            Implausible::White => Self::White,
        }
    }
}

/// Inference times that percentiles are taken over.
const WINDOW: usize = 512;

/// What happened to the frames.
#[derive(Clone, Debug, Default)]
pub(super) struct Stats {
    restored: u64,
    /// Those among them that never left a GPU's memory.
    zero_copy: u64,
    /// Frames that showed the last restored picture again.
    repeated: u64,
    late: u64,
    passed: [u64; Reason::ALL.len()],
    /// How often a better session took another one's place.
    swaps: u64,
    total: Duration,
    max: Duration,
    waited: Duration,
    longest_wait: Duration,
    /// Sum of the sizes of the frames' runs.
    batches: u64,
    /// The last [`WINDOW`] times, the oldest of them overwritten.
    recent: Vec<Duration>,
}

impl Stats {
    /// Counts a frame that the network worked on for `inference`, after it had waited its turn for `wait`, in one run
    /// with those of others, `batch` together.
    pub(super) fn restored(
        &mut self,
        inference: Duration,
        wait: Duration,
        batch: usize,
        is_zero_copy: bool,
    ) {
        let slot = self.restored as usize % WINDOW;
        match self.recent.get_mut(slot) {
            Some(time) => *time = inference,
            None => {
                // All of it at once: a frame should take nothing from the heap.
                self.recent.reserve_exact(WINDOW - self.recent.len());
                self.recent.push(inference);
            }
        }
        self.restored += 1;
        self.zero_copy += u64::from(is_zero_copy);
        self.total += inference;
        self.max = self.max.max(inference);
        self.waited += wait;
        self.longest_wait = self.longest_wait.max(wait);
        self.batches += batch as u64;
    }

    /// Counts a frame that the network had no time for.
    pub(super) fn late(&mut self, is_repeated: bool) {
        self.late += 1;
        match is_repeated {
            true => self.repeated(),
            false => self.passed(Reason::Late),
        }
    }

    pub(super) fn swapped(&mut self) {
        self.swaps += 1;
    }

    pub(super) fn repeated(&mut self) {
        self.repeated += 1;
    }

    pub(super) fn passed(&mut self, reason: Reason) {
        self.passed[reason as usize] += 1;
    }

    /// Adds every figure to `builder`: counts as `guint64`, times in milliseconds as `gdouble`.
    pub(super) fn fill(&self, builder: gst::structure::Builder) -> gst::structure::Builder {
        let mut builder = builder
            .field("frames-restored", self.restored)
            .field("frames-zero-copy", self.zero_copy)
            .field("frames-repeated", self.repeated)
            .field("deadline-misses", self.late)
            .field("provider-swaps", self.swaps)
            .field("frames-passed", self.passed.iter().sum::<u64>());
        for (reason, name) in Reason::ALL {
            builder = builder.field(name, self.passed[reason as usize]);
        }
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let mean = |total: Duration| ms(total) / self.restored.max(1) as f64;
        builder
            .field("inference-mean-ms", mean(self.total))
            .field("inference-p99-ms", ms(self.percentile(0.99)))
            .field("inference-max-ms", ms(self.max))
            .field("wait-mean-ms", mean(self.waited))
            .field("wait-max-ms", ms(self.longest_wait))
            .field(
                "batch-mean",
                self.batches as f64 / self.restored.max(1) as f64,
            )
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
        stats.restored(Duration::from_millis(4), Duration::ZERO, 1, true);
        stats.repeated();
        stats.late(true);
        stats.late(false);
        for (reason, _) in Reason::ALL {
            stats.passed(reason);
        }
        stats.passed(Reason::Loading);
        let figures = figures(&stats);
        for (name, count) in [
            ("frames-restored", 1),
            ("frames-zero-copy", 1),
            ("frames-repeated", 2),
            ("frames-passed", 9),
            ("passed-off", 1),
            ("passed-loading", 2),
            ("passed-late", 2),
            ("deadline-misses", 2),
            ("passed-failed", 1),
            ("passed-flat", 1),
            ("passed-dark", 1),
            ("passed-white", 1),
        ] {
            assert_eq!(figures.get::<u64>(name), Ok(count), "{name}");
        }
    }

    #[test]
    fn times_are_over_all_frames_and_the_percentile_over_the_recent_ones() {
        let mut stats = Stats::default();
        stats.restored(
            Duration::from_secs(1),
            Duration::from_millis(513),
            514,
            false,
        );
        for milliseconds in 1..=WINDOW as u64 {
            stats.restored(
                Duration::from_millis(milliseconds),
                Duration::ZERO,
                1,
                false,
            );
        }
        let figures = figures(&stats);
        assert_eq!(figures.get::<f64>("inference-max-ms"), Ok(1000.0));
        assert_eq!(figures.get::<f64>("inference-p99-ms"), Ok(507.0));
        let mean = figures.get::<f64>("inference-mean-ms").unwrap();
        assert!((mean - (1000.0 + 512.0 * 513.0 / 2.0) / 513.0).abs() < 1e-6);
        assert_eq!(figures.get::<f64>("wait-max-ms"), Ok(513.0));
        assert_eq!(figures.get::<f64>("wait-mean-ms"), Ok(1.0));
        assert_eq!(figures.get::<f64>("batch-mean"), Ok(2.0));
    }

    #[test]
    fn without_frames_every_figure_is_zero() {
        let figures = figures(&Stats::default());
        assert_eq!(figures.get::<f64>("inference-mean-ms"), Ok(0.0));
        assert_eq!(figures.get::<f64>("inference-p99-ms"), Ok(0.0));
    }
}

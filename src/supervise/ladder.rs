//! What a stream gives up when the machine is short, and when it takes it back.
//!
//! Time comes in as an argument, load as a number: nothing here waits, measures or knows of pipelines.

use std::fmt;
use std::time::Duration;

/// How much of the restoration a stream gets. Each rung is cheaper than the one before, on any machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Rung {
    /// Every frame, by the configured model.
    Full,
    /// Every second frame (`inference-interval`).
    EverySecond,
    /// Every second frame, by the smaller model.
    SmallerTier,
    /// No frame.
    PassThrough,
}

impl Rung {
    /// The name, as logs and metrics spell it.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::EverySecond => "every-second-frame",
            Self::SmallerTier => "smaller-tier",
            Self::PassThrough => "pass-through",
        }
    }
}

/// When to step. `Default` is for cameras.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Terms {
    /// Whether a smaller model is configured.
    pub(crate) has_smaller_tier: bool,
    /// Load above which a stream falls behind.
    pub(crate) high: f64,
    /// Load that the rung above may be expected to cause at most; well below `high`.
    pub(crate) low: f64,
    /// How long load has to be too high for a step down.
    pub(crate) fall_after: Duration,
    /// How long there has to be room for a step up. Doubles with every step up that had to be taken back.
    pub(crate) climb_after: Duration,
    /// The longest that doubling makes of it, and how long what was seen of a rung's cost counts.
    pub(crate) climb_at_last: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            has_smaller_tier: false,
            high: 1.0,
            low: 0.75,
            fall_after: Duration::from_secs(2),
            climb_after: Duration::from_secs(10),
            climb_at_last: Duration::from_secs(600),
        }
    }
}

/// Why a step was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reason {
    /// Frames took more than their time.
    Overloaded {
        /// The last load.
        load: f64,
        /// For how long.
        lasting: Duration,
    },
    /// The rung above would fit.
    Room {
        /// The load that is expected there.
        expected: f64,
        /// For how long.
        lasting: Duration,
    },
    /// Without the network there is nothing to tell by: a try.
    Trial {
        /// After how long.
        lasting: Duration,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |load: f64| (load * 100.0).round();
        match self {
            Self::Overloaded { load, lasting } => {
                let (load, lasting) = (percent(*load), lasting.as_secs_f64());
                write!(f, "frames take {load} % of their time, for {lasting:.1} s")
            }
            Self::Room { expected, lasting } => {
                let (expected, lasting) = (percent(*expected), lasting.as_secs_f64());
                write!(
                    f,
                    "frames would take {expected} % of their time, for {lasting:.1} s"
                )
            }
            Self::Trial { lasting } => {
                write!(
                    f,
                    "to see whether it goes, after {:.1} s",
                    lasting.as_secs_f64()
                )
            }
        }
    }
}

/// A step of one rung.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    /// The rung that was left.
    pub(crate) from: Rung,
    /// The rung now.
    pub(crate) to: Rung,
    /// Why.
    pub(crate) reason: Reason,
}

/// Steps so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Steps down.
    pub(crate) down: u64,
    /// Steps up.
    pub(crate) up: u64,
}

/// Load at which a rung was left, compared with the rung below.
#[derive(Clone, Copy, Debug, Default)]
struct Comparison {
    /// Load when it was left.
    above: f64,
    /// How many times the load of the rung below it causes, and when that was seen.
    ratio: Option<(f64, Duration)>,
}

/// Loads below this say nothing: the network did not run.
const NOTHING: f64 = 1e-3;
/// What every second frame costs twice; taken for any rung until it was seen.
const USUAL_RATIO: f64 = 2.0;

/// The ladder of one stream. It starts at the top.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    terms: Terms,
    rungs: Vec<Rung>,
    /// Index into `rungs`, and into `seen` for the rung above the one below.
    place: usize,
    seen: Vec<Comparison>,
    /// Since when load has been too high, or the rung above would fit.
    pressed_since: Option<Duration>,
    free_since: Option<Duration>,
    /// When the last step up was taken, while it may still turn out to be wrong.
    climbed_at: Option<Duration>,
    /// Steps up in a row that were taken back.
    taken_back: u32,
    counters: Counters,
}

impl Ladder {
    /// A ladder at its top.
    #[must_use]
    pub(crate) fn new(terms: Terms) -> Self {
        let mut rungs = vec![Rung::Full, Rung::EverySecond];
        rungs.extend(terms.has_smaller_tier.then_some(Rung::SmallerTier));
        rungs.push(Rung::PassThrough);
        Self {
            terms,
            seen: vec![Comparison::default(); rungs.len()],
            rungs,
            place: 0,
            pressed_since: None,
            free_since: None,
            climbed_at: None,
            taken_back: 0,
            counters: Counters::default(),
        }
    }

    /// The rung now.
    #[must_use]
    pub(crate) fn rung(&self) -> Rung {
        self.rungs[self.place]
    }

    /// Steps so far.
    #[must_use]
    pub(crate) fn counters(&self) -> Counters {
        self.counters
    }

    /// Takes in the load since the last call, and says whether a step is due: the caller has then taken it.
    ///
    /// `at` is the time since any fixed moment, and never falls. `load` is the share of the time between two frames that
    /// a frame took on average, waiting for others' frames included: above 1 the stream falls behind. A second's
    /// average is a good one; a pass-through's is 0.
    pub(crate) fn observe(&mut self, at: Duration, load: f64) -> Option<Step> {
        self.compare(at, load);
        let expected = self.expected(at, load);
        let is_pressed = load > self.terms.high;
        let is_free = self.place > 0 && expected.is_none_or(|expected| expected < self.terms.low);
        let pressed = lasting(&mut self.pressed_since, is_pressed, at);
        let free = lasting(&mut self.free_since, is_free, at);
        self.forgive(at);
        if pressed.is_some_and(|lasting| lasting >= self.terms.fall_after) {
            let lasting = pressed.unwrap_or_default();
            return self.fall(load, lasting);
        }
        let free = free.filter(|&lasting| lasting >= self.climb_after())?;
        Some(self.climb(at, expected, free))
    }

    /// How long there has to be room for the next step up.
    fn climb_after(&self) -> Duration {
        let doubled = 1_u32.checked_shl(self.taken_back).unwrap_or(u32::MAX);
        let after = self.terms.climb_after.saturating_mul(doubled);
        after.min(self.terms.climb_at_last)
    }

    /// Learns how much more the rung above costs, from the first load after it was left.
    fn compare(&mut self, at: Duration, load: f64) {
        let Some(above) = self.place.checked_sub(1) else {
            return;
        };
        let seen = &mut self.seen[above];
        if seen.ratio.is_none() && seen.above > 0.0 && load > NOTHING {
            seen.ratio = Some(((seen.above / load).max(1.0), at));
        }
    }

    /// The load to expect one rung up. `None` where the present one says nothing.
    fn expected(&self, at: Duration, load: f64) -> Option<f64> {
        let above = self.place.checked_sub(1)?;
        // A load that fell by itself just then looks like a costly rung: what was seen does not count for ever.
        let seen = self.seen[above]
            .ratio
            .filter(|&(_, seen)| at.saturating_sub(seen) < self.terms.climb_at_last);
        let ratio = seen.map_or(USUAL_RATIO, |(ratio, _)| ratio);
        (load > NOTHING).then_some(load * ratio)
    }

    /// A step up that has held for as long as it was waited for was right.
    fn forgive(&mut self, at: Duration) {
        let held = self.climbed_at.map(|climbed| at.saturating_sub(climbed));
        if held.is_some_and(|held| held >= self.climb_after()) {
            (self.climbed_at, self.taken_back) = (None, 0);
        }
    }

    fn fall(&mut self, load: f64, lasting: Duration) -> Option<Step> {
        let (from, below) = (self.rung(), *self.rungs.get(self.place + 1)?);
        if self.climbed_at.take().is_some() {
            self.taken_back = self.taken_back.saturating_add(1);
        }
        self.seen[self.place] = Comparison {
            above: load,
            ratio: None,
        };
        self.place += 1;
        self.counters.down += 1;
        (self.pressed_since, self.free_since) = (None, None);
        Some(Step {
            from,
            to: below,
            reason: Reason::Overloaded { load, lasting },
        })
    }

    fn climb(&mut self, at: Duration, expected: Option<f64>, lasting: Duration) -> Step {
        let from = self.rung();
        self.place -= 1;
        self.counters.up += 1;
        self.climbed_at = Some(at);
        (self.pressed_since, self.free_since) = (None, None);
        Step {
            from,
            to: self.rung(),
            reason: match expected {
                Some(expected) => Reason::Room { expected, lasting },
                None => Reason::Trial { lasting },
            },
        }
    }
}

/// How long `is_so` has been so, `since` keeping the beginning; `None` if it is not.
fn lasting(since: &mut Option<Duration>, is_so: bool, at: Duration) -> Option<Duration> {
    *since = is_so.then(|| since.unwrap_or(at));
    since.map(|since| at.saturating_sub(since))
}

#[cfg(test)]
mod tests;

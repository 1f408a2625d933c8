//! What a stream counts.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of a stream, for ever rising. Each is written from whatever thread it happens on.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// Frames that a source gave.
    pub(crate) captured: Count,
    /// Frames that the restorer was given.
    pub(crate) given: Count,
    /// Frames that came out of the restorer.
    pub(crate) shown: Count,
    /// Frames replaced by a newer one before the restorer took them.
    pub(crate) superseded: Count,
    /// Frames that were too old to be restored.
    pub(crate) too_old: Count,
    /// Coded frames skipped because the decoder was behind.
    pub(crate) skipped: Count,
    /// Frames that went round a restorer that has failed.
    pub(crate) unrestored: Count,
    /// Placeholders shown.
    pub(crate) placeholders: Count,
    /// Sources started.
    pub(crate) starts: Count,
    /// Sources that failed, however they did.
    pub(crate) failures: Count,
    /// Failures for want of frames.
    pub(crate) stalls: Count,
    /// Failures for a refused password.
    pub(crate) refusals: Count,
    /// Restorers that failed.
    pub(crate) restorer_failures: Count,
    /// Encoders, recordings and windows that failed.
    pub(crate) sink_failures: Count,
    /// Frames that a recording could not take.
    pub(crate) unrecorded: Count,
    /// Pipelines that did not stop and were left behind.
    pub(crate) abandoned: Count,
    /// Time that the restorer took for frames, in microseconds.
    pub(crate) busy_us: Count,
    /// Rung of the brown-out ladder: 0 is full restoration.
    pub(crate) rung: Gauge,
    /// Steps down that ladder, and up.
    pub(crate) steps_down: Gauge,
    pub(crate) steps_up: Gauge,
    /// Age of the newest restored frame when it came out, in microseconds.
    pub(crate) age_us: Gauge,
    /// 1 while frames come, 0 while the placeholder is shown.
    pub(crate) signal: Gauge,
}

/// A number that only rises.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// One more.
    pub(crate) fn add(&self) {
        self.add_many(1);
    }

    /// So many more.
    pub(crate) fn add_many(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The number now.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that is replaced.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU64);

impl Gauge {
    /// Replaces the number.
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// The number now.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Figures {
    /// Names, as metrics have them, and values.
    pub(crate) fn all(&self) -> [(&'static str, u64); 22] {
        [
            ("captured", self.captured.get()),
            ("given", self.given.get()),
            ("shown", self.shown.get()),
            ("superseded", self.superseded.get()),
            ("too_old", self.too_old.get()),
            ("skipped", self.skipped.get()),
            ("unrestored", self.unrestored.get()),
            ("placeholders", self.placeholders.get()),
            ("starts", self.starts.get()),
            ("failures", self.failures.get()),
            ("stalls", self.stalls.get()),
            ("refusals", self.refusals.get()),
            ("restorer_failures", self.restorer_failures.get()),
            ("sink_failures", self.sink_failures.get()),
            ("unrecorded", self.unrecorded.get()),
            ("abandoned", self.abandoned.get()),
            ("busy_us", self.busy_us.get()),
            ("rung", self.rung.get()),
            ("steps_down", self.steps_down.get()),
            ("steps_up", self.steps_up.get()),
            ("age_us", self.age_us.get()),
            ("signal", self.signal.get()),
        ]
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.all().iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{name}={value}")?;
        }
        Ok(())
    }
}

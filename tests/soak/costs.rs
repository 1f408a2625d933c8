//! What a process holds, looked at again and again.

use crate::figures::slope;
use crate::process::{Held, Tapetum};
use std::time::Instant;

/// Memory, descriptors and threads of a process over time.
pub(crate) struct Costs {
    start: Instant,
    seen: Vec<(f64, Held)>,
}

impl Costs {
    /// Nothing seen yet.
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            seen: Vec::new(),
        }
    }

    /// Looks at `process`.
    #[track_caller]
    pub(crate) fn look(&mut self, process: &Tapetum) {
        let at = self.start.elapsed().as_secs_f64();
        self.seen.push((at, process.held()));
    }

    /// What was seen after the first `share` of the run, in which caches and the allocator's arenas fill.
    fn settled(&self, share: f64) -> &[(f64, Held)] {
        &self.seen[(self.seen.len() as f64 * share) as usize..]
    }

    /// Megabytes an hour after the first `share` of the run.
    pub(crate) fn memory_per_hour(&self, share: f64) -> f64 {
        let seen = self.settled(share).iter();
        let points: Vec<_> = seen.map(|(at, held)| (*at, held.megabytes)).collect();
        slope(&points) * 3600.0
    }

    /// Kilobytes a look after the first `share` of the run.
    pub(crate) fn memory_per_look(&self, share: f64) -> f64 {
        let seen = self.settled(share).iter().enumerate();
        let points: Vec<_> = seen
            .map(|(index, (_, held))| (index as f64, held.megabytes * 1000.0))
            .collect();
        slope(&points)
    }

    /// How many more descriptors are open at the end than after the first `share` of the run, and how many more threads run.
    pub(crate) fn more(&self, share: f64) -> (f64, f64) {
        let (first, last) = (&self.settled(share)[0].1, &self.seen[self.seen.len() - 1].1);
        let more = |first: usize, last: usize| last as f64 - first as f64;
        (
            more(first.descriptors, last.descriptors),
            more(first.threads, last.threads),
        )
    }

    /// Memory in megabytes, all along, at about twelve moments.
    pub(crate) fn course(&self) -> String {
        let every = self.seen.len().div_ceil(12).max(1);
        let seen = self.seen.iter().step_by(every);
        let course: Vec<_> = seen
            .map(|(_, held)| format!("{:.1}", held.megabytes))
            .collect();
        course.join(" ")
    }
}

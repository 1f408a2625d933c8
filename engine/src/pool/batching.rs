//! How many of the waiting frames go into the next run, and whether to wait for more. Pure: told the time, it tells no time.

use std::time::{Duration, Instant};

/// Frames in a run that batches are made for, smallest first. A provider compiles the model for each one: few, and each a
/// good part of what waits.
pub(super) const SIZES: [usize; 4] = [2, 4, 8, 16];

/// A frame that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) asked: Instant,
    /// When it is of no use any more.
    pub(super) deadline: Option<Instant>,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Run so many of the oldest.
    Run(usize),
    /// Wait for another frame, until then at most.
    Wait(Instant),
}

/// What is known when it is decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation<'a> {
    /// Frames that a run can take, smallest first, 1 not among them: it can always take one.
    pub(super) sizes: &'a [usize],
    /// Streams that can ask; each has one frame waiting at most.
    pub(super) streams: usize,
    /// How long the oldest frame may wait for company, all its waiting counted.
    pub(super) linger: Duration,
    pub(super) now: Instant,
}

impl Situation<'_> {
    /// For `queue`, the oldest first; at least one frame waits.
    ///
    /// The oldest are always in the run: nobody is overtaken. A run is never larger than what waits, since frames made up to
    /// fill it would cost as much as real ones. Nobody waits for company that cannot come, nor past anybody's deadline.
    pub(super) fn decide(&self, queue: impl ExactSizeIterator<Item = Waiting> + Clone) -> Decision {
        let largest = |most: usize| {
            let fitting = self.sizes.iter().copied().filter(|&size| size <= most);
            fitting.max().unwrap_or(1)
        };
        let (now, best) = (largest(queue.len()), largest(self.streams));
        let oldest = queue.clone().map(|frame| frame.asked).min();
        let until = oldest.and_then(|asked| asked.checked_add(self.linger));
        let Some(until) = until.filter(|&until| now < best && until > self.now) else {
            return Decision::Run(now);
        };
        let would_spoil = queue
            .filter_map(|frame| frame.deadline)
            .any(|deadline| deadline <= until);
        match would_spoil {
            true => Decision::Run(now),
            false => Decision::Wait(until),
        }
    }
}

#[cfg(test)]
mod tests;

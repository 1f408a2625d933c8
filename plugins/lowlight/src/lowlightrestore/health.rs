//! Whether what is shown is what was asked for: restored frames, and no originals in their place.

use std::time::{Duration, Instant};

/// Good frames in a row after which all is well again: one of them may be luck.
const RECOVERY: u32 = 25;
/// Word of faulty frames comes no closer than this.
const INTERVAL: Duration = Duration::from_secs(5);

/// Faulty frames and good ones.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Good frames since the last faulty one, if there was one that is not over yet.
    good: Option<u32>,
    told: Option<Instant>,
}

impl Health {
    /// A frame was faulty. Says whether it is time to say so.
    pub(super) fn fault(&mut self, now: Instant) -> bool {
        self.good = Some(0);
        let is_due = self
            .told
            .is_none_or(|told| now.saturating_duration_since(told) >= INTERVAL);
        if is_due {
            self.told = Some(now);
        }
        is_due
    }

    /// A frame was good. Says whether that ends a bad time.
    pub(super) fn good(&mut self) -> bool {
        let Some(good) = &mut self.good else {
            return false;
        };
        *good += 1;
        let is_over = *good >= RECOVERY;
        if is_over {
            self.good = None;
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_of_at_once_and_then_every_five_seconds() {
        let (mut health, start) = (Health::default(), Instant::now());
        let told = [0, 1, 4, 5, 6, 10].map(|s| health.fault(start + Duration::from_secs(s)));
        assert_eq!(told, [true, false, false, true, false, true]);
    }

    #[test]
    fn all_is_well_after_some_good_frames_in_a_row() {
        let mut health = Health::default();
        assert!(!(0..100).any(|_| health.good()));
        health.fault(Instant::now());
        assert!(!(1..RECOVERY).any(|_| health.good()));
        health.fault(Instant::now());
        assert!(!(1..RECOVERY).any(|_| health.good()));
        assert!(health.good());
        assert!(!health.good());
    }
}

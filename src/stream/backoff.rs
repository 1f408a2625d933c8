//! How long to wait before a camera is tried again. Pure: randomness comes in as a number.

use std::time::Duration;

/// Waits that grow, with jitter, so that a hundred cameras behind one switch do not come back in one second.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

/// The first wait.
const FIRST: Duration = Duration::from_millis(250);
/// The longest wait for a camera: when it is back, that is noticed within it and its jitter.
pub(crate) const CAMERA: Duration = Duration::from_secs(2);
/// The longest wait for anything else: what fails again and again there wants a person.
pub(crate) const OTHERS: Duration = Duration::from_secs(60);
/// The wait after a refused password: cameras lock accounts that keep trying.
pub(crate) const REFUSED: Duration = Duration::from_secs(30);
const GROWTH: f64 = 1.6;
/// The share by which a wait is longer or shorter.
const JITTER: f64 = 0.2;
/// How long pictures must have come for the next failure to count as a new one.
pub(crate) const SETTLED: Duration = Duration::from_secs(10);

impl Backoff {
    /// Waits up to `longest`.
    pub(crate) fn up_to(longest: Duration) -> Self {
        Self {
            next: FIRST,
            longest,
        }
    }

    /// The next wait; `chance` lies between 0 and 1.
    pub(crate) fn wait(&mut self, chance: f64) -> Duration {
        let wait = jittered(self.next, chance);
        self.next = self.next.mul_f64(GROWTH).min(self.longest);
        wait
    }

    /// Starts anew after a good time.
    pub(crate) fn reset(&mut self) {
        self.next = FIRST;
    }
}

/// `wait`, up to a fifth shorter or longer.
pub(crate) fn jittered(wait: Duration, chance: f64) -> Duration {
    wait.mul_f64(1.0 + JITTER * (2.0 * chance.clamp(0.0, 1.0) - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_limit_and_start_anew() {
        let mut backoff = Backoff::up_to(CAMERA);
        let waits: Vec<_> = (0..8).map(|_| backoff.wait(0.5)).collect();
        assert!(waits.is_sorted(), "{waits:?}");
        assert_eq!(waits[0], FIRST);
        assert_eq!(waits[7], CAMERA);
        backoff.reset();
        assert_eq!(backoff.wait(0.5), FIRST);
    }

    #[test]
    fn jitter_is_a_fifth_either_way() {
        let second = Duration::from_secs(1);
        assert_eq!(jittered(second, 0.0), Duration::from_millis(800));
        assert_eq!(jittered(second, 1.0), Duration::from_millis(1200));
        assert_eq!(jittered(second, f64::INFINITY), Duration::from_millis(1200));
    }
}

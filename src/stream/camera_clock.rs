//! The camera's own clock, as far as its sender reports tell it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// From 1900, where NTP starts, to 1970.
const NTP_TO_UNIX: i128 = 2_208_988_800_000_000_000;
/// "Nothing has been told yet."
const UNKNOWN: i64 = i64::MIN;

/// How far a camera's clock is ahead of this machine's. It outlives connections: a camera keeps its clock over them.
#[derive(Debug)]
pub(crate) struct CameraClock(AtomicI64);

impl Default for CameraClock {
    fn default() -> Self {
        Self(AtomicI64::new(UNKNOWN))
    }
}

impl CameraClock {
    /// The camera has captured something at `absolute` by its clock (nanoseconds since 1900), `age` nanoseconds ago.
    pub(crate) fn told(&self, absolute: u64, age: u64) {
        self.note(absolute, age, SystemTime::now());
    }

    /// How far it is ahead, in nanoseconds; `None`: nobody knows.
    pub(crate) fn ahead(&self) -> Option<i64> {
        match self.0.load(Ordering::Relaxed) {
            UNKNOWN => None,
            ahead => Some(ahead),
        }
    }

    fn note(&self, absolute: u64, age: u64, now: SystemTime) {
        let Ok(now) = now.duration_since(UNIX_EPOCH) else {
            return; // A machine that believes itself before 1970 has nothing to compare with.
        };
        let here = i128::try_from(now.as_nanos()).unwrap_or(i128::MAX) - i128::from(age);
        let there = i128::from(absolute) - NTP_TO_UNIX;
        // A camera without a clock may count from its start: decades, which still fit.
        if let Ok(ahead) = i64::try_from(there - here) {
            self.0.store(ahead, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SECOND: u64 = 1_000_000_000;
    const EPOCH: u64 = 2_208_988_800 * SECOND;

    #[test]
    fn a_camera_is_ahead_by_what_its_clock_says_more() {
        let clock = CameraClock::default();
        assert_eq!(clock.ahead(), None);
        let now = UNIX_EPOCH + Duration::from_secs(1000);
        clock.note(EPOCH + 1060 * SECOND, 0, now);
        assert_eq!(clock.ahead(), Some(60_000_000_000));
        // Captured two seconds ago, so it was told later than it was.
        clock.note(EPOCH + 998 * SECOND, 2 * SECOND, now);
        assert_eq!(clock.ahead(), Some(0));
    }

    #[test]
    fn a_camera_that_counts_from_its_start_is_decades_behind() {
        let clock = CameraClock::default();
        clock.note(5 * SECOND, 0, UNIX_EPOCH + Duration::from_secs(1000));
        assert_eq!(clock.ahead(), Some(-2_208_989_795_000_000_000));
    }
}

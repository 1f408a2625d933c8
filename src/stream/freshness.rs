//! Which frames are still worth restoring. Pure; times are nanoseconds of one monotonic clock.

/// The age that a stream allows, and when it last let a frame through.
#[derive(Debug)]
pub(crate) struct Freshness {
    max_age: u64,
    passed: Option<u64>,
}

/// Even a machine that is always late shows a frame this often.
const AT_LEAST_EVERY: u64 = 1_000_000_000;

impl Freshness {
    /// A budget in nanoseconds.
    pub(crate) fn new(max_age: u64) -> Self {
        Self {
            max_age,
            passed: None,
        }
    }

    /// Whether a frame captured at `captured` passes at `now`.
    pub(crate) fn pass(&mut self, captured: u64, now: u64) -> bool {
        let is_fresh = now.saturating_sub(captured) <= self.max_age;
        let is_due = self
            .passed
            .is_none_or(|passed| now.saturating_sub(passed) >= AT_LEAST_EVERY);
        if is_fresh || is_due {
            self.passed = Some(now);
        }
        is_fresh || is_due
    }
}

/// Skips coded frames up to the next key frame when the decoder is behind.
#[derive(Debug, Default)]
pub(crate) struct Skip {
    is_skipping: bool,
}

impl Skip {
    /// Whether a coded frame of age `age` is to be skipped, when `limit` is allowed. A key frame never is: with
    /// nothing else left to decode it is the way to catch up.
    pub(crate) fn skips(&mut self, is_key: bool, age: u64, limit: u64) -> bool {
        self.is_skipping = !is_key && (self.is_skipping || age > limit);
        self.is_skipping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn old_frames_are_refused_but_one_a_second_passes() {
        let mut freshness = Freshness::new(100 * MS);
        assert!(freshness.pass(0, 50 * MS));
        let passed = (2..100).filter(|i| freshness.pass(0, i * 100 * MS)).count();
        assert_eq!(passed, 9);
        assert!(freshness.pass(9_900 * MS, 9_950 * MS));
    }

    #[test]
    fn a_decoder_that_is_behind_goes_on_at_the_next_key_frame() {
        let mut skip = Skip::default();
        let seen: Vec<bool> = [
            (true, 0),
            (false, 0),
            (false, 90),
            (false, 10),
            (true, 90),
            (false, 10),
        ]
        .into_iter()
        .map(|(key, age)| skip.skips(key, age, 50))
        .collect();
        assert_eq!(seen, [false, false, true, true, false, false]);
    }
}

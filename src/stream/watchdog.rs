//! Who has been silent for too long. Pure.

use std::time::Duration;

/// How long a source may take for its first frame.
const FIRST_FRAME: Duration = Duration::from_secs(10);
/// How long a restorer that is given frames may show none.
const RESTORER: Duration = Duration::from_secs(10);
/// How fresh a camera's last frame must be for its restorer to be expected to show something.
const FED: Duration = Duration::from_secs(1);

/// Why a camera has to go, if it has to: its last frame came `quiet` ago (`None`: there was none), and it was started `age` ago.
pub(crate) fn stall(quiet: Option<Duration>, age: Duration, limit: Duration) -> Option<String> {
    let patience = FIRST_FRAME.max(limit);
    match quiet {
        Some(quiet) if quiet > limit => Some(format!("no frame for {} ms", limit.as_millis())),
        None if age > patience => Some(format!("no first frame within {} s", patience.as_secs())),
        _ => None,
    }
}

/// Whether a restorer hangs: it was `fed` so long ago, showed something `gave` ago, and was started `age` ago.
pub(crate) fn restorer_hangs(fed: Option<Duration>, gave: Duration, age: Duration) -> bool {
    fed.is_some_and(|fed| fed < FED) && gave > RESTORER && age > RESTORER
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn a_camera_has_time_for_its_first_frame_and_less_for_each_further_one() {
        for (quiet, age, expected) in [
            (None, S * 9, None),
            (None, S * 11, Some("no first frame within 10 s")),
            (Some(S), S * 100, None),
            (Some(S * 3), S * 4, Some("no frame for 2000 ms")),
        ] {
            assert_eq!(stall(quiet, age, S * 2).as_deref(), expected);
        }
        assert_eq!(stall(None, S * 15, S * 20), None);
    }

    #[test]
    fn a_restorer_hangs_only_when_it_is_given_frames() {
        for (fed, gave, age, expected) in [
            (Some(S / 10), S * 11, S * 60, true),
            (Some(S * 6), S * 11, S * 60, false),
            (None, S * 11, S * 60, false),
            (Some(S / 10), S, S * 60, false),
            (Some(S / 10), S * 11, S * 4, false),
        ] {
            assert_eq!(restorer_hangs(fed, gave, age), expected);
        }
    }
}

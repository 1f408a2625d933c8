//! The ticks that an output counts in.

use super::mp4;
use std::path::Path;

/// Ticks per second of the whole file: divides by every usual frame rate, and a day fits into 32 bits.
pub(super) const MOVIE: u32 = 30_000;
/// Ticks per second where the input does not say: MPEG's, and a multiple of Matroska's.
const USUAL: u32 = 90_000;

/// Ticks per second for the video of `input`: its own where it has some, so that no frame's time is
/// rounded; as many as `framerate` wants otherwise. The muxer counts in 32 bits, so a long input may
/// have to do with fewer.
pub(super) fn video_ticks(
    input: &Path,
    framerate: Option<gst::Fraction>,
    duration: Option<gst::ClockTime>,
) -> u32 {
    let own = mp4::video_timescale(input);
    choose(own, framerate.map_or(0, |f| f.numer()), duration)
}

fn choose(own: Option<u32>, frames: i32, duration: Option<gst::ClockTime>) -> u32 {
    let frames = u32::try_from(frames).unwrap_or(0);
    let wanted = own.or_else(|| common(USUAL, frames)).unwrap_or(USUAL);
    // Half the range is left for what a wrong duration hides.
    let seconds = duration.map_or(0, gst::ClockTime::seconds) * 2;
    [wanted, USUAL, MOVIE]
        .into_iter()
        .find(|ticks| seconds * u64::from(*ticks) < u64::from(u32::MAX))
        .unwrap_or(1000)
}

/// The least common multiple, if there is a reasonable one.
fn common(a: u32, b: u32) -> Option<u32> {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    (b / x)
        .checked_mul(a)
        .filter(|ticks| (1..10_000_000).contains(ticks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_fit_the_input_and_its_length() {
        let hours = |hours: u64| Some(gst::ClockTime::from_seconds(hours * 3600));
        for (own, frames, duration, expected) in [
            (Some(15_360), 30, hours(1), 15_360),
            (None, 0, None, 90_000),
            (None, 25, hours(1), 90_000),
            (None, 24_000, hours(1), 360_000),
            (None, 60_000, hours(1), 180_000),
            (None, 24_000, hours(5), 90_000),
            (Some(10_000_000), 30, hours(1), 90_000),
            (Some(90_000), 30, hours(12), 30_000),
            (Some(90_000), 30, hours(1000), 1000),
            (None, i32::MAX, hours(1), 90_000),
        ] {
            assert_eq!(
                choose(own, frames, duration),
                expected,
                "{own:?} {frames} {duration:?}"
            );
        }
    }
}

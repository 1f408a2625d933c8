//! How often frames come, and what follows from it.

use std::time::Duration;

/// The time from frame to frame.
pub(super) fn frame_time(fps: gst::Fraction) -> Option<Duration> {
    match (u32::try_from(fps.numer()), u32::try_from(fps.denom())) {
        (Ok(frames @ 1..), Ok(seconds)) => Some(Duration::from_secs(u64::from(seconds)) / frames),
        _ => None,
    }
}

/// How long a live frame may wait for its turn: for two frames' time, since by then there is a newer one; but other
/// streams' frames take theirs, whatever the rate of this one.
pub(super) fn patience(fps: gst::Fraction) -> Duration {
    const LEAST: Duration = Duration::from_millis(100);
    const WITHOUT_A_RATE: Duration = Duration::from_millis(200);
    frame_time(fps).map_or(WITHOUT_A_RATE, |time| LEAST.max(2 * time))
}

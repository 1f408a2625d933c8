//! When a frame is shown: capture times, made to rise whatever the camera does. Pure; all times are nanoseconds of
//! one monotonic clock.

/// How far a capture time may lie from now before it is not believed.
const BELIEVABLE: u64 = 5_000_000_000;
/// The least distance of two frames.
const STEP: u64 = 1_000_000;

/// The times of one picture's frames.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    last: Option<u64>,
}

impl Timeline {
    /// The time of a frame captured at `captured` that is at hand at `now`. It is the capture time, so that
    /// a camera's own spacing is kept, unless that cannot be, or would step back.
    pub(crate) fn place(&mut self, captured: Option<u64>, now: u64) -> u64 {
        let time = match captured {
            // Cameras send ahead of time when they start; what is due later would be shown later.
            Some(time) if time.abs_diff(now) <= BELIEVABLE => time.min(now),
            _ => now,
        };
        let earliest = self.last.map_or(0, |last| last + STEP);
        let time = time.max(earliest);
        self.last = Some(time);
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_cameras_own_spacing_is_kept() {
        let mut line = Timeline::default();
        for (captured, now) in [(100, 101), (140, 155), (180, 182)] {
            let (captured, now) = (captured * 1_000_000, now * 1_000_000);
            assert_eq!(line.place(Some(captured), now), captured);
        }
    }

    #[test]
    fn times_never_step_back() {
        let mut line = Timeline::default();
        let captures = [Some(100), None, Some(90), Some(10), Some(101), None];
        let mut last = 0;
        for (index, captured) in captures.into_iter().enumerate() {
            let now = 100 * SECOND + index as u64;
            let time = line.place(captured.map(|second| second * SECOND), now);
            assert!(time > last, "{time} after {last}");
            last = time;
        }
    }

    #[test]
    fn nothing_is_captured_in_the_future() {
        let mut line = Timeline::default();
        assert_eq!(line.place(Some(2 * SECOND), SECOND), SECOND);
        assert_eq!(line.place(Some(3 * SECOND), SECOND), SECOND + STEP);
    }

    #[test]
    fn a_time_far_from_now_is_not_believed() {
        let mut line = Timeline::default();
        let now = 1000 * SECOND;
        assert_eq!(line.place(Some(2000 * SECOND), now), now);
        assert_eq!(line.place(Some(0), now + SECOND), now + SECOND);
    }
}

//! Which source frames one output frame is made of, and its timing; all in nanoseconds.

/// The window of source frames under way.
#[derive(Debug, Default)]
pub(super) struct Shutter {
    seen: u32,
    elapsed: Option<u64>,
}

/// What to do with a source frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Its light counts: the shutter is open.
    pub(super) open: bool,
    /// It begins a window: the output takes its timestamps, flags and metas.
    pub(super) first: bool,
    /// It ends the window: the output leaves now.
    pub(super) last: bool,
    /// Duration of the window so far; unknown as soon as one frame's is.
    pub(super) duration: Option<u64>,
}

impl Shutter {
    /// Counts one source frame of `duration` into a window of `frames`, of which the first
    /// `share` (0–1; at least one frame) see light.
    pub(super) fn advance(&mut self, frames: u32, share: f64, duration: Option<u64>) -> Step {
        let open_frames = ((f64::from(frames) * share).round() as u32).max(1);
        let first = self.seen == 0;
        let elapsed = if first { Some(0) } else { self.elapsed };
        let open = self.seen < open_frames;
        self.seen += 1;
        self.elapsed = elapsed.zip(duration).map(|(a, b)| a.saturating_add(b));
        let step = Step {
            open,
            first,
            last: self.seen >= frames,
            duration: self.elapsed,
        };
        if step.last {
            self.reset();
        }
        step
    }

    /// Source frames in the window so far.
    pub(super) fn pending(&self) -> u32 {
        self.seen
    }

    /// Starts a new window.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(frames: u32, share: f64, durations: &[Option<u64>]) -> Vec<Step> {
        let mut shutter = Shutter::default();
        durations
            .iter()
            .map(|&d| shutter.advance(frames, share, d))
            .collect()
    }

    #[test]
    fn window_begins_ends_and_sums_its_durations() {
        let steps = steps(3, 1.0, &[Some(10), Some(20), Some(30), Some(5)]);
        assert_eq!(
            steps.iter().map(|s| s.first).collect::<Vec<_>>(),
            [true, false, false, true]
        );
        assert_eq!(
            steps.iter().map(|s| s.last).collect::<Vec<_>>(),
            [false, false, true, false]
        );
        assert_eq!(steps[2].duration, Some(60));
        assert_eq!(steps[3].duration, Some(5));
    }

    #[test]
    fn share_closes_the_shutter_early_but_never_before_the_first_frame() {
        let open = |share| {
            steps(4, share, &[Some(1); 4])
                .iter()
                .filter(|s| s.open)
                .count()
        };
        assert_eq!([open(0.0), open(0.25), open(0.5), open(1.0)], [1, 1, 2, 4]);
    }

    #[test]
    fn one_unknown_duration_makes_the_sum_unknown() {
        assert_eq!(steps(2, 1.0, &[None, Some(1)])[1].duration, None);
        assert_eq!(steps(2, 1.0, &[Some(1), None])[1].duration, None);
    }
}

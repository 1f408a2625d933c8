//! How much of the restoration a stream gets: the ladder's eyes and hands.

use crate::config::{Restore, Stream, View};
use crate::supervise::ladder::{Ladder, Rung, Step, Terms};
use gst::prelude::*;
use std::time::{Duration, Instant};

/// How often load is averaged and judged.
const PERIOD: Duration = Duration::from_secs(1);

/// What a restorer has done since it was first looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// Frames that the source gave.
    pub(crate) captured: u64,
    /// Frames that came out.
    pub(crate) shown: u64,
    /// Nanoseconds from a frame's going in to its coming out, all frames together.
    pub(crate) busy: u64,
}

impl Work {
    /// The share of the time between two frames that a frame took, from `before` to `self` in `elapsed`. `None` where no frame
    /// says anything.
    fn load(self, before: Self, elapsed: Duration) -> Option<f64> {
        let captured = self.captured.saturating_sub(before.captured);
        let shown = self.shown.saturating_sub(before.shown);
        if captured == 0 || shown == 0 {
            return None;
        }
        let took = self.busy.saturating_sub(before.busy) as f64 / shown as f64;
        let between = elapsed.as_nanos() as f64 / captured as f64;
        Some(took / between)
    }
}

/// A stream's ladder, and what it has seen.
pub(crate) struct Effort {
    ladder: Option<Ladder>,
    start: Instant,
    looked: Instant,
    before: Work,
}

impl Effort {
    /// The whole effort.
    pub(crate) fn new(stream: &Stream) -> Self {
        let terms = Terms {
            has_smaller_tier: stream.brown_out.model_file.is_some(),
            ..Terms::default()
        };
        let now = Instant::now();
        Self {
            ladder: stream.brown_out.enabled.then(|| Ladder::new(terms)),
            start: now,
            looked: now,
            before: Work::default(),
        }
    }

    /// The rung now.
    pub(crate) fn rung(&self) -> Rung {
        self.ladder.as_ref().map_or(Rung::Full, Ladder::rung)
    }

    /// Steps down and up so far.
    pub(crate) fn steps(&self) -> (u64, u64) {
        let counters = self.ladder.as_ref().map(Ladder::counters);
        counters.map_or((0, 0), |counters| (counters.down, counters.up))
    }

    /// Takes in what has been done, and says whether to step. A step is judged by what was done after it.
    pub(crate) fn look(&mut self, work: Work) -> Option<Step> {
        let elapsed = self.looked.elapsed();
        if elapsed < PERIOD {
            return None;
        }
        let load = work.load(self.before, elapsed);
        (self.looked, self.before) = (Instant::now(), work);
        let at = self.start.elapsed();
        let ladder = self.ladder.as_mut()?;
        let load = match ladder.rung() {
            Rung::PassThrough => 0.0,
            // A camera that is gone proves nothing.
            _ => load?,
        };
        ladder.observe(at, load)
    }
}

/// The settings of a restoration on a rung. Only the model of [`Rung::SmallerTier`] cannot be changed while it runs.
pub(crate) fn on_rung(stream: &Stream, rung: Rung) -> Restore {
    let mut settings = stream.restore.clone();
    match (rung, &stream.brown_out.model_file) {
        (Rung::SmallerTier, Some(model)) => settings.model_file = Some(model.clone()),
        (Rung::PassThrough, _) => settings.view = View::Original,
        _ => {}
    }
    settings
}

/// Sets what of a rung can be set on a running `lowlightrestore`.
pub(crate) fn apply(element: &gst::Element, settings: &Restore, rung: Rung) {
    let interval: u32 = match rung {
        Rung::Full | Rung::PassThrough => 1,
        Rung::EverySecond | Rung::SmallerTier => 2,
    };
    element.set_property("inference-interval", interval);
    element.set_property_from_str("view", settings.view.nick());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn work(captured: u64, shown: u64, busy_ms: u64) -> Work {
        Work {
            captured,
            shown,
            busy: busy_ms * 1_000_000,
        }
    }

    #[test]
    fn load_is_a_frames_share_of_its_time() {
        let second = Duration::from_secs(1);
        let before = work(100, 90, 5000);
        // 25 frames a second have 40 ms each.
        for (after, expected) in [
            (work(125, 115, 5500), Some(0.5)),
            (work(125, 105, 5000 + 15 * 60), Some(1.5)),
            (work(100, 90, 5000), None),
            (work(125, 90, 5000), None),
        ] {
            assert_eq!(after.load(before, second), expected, "{after:?}");
        }
    }

    #[test]
    fn each_rung_changes_what_it_says_and_no_more() {
        let text = "[[stream]]\nname = 'a'\nsource.kind = 'test'\nrestore.view = 'split'\n\
            brown-out.model-file = 'small.onnx'\n[[stream.sink]]\nkind = 'display'\n";
        let stream = Config::parse(text).unwrap().streams.remove(0);
        for rung in [Rung::Full, Rung::EverySecond] {
            assert_eq!(on_rung(&stream, rung), stream.restore);
        }
        let smaller = on_rung(&stream, Rung::SmallerTier);
        assert_eq!(smaller.model_file, stream.brown_out.model_file);
        assert_eq!(smaller.view, View::Split);
        assert_eq!(on_rung(&stream, Rung::PassThrough).view, View::Original);
    }
}

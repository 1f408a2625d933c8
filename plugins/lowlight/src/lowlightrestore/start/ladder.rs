//! In which order providers are tried, and which of them frames need not wait for. Pure: knows no session.

use std::time::Duration;

use lowlight_engine::Provider;

/// A wait that is not worth a stop-gap: by the time the stop-gap restores, what it stands in for is nearly there.
const SHORT: Duration = Duration::from_secs(2);

/// A provider, before it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lowlightrestore) struct Prospect {
    pub(in crate::lowlightrestore) provider: Provider,
    /// How long it takes to start, if that is known.
    pub(in crate::lowlightrestore) expected: Option<Duration>,
}

impl Prospect {
    /// Whether frames can wait for it.
    fn is_quick(&self) -> bool {
        match self.expected {
            Some(expected) => expected <= SHORT,
            None => !compiles(self.provider),
        }
    }
}

/// Whether a provider compiles a model before it runs it, which can take minutes.
pub(in crate::lowlightrestore) fn compiles(provider: Provider) -> bool {
    !matches!(provider, Provider::Cpu | Provider::Cuda)
}

/// What became of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Untried,
    Refused,
    /// Works, but does not keep up with the frames: better than nothing, once there is nothing better.
    Aside,
    /// Restores frames.
    Stands,
}

/// The providers that may be used, and how far up they have been climbed.
///
/// A rung that works bounds what is still tried from below: only what is better.
#[derive(Debug)]
pub(in crate::lowlightrestore) struct Ladder {
    /// Best first.
    rungs: Vec<(Prospect, Fate)>,
    /// Whether frames wait for the best rung, and must not see another one before it.
    is_patient: bool,
}

impl Ladder {
    /// With the providers of `prospects`, best first. Where it `is_patient`, there are no stop-gaps: the first rung that
    /// works is the last.
    pub(in crate::lowlightrestore) fn new(
        prospects: impl IntoIterator<Item = Prospect>,
        is_patient: bool,
    ) -> Self {
        let rungs = prospects.into_iter();
        Self {
            rungs: rungs.map(|prospect| (prospect, Fate::Untried)).collect(),
            is_patient,
        }
    }

    /// What to try next; nothing once the best that works stands. While nothing stands, what is quick goes first.
    pub(in crate::lowlightrestore) fn next(&self) -> Option<Prospect> {
        let quick = match self.is_patient || self.stands() {
            true => None,
            false => self.untried().find(Prospect::is_quick),
        };
        quick.or_else(|| self.untried().next())
    }

    /// `provider` does not work.
    pub(in crate::lowlightrestore) fn refuse(&mut self, provider: Provider) {
        self.set(provider, Fate::Refused);
    }

    /// `provider` works, and is too slow to stand in for a better one.
    pub(in crate::lowlightrestore) fn set_aside(&mut self, provider: Provider) {
        self.set(provider, Fate::Aside);
    }

    /// `provider` restores frames from now on.
    pub(in crate::lowlightrestore) fn stand_on(&mut self, provider: Provider) {
        self.set(provider, Fate::Stands);
    }

    /// Whether there is anything better than `provider` left to try.
    pub(in crate::lowlightrestore) fn is_stopgap(&self, provider: Provider) -> bool {
        let mut better = self
            .rungs
            .iter()
            .take_while(|(prospect, _)| prospect.provider != provider);
        !self.is_patient && better.any(|(_, fate)| *fate == Fate::Untried)
    }

    fn stands(&self) -> bool {
        self.rungs.iter().any(|(_, fate)| *fate == Fate::Stands)
    }

    /// What is untried above what works.
    fn untried(&self) -> impl Iterator<Item = Prospect> {
        let above = self
            .rungs
            .iter()
            .take_while(|(_, fate)| !matches!(fate, Fate::Stands | Fate::Aside));
        above
            .filter(|(_, fate)| *fate == Fate::Untried)
            .map(|(prospect, _)| *prospect)
    }

    fn set(&mut self, provider: Provider, fate: Fate) {
        let mut rungs = self.rungs.iter_mut();
        if let Some(rung) = rungs.find(|(prospect, _)| prospect.provider == provider) {
            rung.1 = fate;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Provider::{Cpu, OpenVino};

    fn prospect(provider: Provider, expected: Option<u64>) -> Prospect {
        Prospect {
            provider,
            expected: expected.map(Duration::from_millis),
        }
    }

    /// OpenVINO before the CPU, with what is known of the first.
    fn ladder(expected: Option<u64>, is_patient: bool) -> Ladder {
        let prospects = [prospect(OpenVino, expected), prospect(Cpu, None)];
        Ladder::new(prospects, is_patient)
    }

    fn next(ladder: &Ladder) -> Option<Provider> {
        ladder.next().map(|prospect| prospect.provider)
    }

    #[test]
    fn a_quick_provider_stands_in_for_one_that_compiles() {
        let mut ladder = ladder(None, false);
        assert_eq!(next(&ladder), Some(Cpu));
        assert!(ladder.is_stopgap(Cpu));
        ladder.stand_on(Cpu);
        assert_eq!(next(&ladder), Some(OpenVino));
        assert!(!ladder.is_stopgap(OpenVino));
        ladder.stand_on(OpenVino);
        assert_eq!(next(&ladder), None);
    }

    #[test]
    fn nothing_stands_in_for_what_is_known_to_be_quick() {
        let mut known = ladder(Some(1500), false);
        assert_eq!(next(&known), Some(OpenVino));
        known.stand_on(OpenVino);
        assert_eq!(next(&known), None);
        assert_eq!(next(&ladder(Some(90_000), false)), Some(Cpu));
    }

    #[test]
    fn whoever_waits_for_the_best_gets_no_stop_gap() {
        let mut ladder = ladder(None, true);
        assert_eq!(next(&ladder), Some(OpenVino));
        ladder.refuse(OpenVino);
        assert_eq!(next(&ladder), Some(Cpu));
        assert!(!ladder.is_stopgap(Cpu));
        ladder.stand_on(Cpu);
        assert_eq!(next(&ladder), None);
    }

    #[test]
    fn what_is_refused_leaves_the_stop_gap_in_place() {
        let mut ladder = ladder(None, false);
        ladder.stand_on(Cpu);
        ladder.refuse(OpenVino);
        assert_eq!(next(&ladder), None);
    }

    #[test]
    fn nothing_below_a_rung_that_was_set_aside_is_tried() {
        let prospects = [prospect(OpenVino, Some(60_000)), prospect(Cpu, None)];
        let mut ladder = Ladder::new(prospects, false);
        ladder.set_aside(Cpu);
        assert_eq!(next(&ladder), Some(OpenVino));
        ladder.refuse(OpenVino);
        assert_eq!(next(&ladder), None);
    }

    #[test]
    fn one_provider_alone_stands_in_for_nobody() {
        for provider in [Cpu, OpenVino] {
            let mut ladder = Ladder::new([prospect(provider, None)], false);
            assert_eq!(next(&ladder), Some(provider));
            assert!(!ladder.is_stopgap(provider));
            ladder.refuse(provider);
            assert_eq!(next(&ladder), None);
        }
    }
}

//! Up the ladder: providers opened, tested and handed over, each as soon as it works. Knows no GStreamer.

use std::time::Duration;

use lowlight_engine::selftest::Verdict;
use lowlight_engine::{Error, Provider};

use super::ladder::{Ladder, Prospect};

/// Who does the work of each step. All of it is slow.
pub(in crate::lowlightrestore) trait Workshop {
    type Session;

    /// Opens the model on one provider.
    fn open(&mut self, provider: Provider) -> Result<Self::Session, Error>;

    /// Holds its pictures to those of the CPU.
    fn test(&mut self, session: &mut Self::Session) -> Result<Verdict, Error>;

    /// By how much a frame takes longer than frames come, if it does: both times.
    fn falls_behind(&mut self, session: &mut Self::Session) -> Option<(Duration, Duration)>;
}

/// What is being done, for who wants to know.
#[derive(Clone, Copy, Debug)]
pub(in crate::lowlightrestore) enum Step {
    Opening(Prospect),
    Testing(Provider),
}

/// Who takes what the climb gives.
pub(in crate::lowlightrestore) trait Audience<S> {
    fn hear(&mut self, step: Step);

    /// Takes a session that works, and why it is this one. Where it is final, nothing better comes.
    fn take(&mut self, session: S, is_final: bool, reason: String);

    /// What was taken last stays, as nothing better works: why.
    fn settle(&mut self, reason: String);

    /// Nothing works.
    fn give_up(&mut self, error: Error);

    /// Whether anybody still waits.
    fn is_there(&self) -> bool;
}

/// Climbs `ladder`, and hands over each session that is better than the one before.
pub(in crate::lowlightrestore) fn climb<W: Workshop>(
    mut ladder: Ladder,
    workshop: &mut W,
    audience: &mut impl Audience<W::Session>,
) {
    let mut refused = Refused::default();
    let (mut stands, mut aside) = (false, None);
    while let Some(prospect) = ladder.next() {
        if !audience.is_there() {
            return;
        }
        let provider = prospect.provider;
        audience.hear(Step::Opening(prospect));
        let (mut session, verdict) = match attempt(workshop, provider, audience) {
            Ok(works) => works,
            Err(error) => {
                ladder.refuse(provider);
                refused.note(error);
                continue;
            }
        };
        if ladder.is_stopgap(provider)
            && let Some((takes, has)) = workshop.falls_behind(&mut session)
        {
            ladder.set_aside(provider);
            refused.note_slow(provider, takes, has);
            aside = Some((session, verdict));
            continue;
        }
        ladder.stand_on(provider);
        stands = true;
        let is_final = ladder.next().is_none();
        audience.take(session, is_final, refused.reason(&verdict));
        if is_final {
            return;
        }
    }
    match (stands, aside) {
        (true, _) => audience.settle(refused.reasons.join("; ")),
        (false, Some((session, verdict))) => {
            audience.take(session, true, refused.reason(&verdict));
        }
        (false, None) => audience.give_up(refused.into_error()),
    }
}

fn attempt<W: Workshop>(
    workshop: &mut W,
    provider: Provider,
    audience: &mut impl Audience<W::Session>,
) -> Result<(W::Session, Verdict), Error> {
    let mut session = workshop.open(provider)?;
    audience.hear(Step::Testing(provider));
    let verdict = workshop.test(&mut session)?;
    Ok((session, verdict))
}

/// What did not work, and why.
#[derive(Debug, Default)]
struct Refused {
    reasons: Vec<String>,
    last: Option<Error>,
}

impl Refused {
    fn note(&mut self, error: Error) {
        self.reasons.push(error.to_string());
        self.last = Some(error);
    }

    fn note_slow(&mut self, provider: Provider, takes: Duration, has: Duration) {
        self.reasons.push(format!(
            "{} does not keep up: a frame takes {} ms, and there is one every {} ms",
            provider.name(),
            takes.as_millis(),
            has.as_millis()
        ));
    }

    /// Why a session with `verdict` is the one.
    fn reason(&self, verdict: &Verdict) -> String {
        let verdict = match verdict {
            Verdict::Reference => None,
            tested => Some(tested.to_string()),
        };
        let parts: Vec<String> = self.reasons.iter().cloned().chain(verdict).collect();
        parts.join("; ")
    }

    fn into_error(self) -> Error {
        self.last.unwrap_or_else(|| Error::Provider {
            provider: "auto",
            reason: "none is built in".into(),
        })
    }
}

#[cfg(test)]
mod tests;

//! Up the ladder: providers opened, tested and handed over, each as soon as it works. Knows no GStreamer.

use std::time::Duration;

use lowlight_engine::selftest::Verdict;
use lowlight_engine::{Error, Provider};

use super::ladder::{Ladder, Prospect};

/// Who does the work of each step. All of it is slow.
pub(super) trait Workshop {
    type Session;

    /// Opens the model on one provider.
    fn open(&mut self, provider: Provider) -> Result<Self::Session, Error>;

    /// Holds its pictures to those of the CPU.
    fn test(&mut self, session: &mut Self::Session) -> Result<Verdict, Error>;

    /// By how much a frame takes longer than frames come, if it does: both times.
    fn falls_behind(&mut self, session: &mut Self::Session) -> Option<(Duration, Duration)>;
}

/// How it goes.
#[derive(Debug)]
pub(super) enum News<'a, S> {
    /// A provider is being opened.
    Opening(Prospect),
    /// It is open, and is put to the test.
    Testing(Provider),
    /// It works. Where it is final, nothing better comes.
    Works {
        session: &'a S,
        is_final: bool,
        reason: String,
    },
    /// What works already stays, as nothing better does.
    Settled(String),
    /// Nothing works.
    Failed(Error),
}

/// Who takes what the climb gives.
pub(super) trait Audience<S> {
    /// Hands a session over, or nothing if none works. Says whether anybody still wants it.
    fn deliver(&mut self, session: Option<S>) -> bool;

    fn tell(&mut self, news: News<'_, S>);

    /// Whether anybody still waits for something better.
    fn is_there(&self) -> bool;
}

/// Climbs `ladder`. An error is told before it is delivered, since streaming stops for it; a session is told of first
/// too, while it can still be looked at.
pub(super) fn climb<W: Workshop>(
    mut ladder: Ladder,
    workshop: &mut W,
    audience: &mut impl Audience<W::Session>,
) {
    let mut refused = Refused::default();
    let mut aside = None;
    let mut stands = false;
    while let Some(prospect) = ladder.next().filter(|_| audience.is_there()) {
        let provider = prospect.provider;
        audience.tell(News::Opening(prospect));
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
            refused.reasons.push(format!(
                "{} does not keep up: a frame takes {} ms, and there is one every {} ms",
                provider.name(),
                takes.as_millis(),
                has.as_millis()
            ));
            ladder.set_aside(provider);
            aside = Some((session, verdict));
            continue;
        }
        ladder.stand_on(provider);
        stands = true;
        let is_final = ladder.next().is_none();
        if !hand_over(audience, session, is_final, refused.reason(&verdict)) {
            return;
        }
        if is_final {
            return;
        }
    }
    match (stands, aside) {
        (true, _) => audience.tell(News::Settled(refused.reasons.join("; "))),
        (false, Some((session, verdict))) => {
            let reason = refused.reason(&verdict);
            hand_over(audience, session, true, reason);
        }
        (false, None) => {
            audience.tell(News::Failed(refused.into_error()));
            audience.deliver(None);
        }
    }
}

fn attempt<W: Workshop>(
    workshop: &mut W,
    provider: Provider,
    audience: &mut impl Audience<W::Session>,
) -> Result<(W::Session, Verdict), Error> {
    let mut session = workshop.open(provider)?;
    audience.tell(News::Testing(provider));
    let verdict = workshop.test(&mut session)?;
    Ok((session, verdict))
}

fn hand_over<S>(
    audience: &mut impl Audience<S>,
    session: S,
    is_final: bool,
    reason: String,
) -> bool {
    audience.tell(News::Works {
        session: &session,
        is_final,
        reason,
    });
    audience.deliver(Some(session))
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

//! The providers in their order: which one gets the model, and why.

use std::time::{Duration, Instant};

use super::load::{self, Request};
use super::{Environment, Session, Tensors, assignment};
use crate::error::{Error, Result};
use crate::evidence::{self, Notebook, Subject, Timing};
use crate::provider::{self, ActiveProvider, PassedOver, Provider};

/// Timed runs of a candidate, after one that warms it up.
const RUNS: u32 = 5;
/// Time after which no further run is begun.
const BUDGET: Duration = Duration::from_millis(300);

/// Opens the model on the first provider that takes it; of those on the CPU, on the faster one.
pub(super) fn open(environment: &Environment, request: &Request<'_>) -> Result<Session> {
    let candidates = provider::candidates(request.options);
    let (on_cpu, on_gpu): (Vec<_>, Vec<_>) = candidates
        .into_iter()
        .partition(|candidate| candidate.runs_on_cpu());
    let mut trial = Trial {
        environment,
        request,
        passed_over: Vec::new(),
        last: None,
    };
    if let Some(session) = trial.first(&on_gpu) {
        return Ok(session);
    }
    let session = match on_cpu.len() > 1 {
        true => contest(&mut trial, &on_cpu),
        false => trial.first(&on_cpu),
    };
    session.ok_or_else(|| {
        trial.last.unwrap_or_else(|| Error::Provider {
            provider: "auto",
            reason: "none is built in".into(),
        })
    })
}

/// A walk along the chain.
struct Trial<'a> {
    environment: &'a Environment,
    request: &'a Request<'a>,
    passed_over: Vec<PassedOver>,
    last: Option<Error>,
}

impl Trial<'_> {
    /// The first of `candidates` that takes the model.
    fn first(&mut self, candidates: &[Provider]) -> Option<Session> {
        candidates
            .iter()
            .find_map(|&candidate| self.attempt(candidate))
    }

    /// The model on `candidate`, or a note of why not.
    fn attempt(&mut self, candidate: Provider) -> Option<Session> {
        let opened = load::load_on(candidate, self.environment, self.request)
            .and_then(|loaded| Session::new(loaded, self.active(candidate, None)))
            .and_then(|session| verified(session, candidate));
        match opened {
            Ok(session) => Some(session),
            Err(error) => {
                tracing::info!(provider = candidate.name(), %error, "provider passed over");
                self.passed_over.push(PassedOver {
                    provider: candidate,
                    reason: match &error {
                        Error::Provider { reason, .. } => reason.clone(),
                        error => error.to_string(),
                    },
                });
                self.last = Some(error);
                None
            }
        }
    }

    fn active(&self, provider: Provider, evidence: Option<&str>) -> ActiveProvider {
        let choice = self.request.options.provider;
        ActiveProvider::new(provider, choice, self.passed_over.clone(), evidence)
    }
}

/// `session`, if `candidate` got something of its graph, and nothing of it is where it should not be.
fn verified(session: Session, candidate: Provider) -> Result<Session> {
    let shares = match assignment::of(&session.inner) {
        Ok(shares) => shares,
        Err(error) => {
            tracing::debug!(%error, "which provider got which operator is not known");
            return Ok(session);
        }
    };
    tracing::debug!(provider = candidate.name(), ?shares, "operators");
    match provider::objection(candidate, &shares) {
        None => Ok(session),
        Some(reason) => Err(Error::Provider {
            provider: candidate.name(),
            reason,
        }),
    }
}

/// The fastest of `field`, as measured at an earlier start or now. Without a folder to remember it in nothing is measured,
/// and the first one is taken.
fn contest(trial: &mut Trial<'_>, field: &[Provider]) -> Option<Session> {
    let subject = Subject::of(
        (trial.environment.library(), ort::info()),
        trial.request,
        field,
    );
    let notebook = trial
        .request
        .options
        .cache_dir
        .as_deref()
        .map(Notebook::new);
    let (Some(notebook), Ok(subject)) = (notebook, subject) else {
        return trial.first(field);
    };
    let known = notebook.recall(&subject);
    if !known.is_empty() {
        let order = evidence::order(&known);
        let mut session = trial.first(&order)?;
        session.explain(trial, &evidence::words(&subject, &known, true));
        return Some(session);
    }
    let mut sessions: Vec<Session> = field
        .iter()
        .filter_map(|&candidate| trial.attempt(candidate))
        .collect();
    if sessions.len() < 2 {
        return sessions.pop();
    }
    let timings = sessions.iter_mut().map(measure).collect::<Result<Vec<_>>>();
    let timings = match timings {
        Ok(timings) => timings,
        Err(error) => {
            tracing::info!(%error, "providers are not compared");
            return sessions.into_iter().next();
        }
    };
    notebook.note(&subject, &timings);
    let best = *evidence::order(&timings).first()?;
    let mut session = sessions
        .into_iter()
        .find(|session| session.active.provider == best)?;
    session.explain(trial, &evidence::words(&subject, &timings, false));
    Some(session)
}

impl Session {
    /// Says what it was chosen on, now that it is known.
    fn explain(&mut self, trial: &Trial<'_>, evidence: &str) {
        self.active = ActiveProvider {
            precision: std::mem::take(&mut self.active.precision),
            engine: std::mem::take(&mut self.active.engine),
            ..trial.active(self.active.provider, Some(evidence))
        };
    }
}

/// The shortest of a few runs: what disturbs a run makes it longer.
fn measure(session: &mut Session) -> Result<Timing> {
    let mut tensors = Tensors::new(session.plan())?;
    session.run(&mut tensors)?;
    let begun = Instant::now();
    let mut shortest = Duration::MAX;
    for _ in 0..RUNS {
        let run = Instant::now();
        session.run(&mut tensors)?;
        shortest = shortest.min(run.elapsed());
        if begun.elapsed() > BUDGET {
            break;
        }
    }
    Ok(Timing {
        provider: session.active.provider,
        milliseconds: shortest.as_secs_f64() * 1e3,
    })
}

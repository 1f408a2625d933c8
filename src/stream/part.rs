//! One pipeline of a stream, with what is known of its failures.

use super::backoff::{self, Backoff};
use crate::config::Shown;
use crate::pipeline::live::{Failure, Held};
use std::fmt;
use std::time::{Duration, Instant};

/// Which pipeline it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The source and its decoder.
    Camera,
    /// The restoration.
    Restorer,
    /// The encoder of a picture.
    Encoder(Shown),
    /// The window or described sink with that place in the configuration.
    Viewer(usize),
    /// The recording of a picture, with its place in the configuration.
    Recording(usize),
    /// The recording of what the camera sends.
    Untouched(usize),
}

impl Role {
    /// What logs call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Camera => "source",
            Self::Restorer => "restorer",
            Self::Encoder(_) => "encoder",
            Self::Viewer(_) => "viewer",
            Self::Recording(_) | Self::Untouched(_) => "recording",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoder(Shown::Original) => write!(f, "encoder of the original"),
            Self::Untouched(_) => write!(f, "recording of the original"),
            _ => f.write_str(self.name()),
        }
    }
}

/// A pipeline that is kept up.
pub(crate) struct Part {
    pub(crate) role: Role,
    /// Which of the pipelines that had this role it is: messages of earlier ones are not listened to.
    pub(crate) serial: u64,
    pub(crate) held: Option<Held>,
    pub(crate) started: Instant,
    /// When it is tried again.
    pub(crate) due: Instant,
    backoff: Backoff,
    /// The failure that was last said, and when.
    said: Option<(String, Instant)>,
}

/// How long a failure that repeats itself is not said again: a camera may be gone for weeks.
const QUIET: Duration = Duration::from_secs(60);

impl Part {
    /// A pipeline to be built at the next look.
    pub(crate) fn new(role: Role) -> Self {
        let now = Instant::now();
        Self {
            role,
            serial: 0,
            held: None,
            started: now,
            due: now,
            backoff: Backoff::up_to(match role {
                Role::Camera => backoff::CAMERA,
                _ => backoff::OTHERS,
            }),
            said: None,
        }
    }

    /// Whether it is time to build it.
    pub(crate) fn is_due(&self) -> bool {
        self.held.is_none() && Instant::now() >= self.due
    }

    /// Whether a failure is to be said: another one than the last, or the same after a while.
    pub(crate) fn is_news(&mut self, failure: &Failure) -> bool {
        let is_old =
            |(reason, at): &(String, Instant)| *reason == failure.reason && at.elapsed() < QUIET;
        if self.said.as_ref().is_some_and(is_old) {
            return false;
        }
        self.said = Some((failure.reason.clone(), Instant::now()));
        true
    }

    /// Plans the next try after a failure, and says how far off it is.
    pub(crate) fn postpone(&mut self, failure: &Failure) -> Duration {
        if self.held.is_some() && self.started.elapsed() >= backoff::SETTLED {
            self.backoff.reset();
        }
        let chance = rand::random::<f64>();
        let wait = if failure.is_refusal {
            backoff::jittered(backoff::REFUSED, chance)
        } else {
            self.backoff.wait(chance)
        };
        self.due = Instant::now() + wait;
        wait
    }
}

//! The thread that does one kind of work for many streams. Here the work is a session's run; this file knows no session.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::gate::{Gate, Ticket};
use crate::error::{Error, Result};

/// Requests that wait without their streams having to wait to be let in. A stream has one at a time.
const QUEUE: usize = 64;

/// What a stream asks for.
struct Request<T> {
    /// What is worked on. The stream keeps its hands off until it is answered, so nobody ever waits for this lock.
    subject: Arc<Mutex<T>>,
    asked: Instant,
    ticket: Ticket,
    deadline: Option<Instant>,
    reply: Sender<Result<Duration>>,
}

/// What a worker is told at the start.
pub(super) struct Terms {
    /// The model's name, for errors.
    pub(super) model: String,
    pub(super) gate: &'static Gate,
    /// Cores of the gate that the work needs; 0 if it is done elsewhere.
    pub(super) cores: usize,
}

/// A thread. Dropping it ends it, and waits for that.
#[derive(Debug)]
pub(super) struct Worker<T> {
    requests: Option<Sender<Request<T>>>,
    thread: Option<JoinHandle<()>>,
    has_panicked: Arc<AtomicBool>,
    model: String,
    gate: &'static Gate,
}

impl<T: Send + 'static> Worker<T> {
    /// Starts the thread `lowlight-infer`.
    pub(super) fn spawn(
        terms: Terms,
        work: impl FnMut(&mut T) -> Result<()> + Send + 'static,
    ) -> Result<Self> {
        let (sender, requests) = bounded(QUEUE);
        let (model, gate) = (terms.model.clone(), terms.gate);
        let has_panicked = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&has_panicked);
        let thread = Builder::new()
            .name("lowlight-infer".into())
            .spawn(move || serve_all(&requests, &terms, work, &flag))
            .map_err(|error| Error::Run {
                model: model.clone(),
                reason: format!("cannot start a thread for its session: {error}"),
            })?;
        Ok(Self {
            requests: Some(sender),
            thread: Some(thread),
            has_panicked,
            model,
            gate,
        })
    }

    /// Whether it still serves. It does until it is dropped, unless it panicked.
    pub(super) fn is_alive(&self) -> bool {
        !self.has_panicked.load(Ordering::Relaxed)
    }

    /// A way to it. It must be dropped before the worker.
    pub(super) fn line(&self) -> Line<T> {
        Line {
            requests: self.requests.clone(),
            reply: bounded(1),
            model: self.model.clone(),
            gate: self.gate,
        }
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A stream's way to a worker: one request at a time.
#[derive(Debug)]
pub(super) struct Line<T> {
    requests: Option<Sender<Request<T>>>,
    reply: (Sender<Result<Duration>>, Receiver<Result<Duration>>),
    model: String,
    gate: &'static Gate,
}

impl<T> Line<T> {
    /// Has `subject` worked on, and says how long it waited for its turn.
    ///
    /// # Errors
    /// What the work gives; [`Error::TooLate`] if its turn did not come within `patience`, and it was not begun.
    pub(super) fn run(
        &mut self,
        subject: &Arc<Mutex<T>>,
        patience: Option<Duration>,
    ) -> Result<Duration> {
        let asked = Instant::now();
        let request = Request {
            subject: Arc::clone(subject),
            asked,
            ticket: self.gate.ticket(),
            deadline: patience.and_then(|patience| asked.checked_add(patience)),
            reply: self.reply.0.clone(),
        };
        let requests = self.requests.as_ref().ok_or_else(|| ended(&self.model))?;
        requests.send(request).map_err(|_| ended(&self.model))?;
        // A worker answers whatever it takes.
        self.reply.1.recv().map_err(|_| ended(&self.model))?
    }
}

pub(super) fn ended(model: &str) -> Error {
    Error::Run {
        model: model.to_owned(),
        reason: "its session has broken down, and is of no use to anybody any more".into(),
    }
}

/// Serves requests in the order in which they come. As no stream has more than one, that is one frame of each in turn.
///
/// A provider that gains from several frames in one run would take here what else is waiting
/// (`docs/design/pool.md`, "Batches").
fn serve_all<T>(
    requests: &Receiver<Request<T>>,
    terms: &Terms,
    mut work: impl FnMut(&mut T) -> Result<()>,
    has_panicked: &AtomicBool,
) {
    for request in requests {
        // A thread that went down would leave those in the queue waiting for ever.
        let answer = match has_panicked.load(Ordering::Relaxed) {
            true => Err(ended(&terms.model)),
            false => catch_unwind(AssertUnwindSafe(|| serve(&request, terms, &mut work)))
                .unwrap_or_else(|_| {
                    has_panicked.store(true, Ordering::Relaxed);
                    Err(ended(&terms.model))
                }),
        };
        // Nobody may be there to hear it: a stream that panicked.
        let _ = request.reply.send(answer);
    }
}

fn serve<T>(
    request: &Request<T>,
    terms: &Terms,
    work: &mut impl FnMut(&mut T) -> Result<()>,
) -> Result<Duration> {
    let too_late = || Error::TooLate {
        model: terms.model.clone(),
        waited: request.asked.elapsed(),
    };
    if request
        .deadline
        .is_some_and(|deadline| deadline <= Instant::now())
    {
        return Err(too_late());
    }
    let permit = match terms.cores {
        0 => None,
        cores => {
            let permit = terms.gate.enter(request.ticket, cores, request.deadline);
            Some(permit.ok_or_else(too_late)?)
        }
    };
    let waited = request.asked.elapsed();
    let subject = &mut *request
        .subject
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    work(subject)?;
    drop(permit);
    Ok(waited)
}

#[cfg(test)]
mod tests;

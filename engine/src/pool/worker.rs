//! The thread that does one kind of work for many streams. Here the work is a session's run; this file knows no session.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::gate::{Gate, Ticket};
use super::serve::Server;
use super::work::Work;
use crate::error::{Error, Result};

/// Requests that wait without their streams having to wait to be let in. A stream has one at a time.
const QUEUE: usize = 64;

/// What a stream asks for.
pub(super) struct Request<T> {
    /// What is worked on. The stream keeps its hands off until it is answered, so nobody ever waits for this lock.
    pub(super) subject: Arc<Mutex<T>>,
    pub(super) asked: Instant,
    pub(super) ticket: Ticket,
    pub(super) deadline: Option<Instant>,
    pub(super) reply: Sender<Result<Turn>>,
}

/// When a stream's work was done, and with whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// How long it waited for it.
    pub(crate) waited: Duration,
    /// Streams whose work was done at once.
    pub(crate) batch: usize,
}

impl Turn {
    /// Of who has a session to itself.
    pub(crate) const ALONE: Self = Self {
        waited: Duration::ZERO,
        batch: 1,
    };
}

/// What a worker is told at the start.
pub(super) struct Terms {
    /// The model's name, for errors.
    pub(super) model: String,
    pub(super) gate: &'static Gate,
    /// Cores of the gate that the work needs; 0 if it is done elsewhere.
    pub(super) cores: usize,
    /// How long the oldest request may wait for others that are done with it, where several can be done at once.
    pub(super) linger: Duration,
}

/// A thread. Dropping it ends it, and waits for that.
#[derive(Debug)]
pub(super) struct Worker<T> {
    requests: Option<Sender<Request<T>>>,
    thread: Option<JoinHandle<()>>,
    has_panicked: Arc<AtomicBool>,
    /// Lines to it.
    streams: Arc<AtomicUsize>,
    model: String,
    gate: &'static Gate,
}

impl<T: Send + 'static> Worker<T> {
    /// Starts the thread `lowlight-infer`.
    pub(super) fn spawn(terms: Terms, work: impl Work<T>) -> Result<Self> {
        let (sender, requests) = bounded(QUEUE);
        let (model, gate) = (terms.model.clone(), terms.gate);
        let has_panicked = Arc::new(AtomicBool::new(false));
        let streams = Arc::new(AtomicUsize::new(0));
        let server = Server::new(terms, Arc::clone(&streams), Arc::clone(&has_panicked));
        let thread = Builder::new()
            .name("lowlight-infer".into())
            .spawn(move || server.serve_all(&requests, work))
            .map_err(|error| Error::Run {
                model: model.clone(),
                reason: format!("cannot start a thread for its session: {error}"),
            })?;
        Ok(Self {
            requests: Some(sender),
            thread: Some(thread),
            has_panicked,
            streams,
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
        self.streams.fetch_add(1, Ordering::Relaxed);
        Line {
            streams: Arc::clone(&self.streams),
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
    reply: (Sender<Result<Turn>>, Receiver<Result<Turn>>),
    streams: Arc<AtomicUsize>,
    model: String,
    gate: &'static Gate,
}

impl<T> Line<T> {
    /// Has `subject` worked on, and says when it was its turn.
    ///
    /// # Errors
    /// What the work gives; [`Error::TooLate`] if its turn did not come within `patience`, and it was not begun.
    pub(super) fn run(
        &mut self,
        subject: &Arc<Mutex<T>>,
        patience: Option<Duration>,
    ) -> Result<Turn> {
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

impl<T> Drop for Line<T> {
    fn drop(&mut self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) fn ended(model: &str) -> Error {
    Error::Run {
        model: model.to_owned(),
        reason: "its session has broken down, and is of no use to anybody any more".into(),
    }
}

#[cfg(test)]
mod tests;

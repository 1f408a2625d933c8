//! The worker's loop: requests in the order in which they come, one or several at once.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crossbeam_channel::Receiver;

use super::batching::{Decision, Situation, Waiting};
use super::gate::Permit;
use super::work::Work;
use super::worker::{Request, Terms, Turn, ended};
use crate::error::Error;

/// Serves requests. As no stream has more than one, first come, first served is one frame of each in turn.
pub(super) struct Server<T> {
    terms: Terms,
    streams: Arc<AtomicUsize>,
    has_panicked: Arc<AtomicBool>,
    /// What waits, the oldest first.
    queue: VecDeque<Request<T>>,
    /// What is being served, and what of it is worked on. Kept, so that a run takes nothing from the heap.
    taken: Vec<Request<T>>,
    subjects: Vec<Arc<Mutex<T>>>,
}

impl<T> Server<T> {
    pub(super) fn new(
        terms: Terms,
        streams: Arc<AtomicUsize>,
        has_panicked: Arc<AtomicBool>,
    ) -> Self {
        Self {
            terms,
            streams,
            has_panicked,
            queue: VecDeque::new(),
            taken: Vec::new(),
            subjects: Vec::new(),
        }
    }

    /// Until nobody can ask any more.
    pub(super) fn serve_all(mut self, requests: &Receiver<Request<T>>, mut work: impl Work<T>) {
        while let Some(count) = self.gather(requests, &mut work) {
            self.take(count);
            // A thread that went down would leave those in the queue waiting for ever.
            if self.has_panicked.load(Ordering::Relaxed) {
                self.end();
            } else if catch_unwind(AssertUnwindSafe(|| self.serve(&mut work))).is_err() {
                self.has_panicked.store(true, Ordering::Relaxed);
                self.end();
            }
        }
    }

    /// Waits until something is to be done, and says how many of the oldest at once.
    fn gather(
        &mut self,
        requests: &Receiver<Request<T>>,
        work: &mut impl Work<T>,
    ) -> Option<usize> {
        loop {
            if self.queue.is_empty() {
                self.queue.push_back(requests.recv().ok()?);
            }
            let sizes = work.sizes();
            if sizes.is_empty() {
                return Some(1);
            }
            self.queue.extend(requests.try_iter());
            let situation = Situation {
                sizes,
                streams: self.streams.load(Ordering::Relaxed),
                linger: self.terms.linger,
                now: Instant::now(),
            };
            let waiting = self.queue.iter().map(|request| Waiting {
                asked: request.asked,
                deadline: request.deadline,
            });
            match situation.decide(waiting) {
                Decision::Run(count) => return Some(count),
                // Nobody came: asked again, it says run.
                Decision::Wait(until) => self.queue.extend(requests.recv_deadline(until)),
            }
        }
    }

    /// Takes the oldest; those that are too old are answered.
    fn take(&mut self, count: usize) {
        let now = Instant::now();
        for request in self.queue.drain(..count) {
            match request.deadline.is_some_and(|deadline| deadline <= now) {
                true => too_late(&self.terms, &request),
                false => self.taken.push(request),
            }
        }
    }

    /// Serves what was taken, with the cores that it needs. Answers all of it, or puts it back.
    fn serve(&mut self, work: &mut impl Work<T>) {
        let Some(permit) = self.terms.permit(&self.taken) else {
            // Whoever's deadline it was is too late; the others are taken again.
            let now = Instant::now();
            while let Some(request) = self.taken.pop() {
                match request.deadline.is_some_and(|deadline| deadline <= now) {
                    true => too_late(&self.terms, &request),
                    false => self.queue.push_front(request),
                }
            }
            return;
        };
        while !self.taken.is_empty() {
            // Those that came too late may have left a number that is no size.
            let sizes = work.sizes().iter().copied();
            let count = sizes.filter(|&size| size <= self.taken.len()).max();
            self.run(count.unwrap_or(1), work);
        }
        drop(permit);
    }

    /// Runs the first of what was taken. One at a time where that fails: errors go to the stream whose frame it was.
    fn run(&mut self, count: usize, work: &mut impl Work<T>) {
        let begun = Instant::now();
        let subjects = self.taken.iter().take(count);
        self.subjects
            .extend(subjects.map(|request| Arc::clone(&request.subject)));
        let mut done = work.run(&self.subjects);
        self.subjects.clear();
        let is_together = count == 1 || done.is_ok();
        for _ in 0..count {
            if !is_together {
                let subject = std::slice::from_ref(&self.taken[0].subject);
                done = work.run(subject);
            }
            // Taken out only now: a panic answers those that are still in.
            let request = self.taken.remove(0);
            let turn = Turn {
                waited: begun.saturating_duration_since(request.asked),
                batch: if is_together { count } else { 1 },
            };
            let answer = std::mem::replace(&mut done, Ok(())).map(|()| turn);
            // Nobody may be there to hear it: a stream that panicked.
            let _ = request.reply.send(answer);
        }
    }

    /// Answers what was taken by a worker that is of no use any more.
    fn end(&mut self) {
        self.subjects.clear();
        for request in self.taken.drain(..) {
            let _ = request.reply.send(Err(ended(&self.terms.model)));
        }
    }
}

impl Terms {
    /// The cores for one run, in the turn of its oldest request; nothing where the first deadline comes before.
    fn permit<T>(&self, taken: &[Request<T>]) -> Option<Option<Permit<'static>>> {
        let Some(ticket) = taken.iter().map(|request| request.ticket).min() else {
            return Some(None);
        };
        let deadline = taken.iter().filter_map(|request| request.deadline).min();
        match self.cores {
            0 => Some(None),
            cores => self.gate.enter(ticket, cores, deadline).map(Some),
        }
    }
}

fn too_late<T>(terms: &Terms, request: &Request<T>) {
    let _ = request.reply.send(Err(Error::TooLate {
        model: terms.model.clone(),
        waited: request.asked.elapsed(),
    }));
}

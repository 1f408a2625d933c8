//! A stream that has a session to itself runs it on its own thread: two hand-overs between threads less for each frame.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::gate::Gate;
use super::worker::{Terms, ended};
use crate::error::{Error, Result};

/// What is done to the subject of a stream, by one thread at a time.
pub(super) type Work<T> = dyn FnMut(&mut T) -> Result<()> + Send;

/// The work of a session, for whoever has nobody to take turns with. The worker has it too: a second stream may come at
/// any time, and its first frame then waits until this one's is done.
pub(super) struct Alone<T> {
    work: Arc<Mutex<Work<T>>>,
    model: String,
    gate: &'static Gate,
    cores: usize,
}

impl<T> Alone<T> {
    /// Nothing where the work is done elsewhere than on this machine's cores: a GPU's contexts want one thread.
    pub(super) fn new(terms: &Terms, work: &Arc<Mutex<Work<T>>>) -> Option<Self> {
        (terms.cores > 0).then(|| Self {
            work: Arc::clone(work),
            model: terms.model.clone(),
            gate: terms.gate,
            cores: terms.cores,
        })
    }

    /// Whether no work has panicked.
    pub(super) fn is_alive(&self) -> bool {
        !self.work.is_poisoned()
    }

    /// Works on `subject` when the cores are free, and says how long it waited for them.
    ///
    /// # Errors
    /// What the work gives; [`Error::TooLate`] if the cores were not free within `patience`, and it was not begun.
    pub(super) fn run(&self, subject: &Mutex<T>, patience: Option<Duration>) -> Result<Duration> {
        let asked = Instant::now();
        let too_late = || Error::TooLate {
            model: self.model.clone(),
            waited: asked.elapsed(),
        };
        let deadline = patience.and_then(|patience| asked.checked_add(patience));
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(too_late());
        }
        let permit = self.gate.enter(self.gate.ticket(), self.cores, deadline);
        let permit = permit.ok_or_else(too_late)?;
        let waited = asked.elapsed();
        let done = catch_unwind(AssertUnwindSafe(|| {
            let subject = &mut subject.lock().unwrap_or_else(PoisonError::into_inner);
            work_on(&self.work, subject, &self.model)
        }));
        drop(permit);
        done.unwrap_or_else(|_| Err(ended(&self.model)))?;
        Ok(waited)
    }
}

/// Does `work` to `subject`, unless it has panicked.
pub(super) fn work_on<T>(work: &Mutex<Work<T>>, subject: &mut T, model: &str) -> Result<()> {
    let mut work = work.lock().map_err(|_| ended(model))?;
    work(subject)
}

impl<T> std::fmt::Debug for Alone<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Alone").field("model", &self.model).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::LazyLock;
    use std::thread;

    static GATE: LazyLock<Gate> = LazyLock::new(|| Gate::new(2));

    fn alone<T>(work: impl FnMut(&mut T) -> Result<()> + Send + 'static) -> Alone<T> {
        let terms = Terms {
            model: "model".into(),
            gate: &GATE,
            cores: 1,
        };
        let work: Arc<Mutex<Work<T>>> = Arc::new(Mutex::new(work));
        Alone::new(&terms, &work).unwrap()
    }

    #[test]
    fn the_work_is_done_on_the_streams_own_thread() {
        let alone = alone(|by: &mut Option<thread::ThreadId>| {
            *by = Some(thread::current().id());
            Ok(())
        });
        let by = Mutex::new(None);
        assert!(alone.run(&by, None).is_ok());
        assert_eq!(*by.lock().unwrap(), Some(thread::current().id()));
    }

    #[test]
    fn nobody_works_past_the_deadline_or_without_the_cores() {
        let alone = alone(|_: &mut ()| Ok(()));
        let late = alone.run(&Mutex::new(()), Some(Duration::ZERO));
        assert!(matches!(late, Err(Error::TooLate { .. })), "{late:?}");
        let held = GATE.enter(GATE.ticket(), 2, None);
        let late = alone.run(&Mutex::new(()), Some(Duration::from_millis(3)));
        assert!(matches!(late, Err(Error::TooLate { .. })), "{late:?}");
        drop(held);
        assert!(alone.run(&Mutex::new(()), None).is_ok());
    }

    #[test]
    fn a_panic_is_an_error_to_the_stream_and_the_end_of_the_session() {
        let alone = alone(|_: &mut ()| panic!("on purpose"));
        for _ in 0..2 {
            let error = alone.run(&Mutex::new(()), None).unwrap_err().to_string();
            assert!(error.contains("has broken down"), "{error}");
            assert!(!alone.is_alive());
        }
        // The cores are given back.
        assert!(GATE.enter(GATE.ticket(), 1, None).is_some());
    }

    #[test]
    fn work_that_is_done_elsewhere_is_left_to_the_worker() {
        let terms = Terms {
            model: "model".into(),
            gate: &GATE,
            cores: 0,
        };
        let work: Arc<Mutex<Work<()>>> = Arc::new(Mutex::new(|_: &mut ()| Ok(())));
        assert!(Alone::new(&terms, &work).is_none());
    }
}

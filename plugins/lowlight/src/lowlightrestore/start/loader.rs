//! Something slow done on a thread of its own, and handed over to the streaming thread piece by piece.

use std::sync::{Arc, Weak};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, select, unbounded};

use super::orphans;

/// How long dropping a load waits for its thread. A session on the CPU is there within it; a provider that compiles for
/// minutes is left to itself.
const GRACE: Duration = Duration::from_secs(1);

/// How far a load is.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::lowlightrestore) enum Progress<T> {
    Pending,
    Done(T),
    /// The thread ended, and all that it gave was taken.
    Ended,
}

/// A load under way. Dropping it asks the thread to end, waits a moment for that, and otherwise leaves it to
/// [`orphans`], where what it still makes is dropped.
#[derive(Debug)]
pub(in crate::lowlightrestore) struct Load<T> {
    results: Receiver<T>,
    thread: Option<JoinHandle<()>>,
    /// Goes when nobody waits any more.
    interest: Option<Arc<()>>,
}

/// Hands the results of a load over.
pub(in crate::lowlightrestore) struct Deliver<T> {
    results: Sender<T>,
    interest: Weak<()>,
}

impl<T> Deliver<T> {
    /// Never blocks. Says whether anybody took it: otherwise it is dropped here.
    pub(in crate::lowlightrestore) fn deliver(&self, result: T) -> bool {
        self.is_wanted() && self.results.send(result).is_ok()
    }

    /// Whether anybody still waits.
    pub(in crate::lowlightrestore) fn is_wanted(&self) -> bool {
        self.interest.strong_count() > 0
    }
}

impl<T: Send + 'static> Load<T> {
    /// Starts `work` on the thread `lowlight-load`.
    ///
    /// `retired` is what the results replace: an old load or its result. It is dropped on that thread first, since
    /// ending a load and closing a session are both slow.
    pub(in crate::lowlightrestore) fn spawn(
        retired: impl Send + 'static,
        work: impl FnOnce(Deliver<T>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, results) = unbounded();
        let interest = Arc::new(());
        let delivery = Deliver {
            results: sender,
            interest: Arc::downgrade(&interest),
        };
        let thread = Builder::new().name("lowlight-load".into()).spawn(move || {
            drop(retired);
            work(delivery);
        })?;
        Ok(Self {
            results,
            thread: Some(thread),
            interest: Some(interest),
        })
    }

    /// The next result, if it is there.
    pub(in crate::lowlightrestore) fn poll(&self) -> Progress<T> {
        match self.results.try_recv() {
            Ok(result) => Progress::Done(result),
            Err(TryRecvError::Empty) => Progress::Pending,
            Err(TryRecvError::Disconnected) => Progress::Ended,
        }
    }

    /// Waits for the next result; still pending if `interrupt` is disconnected first.
    pub(in crate::lowlightrestore) fn wait(&self, interrupt: &Receiver<()>) -> Progress<T> {
        select! {
            recv(self.results) -> result => result.map_or(Progress::Ended, Progress::Done),
            recv(interrupt) -> _ => self.poll(),
        }
    }
}

impl<T> Drop for Load<T> {
    fn drop(&mut self) {
        self.interest = None;
        let Some(thread) = self.thread.take() else {
            return;
        };
        let deadline = Instant::now() + GRACE;
        loop {
            match self.results.recv_deadline(deadline) {
                Ok(unwanted) => drop(unwanted),
                Err(RecvTimeoutError::Disconnected) => {
                    let _ = thread.join();
                    return;
                }
                Err(RecvTimeoutError::Timeout) => return orphans::adopt(thread),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lowlightrestore::interrupt::Interrupt;
    use crossbeam_channel::bounded;

    /// A load that delivers `value` once the returned sender sends or is dropped.
    fn held<T: Send + 'static>(retired: impl Send + 'static, value: T) -> (Load<T>, Sender<()>) {
        let (release, gate) = bounded(1);
        let load = Load::spawn(retired, move |delivery| {
            let _ = gate.recv();
            delivery.deliver(value);
        });
        (load.unwrap(), release)
    }

    #[test]
    fn result_is_there_once_the_work_is_done() {
        let interrupt = Interrupt::default();
        let (load, release) = held((), 7);
        assert_eq!(load.poll(), Progress::Pending);
        release.send(()).unwrap();
        assert_eq!(load.wait(&interrupt.receiver()), Progress::Done(7));
        assert_eq!(load.wait(&interrupt.receiver()), Progress::Ended);
    }

    #[test]
    fn results_come_one_after_the_other() {
        let load = Load::spawn((), |delivery| {
            assert!(delivery.deliver(1));
            assert!(delivery.deliver(2));
        });
        let (load, interrupt) = (load.unwrap(), Interrupt::default());
        let next = || load.wait(&interrupt.receiver());
        let wanted = [Progress::Done(1), Progress::Done(2), Progress::Ended];
        assert_eq!([next(), next(), next()], wanted);
    }

    #[test]
    fn a_wait_can_be_interrupted_and_taken_up_again() {
        let interrupt = Arc::new(Interrupt::default());
        let (load, release) = held((), 7);
        let other = Arc::clone(&interrupt);
        let thread = std::thread::spawn(move || other.raise());
        assert_eq!(load.wait(&interrupt.receiver()), Progress::Pending);
        thread.join().unwrap();
        interrupt.clear();
        release.send(()).unwrap();
        assert_eq!(load.wait(&interrupt.receiver()), Progress::Done(7));
    }

    #[test]
    fn what_a_quick_load_made_goes_with_it() {
        let value = Arc::new(());
        let (load, release) = held((), Arc::clone(&value));
        drop(release);
        drop(load);
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn a_load_that_takes_for_ever_holds_nobody_up_and_is_dropped_where_it_was_made() {
        let value = Arc::new(());
        let (load, release) = held((), Arc::clone(&value));
        // Comes back although nothing was released.
        drop(load);
        assert_eq!(Arc::strong_count(&value), 2);
        release.send(()).unwrap();
        while Arc::strong_count(&value) > 1 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn an_outdated_load_is_retired_on_the_new_thread() {
        let value = Arc::new(());
        let (old, release_old) = held((), Arc::clone(&value));
        drop(release_old);
        let (new, release_new) = held(old, Arc::clone(&value));
        drop(release_new);
        let done = new.wait(&Interrupt::default().receiver());
        assert!(matches!(done, Progress::Done(_)));
        drop((new, done));
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn a_panic_is_the_end_of_a_load() {
        let load = Load::<()>::spawn((), |_delivery| panic!("on purpose")).unwrap();
        assert_eq!(load.wait(&Interrupt::default().receiver()), Progress::Ended);
    }
}

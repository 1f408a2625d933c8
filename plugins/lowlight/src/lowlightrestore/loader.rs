//! Something slow done on a thread of its own, and handed over to the streaming thread when it is there.

use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, select};

/// How far a load is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress<T> {
    Pending,
    Done(T),
    /// The thread ended without a result: it panicked.
    Died,
}

/// A load under way. Dropping it waits for the thread: nothing it made outlives it.
#[derive(Debug)]
pub(super) struct Load<T> {
    result: Receiver<T>,
    thread: Option<JoinHandle<()>>,
}

/// Hands the result of a load over. The receiver may be gone: then the result is dropped where it was made.
pub(super) struct Deliver<T>(Sender<T>);

impl<T> Deliver<T> {
    pub(super) fn deliver(self, result: T) {
        // A channel of one for one result: this never blocks.
        let _ = self.0.send(result);
    }
}

impl<T: Send + 'static> Load<T> {
    /// Starts `work` on the thread `lowlight-load`.
    ///
    /// `retired` is what the result replaces: an old load or its result. It is dropped on that thread first, since
    /// joining a load and closing a session are both slow, and so that there is never more than one of either.
    pub(super) fn spawn(
        retired: impl Send + 'static,
        work: impl FnOnce(Deliver<T>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, result) = bounded(1);
        let thread = Builder::new().name("lowlight-load".into()).spawn(move || {
            drop(retired);
            work(Deliver(sender));
        })?;
        Ok(Self {
            result,
            thread: Some(thread),
        })
    }

    /// The result, if it is there.
    pub(super) fn poll(&self) -> Progress<T> {
        match self.result.try_recv() {
            Ok(result) => Progress::Done(result),
            Err(TryRecvError::Empty) => Progress::Pending,
            Err(TryRecvError::Disconnected) => Progress::Died,
        }
    }

    /// Waits for the result; still pending if `interrupt` is disconnected first.
    pub(super) fn wait(&self, interrupt: &Receiver<()>) -> Progress<T> {
        select! {
            recv(self.result) -> result => result.map_or(Progress::Died, Progress::Done),
            recv(interrupt) -> _ => self.poll(),
        }
    }
}

impl<T> Drop for Load<T> {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lowlightrestore::interrupt::Interrupt;
    use std::sync::Arc;

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
    fn nothing_survives_a_dropped_load() {
        let value = Arc::new(());
        let (load, release) = held((), Arc::clone(&value));
        drop(release);
        drop(load);
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn an_outdated_load_is_retired_on_the_new_thread() {
        let value = Arc::new(());
        let (old, release_old) = held((), Arc::clone(&value));
        let (new, release_new) = held(old, Arc::clone(&value));
        // The new thread waits for the old one, and this one for neither.
        assert_eq!(new.poll(), Progress::Pending);
        drop((release_old, release_new));
        assert!(matches!(
            new.wait(&Interrupt::default().receiver()),
            Progress::Done(_)
        ));
        drop(new);
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn a_panic_is_noticed() {
        let load = Load::<()>::spawn((), |_delivery| panic!("on purpose")).unwrap();
        assert_eq!(load.wait(&Interrupt::default().receiver()), Progress::Died);
    }
}

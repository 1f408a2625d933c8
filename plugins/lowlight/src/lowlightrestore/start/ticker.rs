//! Something done again and again while something slow goes on.

use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

/// How often. What is done decides whether anything is to be said.
const TICK: Duration = Duration::from_millis(250);

/// Ticks until it is dropped.
#[derive(Debug)]
pub(in crate::lowlightrestore) struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Calls `work` every [`TICK`], for the first time after one.
    pub(in crate::lowlightrestore) fn start(work: impl Fn() + Send + 'static) -> Self {
        let (stop, stopped) = bounded(0);
        let thread = Builder::new().name("lowlight-tell".into()).spawn(move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                work();
            }
        });
        Self {
            stop: Some(stop),
            // Without it there is no word of progress, which is no reason to fail.
            thread: thread.ok(),
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

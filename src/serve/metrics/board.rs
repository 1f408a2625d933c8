//! What is counted now: streams and mounts come and go while the page is asked for.

use crate::serve::Readers;
use crate::stream::Figures;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the figures of all streams and the readers of all mounts are found.
#[derive(Default)]
pub(crate) struct Board(Mutex<State>);

#[derive(Default)]
struct State {
    streams: BTreeMap<String, Arc<Figures>>,
    readers: Option<Arc<Readers>>,
}

impl Board {
    /// A stream runs from now on, in place of one of the same name.
    pub(crate) fn add(&self, stream: &str, figures: &Arc<Figures>) {
        self.lock()
            .streams
            .insert(stream.to_owned(), Arc::clone(figures));
    }

    /// A stream is gone.
    pub(crate) fn remove(&self, stream: &str) {
        self.lock().streams.remove(stream);
    }

    /// Readers are counted there from now on.
    pub(crate) fn set_readers(&self, readers: Option<Arc<Readers>>) {
        self.lock().readers = readers;
    }

    /// The streams now, by name.
    pub(super) fn streams(&self) -> BTreeMap<String, Arc<Figures>> {
        self.lock().streams.clone()
    }

    /// Mounts with their readers, and how many were refused.
    pub(super) fn readers(&self) -> Vec<(String, usize, u64)> {
        let readers = self.lock().readers.clone();
        readers.map(|readers| readers.counts()).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What a session's worker does: one stream's frame, or those of several in one run.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::Builder;

use super::batching::SIZES;
use super::{Shared, alone};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::provider::{Provider, ProviderChoice, SessionOptions};
use crate::runtime::Runtime;
use crate::session::{Batch, Request, Tensors};

/// Something that is done to the subjects of streams.
pub(super) trait Work<T>: Send + 'static {
    /// How many subjects can be worked on at once, smallest first, if more than one.
    fn sizes(&mut self) -> &[usize] {
        &[]
    }

    /// Works on one, or on as many as one of the sizes.
    fn run(&mut self, subjects: &[Arc<Mutex<T>>]) -> Result<()>;
}

impl<T, F: FnMut(&mut T) -> Result<()> + Send + 'static> Work<T> for F {
    fn run(&mut self, subjects: &[Arc<Mutex<T>>]) -> Result<()> {
        let mut subjects = subjects.iter();
        subjects.try_for_each(|subject| {
            self(&mut subject.lock().unwrap_or_else(PoisonError::into_inner))
        })
    }
}

/// A session's work, with what has been opened beside it for several frames at once.
pub(super) struct SessionWork {
    /// A lone stream runs it, too, on its own thread.
    one: Arc<Mutex<alone::Work<Tensors>>>,
    model: String,
    batches: Vec<Batch>,
    sizes: Vec<usize>,
    opened: Arc<Mutex<Vec<Batch>>>,
}

impl SessionWork {
    /// Batches that are put into `opened` are used from the next run on.
    pub(super) fn new(
        model: &str,
        one: &Arc<Mutex<alone::Work<Tensors>>>,
        opened: &Arc<Mutex<Vec<Batch>>>,
    ) -> Self {
        Self {
            one: Arc::clone(one),
            model: model.to_owned(),
            batches: Vec::new(),
            sizes: Vec::new(),
            opened: Arc::clone(opened),
        }
    }

    fn cannot(&self, reason: String) -> Error {
        Error::Run {
            model: self.model.clone(),
            reason,
        }
    }

    /// What cannot be run in a batch can be run alone, and errors are then each stream's own.
    fn give_up(&mut self, index: usize, error: &Error) {
        let size = self.batches.remove(index).size();
        self.sizes.retain(|&known| known != size);
        tracing::warn!(size, %error, "frames of several streams cannot be run together: one by one from now on");
    }
}

impl Work<Tensors> for SessionWork {
    fn sizes(&mut self) -> &[usize] {
        // Who opens one holds this only to hand it over.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        for batch in opened.drain(..) {
            self.sizes.push(batch.size());
            self.batches.push(batch);
        }
        self.sizes.sort_unstable();
        &self.sizes
    }

    fn run(&mut self, subjects: &[Arc<Mutex<Tensors>>]) -> Result<()> {
        if let [subject] = subjects {
            let mut tensors = subject.lock().unwrap_or_else(PoisonError::into_inner);
            return alone::work_on(&self.one, &mut tensors, &self.model);
        }
        let lies_elsewhere = |subject: &Arc<Mutex<Tensors>>| {
            let tensors = subject.lock().unwrap_or_else(PoisonError::into_inner);
            tensors.is_resident()
        };
        if subjects.iter().any(lies_elsewhere) {
            return Err(self.cannot("frames in a GPU's memory are run one by one".into()));
        }
        let of_this_size = |batch: &Batch| batch.size() == subjects.len();
        let Some(index) = self.batches.iter().position(of_this_size) else {
            let count = subjects.len();
            return Err(self.cannot(format!("no session for {count} frames in a run")));
        };
        let done = self.batches[index].run(subjects);
        done.inspect_err(|error| self.give_up(index, error))
    }
}

/// What a session was opened with, to open it again for more frames in a run.
#[derive(Debug)]
pub(super) struct Recipe {
    runtime: Runtime,
    model: Model,
    pub(super) options: SessionOptions,
    size: (usize, usize),
}

impl Recipe {
    /// For the provider that the session got: the batches are no place for another one.
    pub(super) fn new(runtime: &Runtime, request: &Request<'_>, provider: Provider) -> Self {
        Self {
            runtime: runtime.clone(),
            model: request.model.clone(),
            options: SessionOptions {
                provider: ProviderChoice::Only(provider),
                ..request.options.clone()
            },
            size: request.size,
        }
    }
}

/// Opens what `shared` is short of for its streams, on a thread of its own: a provider may compile for minutes, and frames
/// can be run one by one meanwhile.
pub(super) fn open_batches(shared: &Arc<Shared>) {
    let wanted = shared.claim_sizes();
    if wanted.is_empty() {
        return;
    }
    let weak = Arc::downgrade(shared);
    let thread = Builder::new().name("lowlight-batch".into());
    let spawned = thread.spawn(move || wanted.into_iter().for_each(|size| open_batch(&weak, size)));
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread to prepare runs of several streams' frames");
    }
}

fn open_batch(shared: &Weak<Shared>, batch: usize) {
    // Not held while it is opened: the last stream that goes ends the session.
    let Some((recipe, plan)) = shared
        .upgrade()
        .map(|shared| (Arc::clone(&shared.recipe), Arc::clone(&shared.plan)))
    else {
        return;
    };
    let request = Request {
        model: &recipe.model,
        options: &recipe.options,
        size: recipe.size,
        batch,
    };
    match (
        Batch::open(recipe.runtime.environment(), &request, &plan),
        shared.upgrade(),
    ) {
        (Ok(opened), Some(shared)) => shared.add_batch(opened),
        (Err(error), _) => {
            tracing::info!(batch, %error, "frames of so many streams are not run together");
        }
        (Ok(_), None) => {}
    }
}

/// The sizes that pay for `streams` of them, where runs of up to `most` are wanted.
pub(super) fn sizes_for(streams: usize, most: usize) -> impl Iterator<Item = usize> {
    SIZES
        .into_iter()
        .filter(move |&size| size <= streams.min(most))
}

//! What a load needs to know, and what it does.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use lowlight_engine::selftest::Verdict;
use lowlight_engine::{
    Colorimetry, Error, Model, Provider, ProviderChoice, Restorer, Result, Runtime, SessionOptions,
};

use super::climb::{Audience, Workshop, climb};
use super::estimates::{self, Start};
use super::herald::Herald;
use super::ladder::{Ladder, Prospect, compiles};
use crate::lowlightrestore::frames::Layout;

/// What a load hands over: a restorer better than the one before, or nothing if none works (and that was said).
pub(in crate::lowlightrestore) type Loaded = Option<Box<Restorer>>;

/// Everything that a load needs to know.
#[derive(Clone, Debug)]
pub(in crate::lowlightrestore) struct Order {
    /// The model, or where to look for it.
    pub(in crate::lowlightrestore) model: Result<Model, Option<PathBuf>>,
    pub(in crate::lowlightrestore) library: Option<PathBuf>,
    pub(in crate::lowlightrestore) options: SessionOptions,
    /// How often frames come, if that is known.
    pub(in crate::lowlightrestore) frame_time: Option<Duration>,
    /// Whether frames wait for the best provider, and must see no other one.
    pub(in crate::lowlightrestore) is_patient: bool,
}

impl Order {
    /// Opens restorers for frames of `layout`, each better than the one before, and has `herald` hand them over. Slow.
    pub(in crate::lowlightrestore) fn fulfil(self, layout: &Layout, mut herald: Herald) {
        let is_patient = self.is_patient;
        match Bench::new(self, layout) {
            Ok(mut bench) => {
                let ladder = Ladder::new(bench.prospects(), is_patient);
                climb(ladder, &mut bench, &mut herald);
            }
            Err(error) => herald.give_up(error),
        }
    }
}

/// A restorer, and what there is to say of it.
pub(in crate::lowlightrestore) struct Opened {
    pub(in crate::lowlightrestore) restorer: Box<Restorer>,
    pub(in crate::lowlightrestore) model: Model,
    /// What `n-threads` came to.
    pub(in crate::lowlightrestore) threads: usize,
    /// What else there is to say, after the reason.
    pub(in crate::lowlightrestore) note: String,
}

/// Where restorers are opened and tested.
struct Bench {
    runtime: Runtime,
    model: Model,
    options: SessionOptions,
    size: (usize, usize),
    /// Of frames in a GPU's memory.
    on_device: Option<Colorimetry>,
    frame_time: Option<Duration>,
}

impl Bench {
    fn new(order: Order, layout: &Layout) -> Result<Self> {
        let model = match order.model {
            Ok(model) => model,
            Err(path) => Model::open(path.as_deref())?,
        };
        Ok(Self {
            runtime: Runtime::load(order.library.as_deref())?,
            model,
            options: order.options,
            size: (layout.width, layout.height),
            on_device: layout.is_on_device.then_some(layout.colorimetry),
            frame_time: order.frame_time,
        })
    }

    fn prospects(&self) -> Vec<Prospect> {
        let providers = self.options.candidates().into_iter();
        let prospect = |provider| Prospect {
            provider,
            expected: estimates::recall(&self.start(provider)),
        };
        providers.map(prospect).collect()
    }

    fn start(&self, provider: Provider) -> Start {
        Start {
            model: self.model.path().to_path_buf(),
            provider,
            size: self.size,
        }
    }

    /// What there is to say if frames in a GPU's memory have to be copied: a matter of speed, and no reason to fail.
    fn prepare_for_device(&self, restorer: &mut Restorer, options: &SessionOptions) -> String {
        let prepared = self.on_device.map_or(Ok(()), |colorimetry| {
            restorer.prepare_for_device(&self.runtime, &self.model, options, colorimetry)
        });
        prepared.err().map_or_else(String::new, |error| {
            format!("; frames in GPU memory are copied: {error}")
        })
    }

    fn options_for(&self, provider: Provider) -> SessionOptions {
        SessionOptions {
            provider: ProviderChoice::Only(provider),
            ..self.options.clone()
        }
    }
}

impl Workshop for Bench {
    type Session = Opened;

    /// Elements that want the same share the session, without being asked.
    fn open(&mut self, provider: Provider) -> Result<Self::Session, Error> {
        let (options, (width, height)) = (self.options_for(provider), self.size);
        let begun = Instant::now();
        let mut restorer = Restorer::join(&self.runtime, &self.model, &options, width, height)?;
        let note = self.prepare_for_device(&mut restorer, &options);
        if compiles(provider) {
            estimates::remember(self.start(provider), begun.elapsed());
        }
        Ok(Opened {
            restorer: Box::new(restorer),
            model: self.model.clone(),
            threads: options.effective_threads(),
            note,
        })
    }

    fn test(&mut self, opened: &mut Opened) -> Result<Verdict, Error> {
        let options = self.options_for(opened.restorer.active_provider().provider);
        let model = &opened.model;
        opened.restorer.self_test(&self.runtime, model, &options)
    }

    fn falls_behind(&mut self, opened: &mut Opened) -> Option<(Duration, Duration)> {
        let has = self.frame_time?;
        // What cannot be measured fails on frames too, and says so there.
        let takes = opened.restorer.pace().ok()?;
        (takes > has).then_some((takes, has))
    }
}

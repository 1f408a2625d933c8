//! What the element tells others about itself, behind a lock that is never held for long.

use std::time::Instant;

use lowlight_engine::cache::Origin;
use lowlight_engine::{ActiveProvider, Model, Sharing};

use super::enums::RestorerState;
use super::stats::Stats;

/// What a load that went well gave.
#[derive(Clone, Debug)]
pub(super) struct Readiness {
    pub(super) provider: ActiveProvider,
    /// What `n-threads` came to.
    pub(super) threads: usize,
    pub(super) sharing: Option<Sharing>,
    pub(super) model: Model,
}

/// State, model, provider and figures. The figures, and what made them, stay readable after a stop.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Counts model loads: what a load that is no longer wanted says is not listened to.
    generation: u64,
    pub(super) state: RestorerState,
    /// The model, once its sidecar is read.
    pub(super) model: Option<Model>,
    provider: Option<ActiveProvider>,
    threads: usize,
    /// Who has the session, while this element is one of them.
    sharing: Option<Sharing>,
    pub(super) stats: Stats,
    loading_since: Option<Instant>,
    is_running: bool,
}

impl Report {
    /// A run begins, with the model if one is wanted yet.
    pub(super) fn begin(&mut self, model: Option<Model>) {
        let generation = self.generation + 1;
        *self = Self {
            generation,
            model,
            is_running: true,
            ..Self::default()
        };
    }

    /// The run ends; loads still under way are not listened to any more.
    pub(super) fn end(&mut self) {
        self.generation += 1;
        self.state = RestorerState::Idle;
        self.loading_since = None;
        self.sharing = None;
        self.is_running = false;
    }

    /// A load begins; gives the number it has to show when it is done.
    pub(super) fn begin_load(&mut self) -> u64 {
        self.generation += 1;
        self.state = RestorerState::Loading;
        self.provider = None;
        self.sharing = None;
        self.loading_since = Some(Instant::now());
        self.generation
    }

    /// Load `generation` is done: takes in what it gave, or nothing if it failed. Says whether it is listened to.
    pub(super) fn end_load(&mut self, generation: u64, loaded: Option<Readiness>) -> bool {
        if generation != self.generation {
            return false;
        }
        self.state = RestorerState::Failed;
        if let Some(loaded) = loaded {
            self.state = RestorerState::Ready;
            self.provider = Some(loaded.provider);
            self.threads = loaded.threads;
            self.sharing = loaded.sharing;
            self.model = Some(loaded.model);
        }
        true
    }

    /// Width and height that the model takes at most, if it was built for one size and is in use.
    pub(super) fn fixed_size(&self) -> Option<(i32, i32)> {
        let model = self.model.as_ref().filter(|_| self.is_running)?;
        let (width, height) = model.info().fixed_size()?;
        Some((i32::try_from(width).ok()?, i32::try_from(height).ok()?))
    }

    /// Name of the provider in use.
    pub(super) fn active_provider(&self) -> Option<String> {
        let active = self.provider.as_ref().filter(|_| self.is_running)?;
        Some(active.provider.name().to_owned())
    }

    /// The `lowlightrestore-state` structure that is posted on the bus. `reason` says why the state is this one.
    pub(super) fn state_structure(&self, reason: &str) -> gst::Structure {
        let elapsed = self
            .loading_since
            .map_or(0, |since| since.elapsed().as_millis());
        gst::Structure::builder("lowlightrestore-state")
            .field("state", self.state.nick())
            .field("reason", reason)
            .field("elapsed-ms", u64::try_from(elapsed).unwrap_or(u64::MAX))
            .field("provider", self.active_provider().unwrap_or_default())
            .build()
    }

    /// The `stats` property.
    pub(super) fn stats_structure(&self) -> gst::Structure {
        let info = self.model.as_ref().map(Model::info);
        let provider = self.provider.as_ref();
        let precision = info.map_or("", |info| info.precision.as_str());
        // The file that was loaded may be another one than the one whose sidecar was read first.
        let precision = provider.map_or(precision, |active| active.precision.as_str());
        let name = provider.map_or("", |active| active.provider.name());
        let reason = provider.map_or("", |active| active.reason.as_str());
        let builder = self
            .stats
            .fill(gst::Structure::builder("lowlightrestore-stats"));
        let engine = self.provider.as_ref().map(|active| &active.engine);
        let built = engine.and_then(Origin::build_time).unwrap_or_default();
        let streams = self.sharing.as_ref().map_or(0, Sharing::streams);
        builder
            .field("session-streams", streams as u64)
            .field("n-threads", self.threads as u64)
            .field("provider", name)
            .field("provider-reason", reason)
            .field("engine", engine.map_or("", Origin::name))
            .field("engine-build-ms", built.as_secs_f64() * 1e3)
            .field("model", info.map_or("", |info| info.name.as_str()))
            .field("precision", precision)
            .build()
    }
}

//! What the element tells others about itself, behind a lock that is never held for long.

use std::time::{Duration, Instant};

use lowlight_engine::cache::Origin;
use lowlight_engine::{ActiveProvider, Model, Provider, Sharing};

use super::enums::RestorerState;
use super::health::Health;
use super::start::{Step, compiles};
use super::stats::Stats;

/// A build that is over sooner is not worth a word.
const WORTH_A_WORD: Duration = Duration::from_millis(200);
/// Word of progress comes no closer than this.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// What a session that restores frames is.
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
    /// Whether what is shown is what was asked for.
    pub(super) health: Health,
    loading_since: Option<Instant>,
    /// What a load is at.
    task: Option<Task>,
    is_running: bool,
}

/// A provider that is being opened or tested.
#[derive(Clone, Copy, Debug)]
struct Task {
    provider: Provider,
    expected: Option<Duration>,
    since: Instant,
    told: Option<Instant>,
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
        self.task = None;
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

    /// Load `generation` is at `step`. Says whether it is listened to, as all that take a generation.
    pub(super) fn step(&mut self, generation: u64, step: Step) -> bool {
        let now = Instant::now();
        let (state, provider, expected, told) = match step {
            Step::Opening(prospect) => {
                let (provider, expected) = (prospect.provider, prospect.expected);
                (RestorerState::Loading, provider, expected, None)
            }
            Step::Testing(provider) => (RestorerState::SelfTest, provider, None, Some(now)),
        };
        let task = Task {
            provider,
            expected,
            since: now,
            told,
        };
        self.enter(generation, state, Some(task))
    }

    /// A session of load `generation` restores frames from now on.
    pub(super) fn restore(
        &mut self,
        generation: u64,
        readiness: &Readiness,
        is_final: bool,
    ) -> bool {
        let state = match is_final {
            true => RestorerState::Ready,
            false => RestorerState::Loading,
        };
        let is_listened_to = self.enter(generation, state, None);
        if is_listened_to {
            self.provider = Some(readiness.provider.clone());
            self.threads = readiness.threads;
            self.sharing.clone_from(&readiness.sharing);
            self.model = Some(readiness.model.clone());
        }
        is_listened_to
    }

    /// What load `generation` gave last is final.
    pub(super) fn settle(&mut self, generation: u64) -> bool {
        self.enter(generation, RestorerState::Ready, None)
    }

    /// Load `generation` gives nothing.
    pub(super) fn fail(&mut self, generation: u64) -> bool {
        self.enter(generation, RestorerState::Failed, None)
    }

    fn enter(&mut self, generation: u64, state: RestorerState, task: Option<Task>) -> bool {
        let is_listened_to = generation == self.generation;
        if is_listened_to {
            (self.state, self.task) = (state, task);
        }
        is_listened_to
    }

    /// What to say of load `generation` now, if it is time to: a build takes longer than a moment, or goes on.
    pub(super) fn progress(&mut self, generation: u64) -> Option<String> {
        let task = self
            .task
            .as_mut()
            .filter(|_| generation == self.generation)?;
        let now = Instant::now();
        let is_due = match (self.state, task.told) {
            (RestorerState::Loading, None) => {
                compiles(task.provider) && now - task.since >= WORTH_A_WORD
            }
            (_, Some(told)) => now - told >= PROGRESS_INTERVAL,
            _ => false,
        };
        if !is_due {
            return None;
        }
        task.told = Some(now);
        if self.state == RestorerState::Loading {
            self.state = RestorerState::Building;
        }
        Some(format!("{} has not finished", task.provider.name()))
    }

    /// A frame was restored. Says whether that ends a bad time.
    pub(super) fn restored(
        &mut self,
        inference: Duration,
        wait: Duration,
        batch: usize,
        is_zero_copy: bool,
    ) -> bool {
        self.stats.restored(inference, wait, batch, is_zero_copy);
        let is_over = self.health.good() && self.state == RestorerState::Degraded;
        if is_over {
            self.state = RestorerState::Ready;
        }
        is_over
    }

    /// A frame was faulty. Says whether it is time to say so.
    pub(super) fn degrade(&mut self) -> bool {
        if self.state == RestorerState::Ready {
            self.state = RestorerState::Degraded;
        }
        self.health.fault(Instant::now())
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
        let structure = gst::Structure::builder("lowlightrestore-state").field("reason", reason);
        let provider = self.active_provider().unwrap_or_default();
        self.state_fields(structure)
            .field("provider", provider)
            .build()
    }

    /// What is being done, and since when.
    fn state_fields(&self, builder: gst::structure::Builder) -> gst::structure::Builder {
        let elapsed = self.loading_since.map_or(0, |since| ms(since.elapsed()));
        let task = self.task.as_ref();
        builder
            .field("state", self.state.nick())
            .field("elapsed-ms", elapsed)
            .field("target", task.map_or("", |task| task.provider.name()))
            .field("step-ms", task.map_or(0, |task| ms(task.since.elapsed())))
            .field(
                "estimate-ms",
                task.and_then(|task| task.expected).map_or(0, ms),
            )
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
        self.state_fields(builder)
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

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

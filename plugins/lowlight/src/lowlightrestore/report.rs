//! What the element tells others about itself, behind a lock that is never held for long.

use std::time::Instant;

use lowlight_engine::{ActiveProvider, Model};

use super::enums::RestorerState;
use super::stats::Stats;

/// State, model, provider and figures, from start to stop.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Counts model loads: what a load that is no longer wanted says is not listened to.
    pub(super) generation: u64,
    pub(super) state: RestorerState,
    /// The model, once its sidecar is read.
    pub(super) model: Option<Model>,
    pub(super) provider: Option<ActiveProvider>,
    pub(super) stats: Stats,
    loading_since: Option<Instant>,
}

impl Report {
    /// Width and height that the model takes at most, if it was built for one size.
    pub(super) fn fixed_size(&self) -> Option<(i32, i32)> {
        let (width, height) = self.model.as_ref()?.info().fixed_size()?;
        Some((i32::try_from(width).ok()?, i32::try_from(height).ok()?))
    }

    pub(super) fn provider_name(&self) -> Option<String> {
        let active = self.provider.as_ref()?;
        Some(active.provider.name().to_owned())
    }

    /// A load begins; gives the number it has to show when it is done.
    pub(super) fn begin_load(&mut self) -> u64 {
        self.generation += 1;
        self.state = RestorerState::Loading;
        self.provider = None;
        self.loading_since = Some(Instant::now());
        self.generation
    }

    /// Forgets the run; loads still under way are not listened to any more.
    pub(super) fn end(&mut self) {
        self.generation += 1;
        self.state = RestorerState::Idle;
        self.provider = None;
        self.model = None;
        self.loading_since = None;
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
            .field("provider", self.provider_name().unwrap_or_default())
            .build()
    }

    /// The `stats` property.
    pub(super) fn stats_structure(&self) -> gst::Structure {
        let info = self.model.as_ref().map(Model::info);
        let builder = self
            .stats
            .fill(gst::Structure::builder("lowlightrestore-stats"));
        builder
            .field("provider", self.provider_name().unwrap_or_default())
            .field("model", info.map_or("", |info| info.name.as_str()))
            .field("precision", info.map_or("", |info| info.precision.as_str()))
            .build()
    }
}

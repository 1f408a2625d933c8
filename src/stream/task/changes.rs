//! What changes while a stream runs: its effort, its settings, and that it ends.

use super::{LOOK, Stream};
use crate::config::Restore;
use crate::pipeline::change_within;
use crate::stream::effort::Effort;
use crate::stream::part::Role;

impl Stream {
    /// Takes a step of the brown-out ladder where one is due.
    pub(super) fn judge(&mut self) {
        if !self.config.brown_out {
            return;
        }
        let before = self.effort.settings(&self.config.restore);
        let Some(step) = self.effort.observe(&self.joints.core.figures) else {
            return;
        };
        let (name, from, to) = (&self.config.name, step.from.name(), step.to.name());
        let reason = step.reason.to_string();
        if step.to > step.from {
            tracing::warn!(stream = name, from, to, reason, "restores less");
        } else {
            tracing::info!(stream = name, from, to, reason, "restores more");
        }
        let settings = self.effort.settings(&self.config.restore);
        if settings.model_file != before.model_file {
            return self.rebuild_restorer();
        }
        let restorer = self
            .part(Role::Restorer)
            .and_then(|part| part.held.as_ref());
        if let Some(held) = restorer {
            change_within(held.pipeline(), &settings);
        }
    }

    /// Restores with other settings from now on, and begins with all of them.
    pub(super) fn restore_with(&mut self, restore: Restore) {
        tracing::info!(
            stream = self.config.name,
            "other settings of the restoration"
        );
        self.effort = Effort::new(&restore);
        self.config.restore = restore;
        self.rebuild_restorer();
    }

    fn rebuild_restorer(&mut self) {
        let part = self
            .parts
            .iter_mut()
            .find(|part| part.role == Role::Restorer);
        let held = part.and_then(|part| part.held.take());
        self.discard(Role::Restorer, held);
    }

    /// Stops everything: the source first, so that what is on its way can come out.
    pub(super) async fn stop(&mut self) {
        for part in self.parts.iter_mut().rev() {
            let Some(held) = part.held.take() else {
                continue;
            };
            self.joints.disconnect(part.role, true);
            let stopping = match part.role {
                Role::Recording(_) | Role::Untouched(_) | Role::Viewer(_) => held.drain(),
                Role::Camera | Role::Restorer | Role::Encoder(_) => held.discard(),
            };
            self.leaving.add(part.role, stopping);
        }
        while !self.leaving.is_empty() {
            self.reap();
            tokio::time::sleep(LOOK).await;
        }
    }
}

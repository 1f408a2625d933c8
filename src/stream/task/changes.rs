//! What changes while a stream runs: its effort, its settings, and that it ends.

use super::{LOOK, Stream};
use crate::config::Restore;
use crate::stream::effort;
use crate::stream::part::Role;
use crate::supervise::ladder::Step;

impl Stream {
    /// Takes a step of the ladder.
    pub(super) fn step(&mut self, step: Step) {
        let (from, to, reason) = (step.from.name(), step.to.name(), step.reason);
        tracing::warn!(stream = self.config.name, from, to, %reason, "another effort");
        let (before, after) = (
            effort::on_rung(&self.config, step.from),
            effort::on_rung(&self.config, step.to),
        );
        if before.model_file != after.model_file {
            self.rebuild_restorer();
        } else if let Some(element) = self.joints.core.element() {
            effort::apply(&element, &after, step.to);
        }
    }

    pub(super) fn restore_with(&mut self, restore: Restore) {
        tracing::info!(
            stream = self.config.name,
            "other settings of the restoration"
        );
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

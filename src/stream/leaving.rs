//! Pipelines on their way down: waited for without waiting, and left behind when they hang.

use super::figures::Figures;
use super::part::Role;
use crate::pipeline::live::Stopping;
use std::time::Duration;

/// How long a pipeline may take to stop.
const STOP: Duration = Duration::from_secs(10);

/// The pipelines of a stream that were told to stop.
#[derive(Default)]
pub(crate) struct Leaving(Vec<(Role, Stopping)>);

impl Leaving {
    /// One more.
    pub(crate) fn add(&mut self, role: Role, stopping: Stopping) {
        self.0.push((role, stopping));
    }

    /// Whether all have stopped or were left behind.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets those that have stopped, and leaves those behind that do not.
    pub(crate) fn reap(&mut self, stream: &str, figures: &Figures) {
        self.0.retain(|(role, stopping)| {
            let is_done = stopping.is_done();
            let is_lost = !is_done && stopping.age() > STOP;
            if is_lost {
                figures.abandoned.add();
                let part = role.name();
                tracing::error!(stream, part, "does not stop and is left behind");
            }
            !is_done && !is_lost
        });
    }
}

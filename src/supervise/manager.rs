//! The service manager: systemd's `Type=notify` protocol. Without systemd nothing happens.

use crate::failure::Failure;
use sd_notify::NotifyState;

/// What starts, watches and stops this process.
pub(crate) struct Manager {
    is_watching: bool,
}

impl Manager {
    /// The manager that has started this process, if any.
    pub(crate) fn new() -> Self {
        Self {
            is_watching: sd_notify::watchdog_enabled().is_some(),
        }
    }

    /// The streams run.
    pub(crate) fn ready(&self) {
        tell(&[NotifyState::Ready]);
    }

    /// The main task still goes round. Call it more often than the unit's `WatchdogSec`.
    pub(crate) fn alive(&self) {
        if self.is_watching {
            tell(&[NotifyState::Watchdog]);
        }
    }

    /// The file is read again; [`Manager::ready`] follows.
    pub(crate) fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(time) => tell(&[NotifyState::Reloading, time]),
            Err(error) => tracing::debug!(%error, "no monotonic clock"),
        }
    }

    /// Recordings are being finished.
    pub(crate) fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "the service manager cannot be told");
    }
}

/// The error for a second signal: whoever sent it does not want to wait for recordings.
pub(crate) fn hurried(signal: u8) -> anyhow::Error {
    let message = "stopped before recordings were finished".into();
    Failure::Interrupted { message, signal }.into()
}

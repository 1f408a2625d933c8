//! Frames that the network failed on: how many in a row, and how loudly to say so.

use std::time::{Duration, Instant};

/// What to make of a failed frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The last warning was a moment ago.
    Log,
    Warn,
    /// Too many in a row.
    GiveUp,
}

/// Frames in a row that may fail before the stream is given up.
const MAX_FAILURES: u32 = 10;
/// Warnings about failing frames come no closer than this.
const WARNING_INTERVAL: Duration = Duration::from_secs(5);

/// Failures in a row.
#[derive(Debug, Default)]
pub(super) struct Failures {
    count: u32,
    last_warning: Option<Instant>,
}

impl Failures {
    pub(super) fn count(&mut self) -> Notice {
        self.count += 1;
        let is_recent = self
            .last_warning
            .is_some_and(|last| last.elapsed() < WARNING_INTERVAL);
        if self.count >= MAX_FAILURES {
            Notice::GiveUp
        } else if is_recent {
            Notice::Log
        } else {
            self.last_warning = Some(Instant::now());
            Notice::Warn
        }
    }

    /// A frame went well.
    pub(super) fn end(&mut self) {
        self.count = 0;
    }
}

//! Coded frames into an `appsrc` that may not keep up: it loses frames up to a key frame, and nobody waits.

use super::Unit;
use gst::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Coded frames that may wait; more of them mean that nobody takes any.
const QUEUE: u64 = 30;
/// "No time yet."
const UNSET: u64 = u64::MAX;

/// What time zero of the receiving pipeline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The first frame: a file starts at zero.
    First,
    /// The pipeline's start on the common clock: a mount shows a frame when it is due.
    Clock,
}

/// What became of a coded frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is in.
    Yes,
    /// The pipeline takes no frames just now.
    Lost,
    /// The next frame that can be taken is a key frame.
    NeedsKey,
}

/// A way into a pipeline for coded frames.
pub(crate) struct Feed {
    entry: gst_app::AppSrc,
    origin: Origin,
    first: AtomicU64,
    wants_key: AtomicBool,
}

impl Feed {
    /// A way in through `entry`.
    pub(crate) fn new(entry: gst_app::AppSrc, origin: Origin) -> Self {
        entry.set_format(gst::Format::Time);
        entry.set_max_buffers(0);
        entry.set_max_bytes(0);
        Self {
            entry,
            origin,
            first: AtomicU64::new(UNSET),
            wants_key: AtomicBool::new(true),
        }
    }

    /// Puts a coded frame in, or loses it.
    pub(crate) fn put(&self, unit: &Unit) -> Taken {
        if self.entry.current_level_buffers() >= QUEUE {
            // Whoever takes frames again shall not have to wait through the old ones' successors.
            self.wants_key.store(true, Ordering::Relaxed);
            return Taken::Lost;
        }
        if self.wants_key.load(Ordering::Relaxed) && !unit.is_key {
            return Taken::NeedsKey;
        }
        let Some(time) = self.time(unit.time) else {
            return Taken::NeedsKey;
        };
        self.wants_key.store(false, Ordering::Relaxed);
        let mut buffer = unit.buffer.copy();
        {
            let buffer = buffer.make_mut();
            buffer.set_pts(time);
            buffer.set_dts(unit.has_dts.then_some(time));
        }
        let sample = gst::Sample::builder()
            .buffer(&buffer)
            .caps(&unit.caps)
            .build();
        if self.entry.push_sample(&sample).is_err() {
            // Not up yet, or on its way down.
            self.wants_key.store(true, Ordering::Relaxed);
            self.first.store(UNSET, Ordering::Relaxed);
            return Taken::NeedsKey;
        }
        Taken::Yes
    }

    /// Ends the stream of frames.
    pub(crate) fn end(&self) {
        let _ = self.entry.end_of_stream();
    }

    fn time(&self, time: u64) -> Option<gst::ClockTime> {
        let origin = match self.origin {
            Origin::First => {
                let first =
                    self.first
                        .compare_exchange(UNSET, time, Ordering::Relaxed, Ordering::Relaxed);
                first.err().unwrap_or(time)
            }
            Origin::Clock => self
                .entry
                .base_time()
                .filter(|base| !base.is_zero())?
                .nseconds(),
        };
        // A frame captured before the pipeline started is due at once.
        Some(gst::ClockTime::from_nseconds(time.saturating_sub(origin)))
    }
}

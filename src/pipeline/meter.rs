//! Counts what flows, for the progress bar and for telling a whole input from a truncated one.

use gst::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What has flowed so far. Times are running times in nanoseconds.
#[derive(Clone, Default)]
pub struct Meter(Arc<Counters>);

#[derive(Default)]
struct Counters {
    frames: AtomicU64,
    position: AtomicU64,
    read_to: AtomicU64,
}

impl Meter {
    /// Frames that the restoration has given to the encoder.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.0.frames.load(Ordering::Relaxed)
    }

    /// The time of the latest of these frames.
    #[must_use]
    pub fn position(&self) -> gst::ClockTime {
        gst::ClockTime::from_nseconds(self.0.position.load(Ordering::Relaxed))
    }

    /// The end of the latest buffer of any stream of the input.
    #[must_use]
    pub fn read_to(&self) -> gst::ClockTime {
        gst::ClockTime::from_nseconds(self.0.read_to.load(Ordering::Relaxed))
    }

    /// Counts the frames that pass `pad`.
    pub(super) fn count_frames(&self, pad: &gst::Pad) {
        let counters = Arc::clone(&self.0);
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            counters.frames.fetch_add(1, Ordering::Relaxed);
            if let Some(time) = info.buffer().and_then(|buffer| end_of(pad, buffer)) {
                counters.position.fetch_max(time, Ordering::Relaxed);
            }
            gst::PadProbeReturn::Ok
        });
    }

    /// Notes how far the input has been read on `pad`.
    pub(super) fn count_input(&self, pad: &gst::Pad) {
        let counters = Arc::clone(&self.0);
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            if let Some(time) = info.buffer().and_then(|buffer| end_of(pad, buffer)) {
                counters.read_to.fetch_max(time, Ordering::Relaxed);
            }
            gst::PadProbeReturn::Ok
        });
    }
}

/// The running time at which `buffer` ends on `pad`.
fn end_of(pad: &gst::Pad, buffer: &gst::BufferRef) -> Option<u64> {
    let end = buffer.pts()? + buffer.duration().unwrap_or_default();
    let segment = pad.sticky_event::<gst::event::Segment>(0)?;
    let segment = segment.segment().downcast_ref::<gst::ClockTime>()?;
    let end = segment.stop().map_or(end, |stop| end.min(stop));
    Some(segment.to_running_time(end)?.nseconds())
}

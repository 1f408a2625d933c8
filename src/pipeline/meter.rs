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
    coded: AtomicU64,
    decoded: AtomicU64,
    reads: AtomicU64,
    streams: AtomicU64,
    videos: AtomicU64,
    writes: AtomicU64,
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

    /// Coded frames that gave no picture, as far as that can be told.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let coded = self.0.coded.load(Ordering::Relaxed);
        coded.saturating_sub(self.0.decoded.load(Ordering::Relaxed))
    }

    /// Counts the coded frames that pass `pad`, if each buffer is one that gives one picture: so it is in
    /// MP4 and Matroska with H.264 and H.265, while others hold half frames or hidden ones.
    pub(super) fn count_coded(&self, pad: &gst::Pad, caps: &gst::CapsRef) {
        let format = caps
            .structure(0)
            .and_then(|s| s.get::<&str>("stream-format").ok());
        if !matches!(format, Some("avc" | "avc3" | "hvc1" | "hev1")) {
            return;
        }
        let counters = Arc::clone(&self.0);
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            let shown = info.buffer().is_some_and(|buffer| {
                end_of(pad, buffer).is_some()
                    && !buffer.flags().contains(gst::BufferFlags::DECODE_ONLY)
            });
            counters
                .coded
                .fetch_add(u64::from(shown), Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        });
    }

    /// Counts the pictures that the decoder gives on `pad`.
    pub(super) fn count_decoded(&self, pad: &gst::Pad) {
        let counters = Arc::clone(&self.0);
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            counters.decoded.fetch_add(1, Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        });
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

    /// Reads of the input's file so far.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.0.reads.load(Ordering::Relaxed)
    }

    /// Writes to the output's file so far.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.0.writes.load(Ordering::Relaxed)
    }

    /// Counts the writes to the file behind `pad`.
    pub(super) fn count_writes(&self, pad: &gst::Pad) {
        let counters = Arc::clone(&self.0);
        let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
        pad.add_probe(kinds, move |_, _| {
            counters.writes.fetch_add(1, Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        });
    }

    /// Streams found in the input so far.
    #[must_use]
    pub fn streams(&self) -> u64 {
        self.0.streams.load(Ordering::Relaxed)
    }

    /// Whether one of them is the video.
    #[must_use]
    pub fn has_video(&self) -> bool {
        self.0.videos.load(Ordering::Relaxed) > 0
    }

    /// Notes that the video was found.
    pub(super) fn found_video(&self) {
        self.0.videos.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts the reads that the file behind `pad` answers.
    pub(super) fn count_reads(&self, pad: &gst::Pad) {
        let counters = Arc::clone(&self.0);
        let kinds = gst::PadProbeType::PULL | gst::PadProbeType::PUSH | gst::PadProbeType::BUFFER;
        pad.add_probe(kinds, move |_, _| {
            counters.reads.fetch_add(1, Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        });
    }

    /// Notes how far the input has been read on `pad`.
    pub(super) fn count_input(&self, pad: &gst::Pad) {
        let counters = Arc::clone(&self.0);
        counters.streams.fetch_add(1, Ordering::Relaxed);
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            if let Some(time) = info.buffer().and_then(|buffer| end_of(pad, buffer)) {
                counters.read_to.fetch_max(time, Ordering::Relaxed);
            }
            gst::PadProbeReturn::Ok
        });
    }
}

/// The running time at which `buffer` starts on `pad`, in nanoseconds.
pub(super) fn start_of(pad: &gst::Pad, buffer: &gst::BufferRef) -> Option<u64> {
    let segment = pad.sticky_event::<gst::event::Segment>(0)?;
    let segment = segment.segment().downcast_ref::<gst::ClockTime>()?;
    Some(segment.to_running_time(buffer.pts()?)?.nseconds())
}

/// The running time at which `buffer` ends on `pad`, in nanoseconds.
pub(super) fn end_of(pad: &gst::Pad, buffer: &gst::BufferRef) -> Option<u64> {
    let end = buffer.pts()? + buffer.duration().unwrap_or_default();
    let segment = pad.sticky_event::<gst::event::Segment>(0)?;
    let segment = segment.segment().downcast_ref::<gst::ClockTime>()?;
    let end = segment.stop().map_or(end, |stop| end.min(stop));
    Some(segment.to_running_time(end)?.nseconds())
}

//! Ends a running file early, so that what was written so far becomes a whole file.
//!
//! The video is ended at once, behind its decoder, since that may be what has failed; audio and subtitles
//! go on until they have reached the last frame, so that all end together.

use super::meter::{end_of, start_of};
use gst::prelude::*;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The places where a running file can be ended.
#[derive(Clone, Default)]
pub struct Gate(Arc<Inner>);

/// Everything passes.
const OPEN: u8 = 0;
/// No video passes, all else up to the last frame.
const CLOSING: u8 = 1;
/// Nothing passes.
const CLOSED: u8 = 2;

#[derive(Default)]
struct Inner {
    state: AtomicU8,
    /// The end of the last frame that has passed, in nanoseconds of running time.
    last_frame: AtomicU64,
    video: Mutex<Vec<gst::Pad>>,
    others: Mutex<Vec<gst::Pad>>,
}

impl Gate {
    /// Makes the link behind `source`, where frames pass, one that can be ended.
    pub(super) fn watch_video(&self, source: &gst::Pad) {
        let inner = Arc::clone(&self.0);
        source.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            if inner.state.load(Ordering::Acquire) != OPEN {
                return refuse(info);
            }
            if let Some(end) = info.buffer().and_then(|frame| end_of(pad, frame)) {
                inner.last_frame.fetch_max(end, Ordering::AcqRel);
            }
            gst::PadProbeReturn::Ok
        });
        add(&self.0.video, source);
        if self.0.state.load(Ordering::Acquire) != OPEN {
            end(source.clone());
        }
    }

    /// Makes the link behind `source`, where anything else passes, one that can be ended.
    pub(super) fn watch_other(&self, source: &gst::Pad) {
        let inner = Arc::clone(&self.0);
        source.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            let start = info.buffer().and_then(|buffer| start_of(pad, buffer));
            let is_due = match inner.state.load(Ordering::Acquire) {
                OPEN => false,
                CLOSING => {
                    start.is_none_or(|start| start >= inner.last_frame.load(Ordering::Acquire))
                }
                _ => true,
            };
            if !is_due {
                return gst::PadProbeReturn::Ok;
            }
            end(pad.clone());
            refuse(info)
        });
        add(&self.0.others, source);
        if self.0.state.load(Ordering::Acquire) == CLOSED {
            end(source.clone());
        }
    }

    /// Ends the video now and all else where the video ends. Returns at once; the end travels behind the
    /// frames that are on their way.
    pub fn close(&self) {
        if self.0.state.swap(CLOSING, Ordering::AcqRel) == OPEN {
            end_all(&self.0.video);
        }
    }

    /// Ends also what has not yet reached the end of the video.
    pub fn shut(&self) {
        if self.0.state.swap(CLOSED, Ordering::AcqRel) != CLOSED {
            end_all(&self.0.video);
            end_all(&self.0.others);
        }
    }
}

fn add(pads: &Mutex<Vec<gst::Pad>>, pad: &gst::Pad) {
    let mut pads = pads.lock().unwrap_or_else(PoisonError::into_inner);
    pads.push(pad.clone());
}

fn end_all(pads: &Mutex<Vec<gst::Pad>>) {
    let pads = pads.lock().unwrap_or_else(PoisonError::into_inner);
    pads.iter().cloned().for_each(end);
}

fn refuse(info: &mut gst::PadProbeInfo) -> gst::PadProbeReturn {
    info.flow_res = Err(gst::FlowError::Eos);
    gst::PadProbeReturn::Handled
}

/// Sends the end of stream over a pad's link. It waits for the buffer that is on that link, hence a
/// thread.
fn end(source: gst::Pad) {
    std::thread::spawn(move || {
        if let Some(sink) = source.peer() {
            sink.send_event(gst::event::Eos::new());
        }
    });
}

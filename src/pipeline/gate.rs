//! Ends a running file early, so that what was written so far becomes a whole file.
//!
//! The end of stream is put in behind the demuxer and behind the decoder, since either may be the one
//! that has failed.

use gst::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The places where a running file can be ended.
#[derive(Clone, Default)]
pub struct Gate(Arc<Inner>);

#[derive(Default)]
struct Inner {
    closed: AtomicBool,
    pads: Mutex<Vec<gst::Pad>>,
}

impl Gate {
    /// Makes the link behind `source` one that can be ended.
    pub(super) fn watch(&self, source: &gst::Pad) {
        let inner = Arc::clone(&self.0);
        source.add_probe(
            gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST,
            move |_, info| {
                if !inner.closed.load(Ordering::Acquire) {
                    return gst::PadProbeReturn::Ok;
                }
                info.flow_res = Err(gst::FlowError::Eos);
                gst::PadProbeReturn::Handled
            },
        );
        let mut pads = self.0.pads.lock().unwrap_or_else(PoisonError::into_inner);
        pads.push(source.clone());
        if self.0.closed.load(Ordering::Acquire) {
            end(source.clone());
        }
    }

    /// Ends every stream. Returns at once; the end travels behind the frames that are on their way.
    pub fn close(&self) {
        if self.0.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        let pads = self.0.pads.lock().unwrap_or_else(PoisonError::into_inner);
        pads.iter().cloned().for_each(end);
    }
}

/// Sends the end of stream over a pad's link. It waits for the frame that is on that link, hence a
/// thread.
fn end(source: gst::Pad) {
    std::thread::spawn(move || {
        if let Some(sink) = source.peer() {
            sink.send_event(gst::event::Eos::new());
        }
    });
}

//! What has to be known of an output's track when the file is done.

use super::mp4::{Edit, Headers};
use super::rotation::Turn;
use gst::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// Watches one track on its way to the muxer.
#[derive(Clone, Default)]
pub(super) struct Track(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    segment: gst::FormattedSegment<gst::ClockTime>,
    hidden: Option<Edit>,
    turn: Option<Turn>,
    first: Option<gst::ClockTime>,
    end: gst::ClockTime,
}

impl Track {
    /// Watches what passes `pad`. `hidden` is the edit list that the demuxer was not shown.
    pub(super) fn watch(&self, pad: &gst::Pad, hidden: Option<Edit>) {
        let seen = Arc::clone(&self.0);
        seen.lock().unwrap_or_else(PoisonError::into_inner).hidden = hidden;
        let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM;
        pad.add_probe(kinds, move |_, info| {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(buffer) = info.buffer() {
                seen.buffer(buffer);
            } else if let Some(event) = info.event() {
                seen.event(event);
            }
            gst::PadProbeReturn::Ok
        });
    }

    /// What the track's headers have to say.
    pub(super) fn headers(&self) -> Headers {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = seen.first.unwrap_or_default();
        let whole = seen.end.saturating_sub(start).nseconds();
        let edit = match seen.hidden {
            None => Edit {
                lead_in: 0,
                duration: whole,
            },
            Some(hidden) => Edit {
                lead_in: hidden.lead_in,
                duration: hidden.duration.min(whole.saturating_sub(hidden.lead_in)),
            },
        };
        Headers {
            start: start.nseconds(),
            edit,
            turn: seen.turn,
        }
    }
}

impl Seen {
    fn event(&mut self, event: &gst::EventRef) {
        match event.view() {
            gst::EventView::Segment(event) => {
                if let Some(segment) = event.segment().downcast_ref::<gst::ClockTime>() {
                    self.segment = segment.clone();
                }
            }
            gst::EventView::Tag(event) if event.tag().scope() == gst::TagScope::Stream => {
                self.turn = Turn::of(event.tag());
            }
            _ => {}
        }
    }

    fn buffer(&mut self, buffer: &gst::BufferRef) {
        let Some(pts) = buffer.pts() else { return };
        let end = pts + buffer.duration().unwrap_or_default();
        let end = self.segment.stop().map_or(end, |stop| end.min(stop));
        if let Some(start) = self.segment.to_running_time(pts) {
            self.first = Some(self.first.map_or(start, |first| first.min(start)));
        }
        if let Some(end) = self.segment.to_running_time(end) {
            self.end = self.end.max(end);
        }
    }
}

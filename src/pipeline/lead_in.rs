//! Compressed audio that starts before it is shown.
//!
//! Codecs need some samples to get going: an MP4 file holds them and says in its edit list that they are
//! not shown. GStreamer's demuxer leaves out what the list does not show, and with it bytes that belong
//! to the audio. So where the output has an edit list too, the demuxer sees the input without that of its
//! audio, and longer by as much; the list is written into the output when that is done.

use super::mp4::{Change, Edit};
use gst::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// Shows whoever pulls a file through `pad` other bytes at some places.
pub(super) fn overlay(pad: &gst::Pad, changes: Vec<Change>) {
    if changes.is_empty() {
        return;
    }
    pad.add_probe(
        gst::PadProbeType::PULL | gst::PadProbeType::BUFFER,
        move |_, info| {
            if let Some(buffer) = info.buffer_mut() {
                for change in &changes {
                    apply(buffer, change);
                }
            }
            gst::PadProbeReturn::Ok
        },
    );
}

/// Changes what of a change's place lies in `buffer`.
fn apply(buffer: &mut gst::Buffer, change: &Change) {
    let (start, size) = (buffer.offset(), buffer.size() as u64);
    if start == u64::MAX || change.at + 4 <= start || start + size <= change.at {
        return;
    }
    let Ok(mut map) = buffer.make_mut().map_writable() else {
        return;
    };
    for (at, new) in (change.at..).zip(change.bytes) {
        let index = at
            .checked_sub(start)
            .and_then(|index| usize::try_from(index).ok());
        if let Some(byte) = index.and_then(|index| map.get_mut(index)) {
            *byte = new;
        }
    }
}

/// What has to be known of an output's track when the file is done.
#[derive(Clone, Default)]
pub(super) struct Track(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    segment: gst::FormattedSegment<gst::ClockTime>,
    hidden: Option<Edit>,
    first: Option<gst::ClockTime>,
    end: gst::ClockTime,
}

impl Track {
    /// Watches what passes `pad` on its way to the muxer. `hidden` is the edit list that the demuxer was
    /// not shown.
    pub(super) fn watch(&self, pad: &gst::Pad, hidden: Option<Edit>) {
        let seen = Arc::clone(&self.0);
        seen.lock().unwrap_or_else(PoisonError::into_inner).hidden = hidden;
        let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM;
        pad.add_probe(kinds, move |_, info| {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(buffer) = info.buffer() {
                seen.buffer(buffer);
            } else if let Some(gst::EventView::Segment(event)) =
                info.event().map(|event| event.view())
                && let Some(segment) = event.segment().downcast_ref::<gst::ClockTime>()
            {
                seen.segment = segment.clone();
            }
            gst::PadProbeReturn::Ok
        });
    }

    /// How much at the start is not shown, and how long the rest is.
    pub(super) fn edit(&self) -> Edit {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = seen
            .end
            .saturating_sub(seen.first.unwrap_or_default())
            .nseconds();
        match seen.hidden {
            None => Edit {
                lead_in: 0,
                duration: whole,
            },
            Some(hidden) => Edit {
                lead_in: hidden.lead_in,
                duration: hidden.duration.min(whole.saturating_sub(hidden.lead_in)),
            },
        }
    }
}

impl Seen {
    fn buffer(&mut self, buffer: &gst::Buffer) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_is_made_however_the_file_is_cut() {
        gst::init().unwrap();
        let file = b"....edts....";
        let change = Change {
            at: 4,
            bytes: *b"free",
        };
        for start in 0..file.len() {
            for end in start..=file.len() {
                let mut buffer = gst::Buffer::from_slice(file[start..end].to_vec());
                buffer.get_mut().unwrap().set_offset(start as u64);
                apply(&mut buffer, &change);
                let map = buffer.map_readable().unwrap();
                assert_eq!(
                    map.as_slice(),
                    &b"....free...."[start..end],
                    "{start}..{end}"
                );
            }
        }
    }
}

//! Compressed audio that starts before it is shown.
//!
//! Codecs need some samples to get going: an MP4 file holds them and says in its edit list that they are
//! not shown. GStreamer's demuxer leaves out what the list does not show, and with it bytes that belong
//! to the audio. So the demuxer sees the input without that of its audio, and longer by as much; the list
//! is written into the output when that is done.

use super::mp4::Change;
use gst::prelude::*;

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

/// Moves what passes `pad` earlier by `lead_in` nanoseconds, for a container without edit lists: what is
/// wholly before the start is dropped.
pub(super) fn cut(pad: &gst::Pad, lead_in: u64) {
    let lead_in = gst::ClockTime::from_nseconds(lead_in);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(buffer) = info.buffer_mut() else {
            return gst::PadProbeReturn::Ok;
        };
        let end = buffer
            .pts()
            .map(|pts| pts + buffer.duration().unwrap_or_default());
        // A nanosecond more for times that do not divide.
        if end.is_some_and(|end| end <= lead_in + gst::ClockTime::NSECOND) {
            return gst::PadProbeReturn::Drop;
        }
        let buffer = buffer.make_mut();
        let (pts, dts) = (buffer.pts(), buffer.dts());
        buffer.set_pts(pts.map(|pts| pts.saturating_sub(lead_in)));
        buffer.set_dts(dts.map(|dts| dts.saturating_sub(lead_in)));
        gst::PadProbeReturn::Ok
    });
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

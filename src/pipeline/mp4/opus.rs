//! Opus in MP4: GStreamer 1.22's muxer writes its header's numbers the wrong way round, and players skip
//! the first third of a second then.

use super::boxes::{child, entry_boxes};
use std::ops::Range;

/// Bytes of an audio sample entry's fixed fields.
const AUDIO: usize = 28;
/// The numbers in a `dOps` box: pre-skip, sample rate, gain.
const NUMBERS: [Range<usize>; 3] = [2..4, 4..8, 8..10];
/// No input of an Opus encoder has more samples per second.
const FASTEST: u32 = 768_000;

/// Turns the numbers of a track's Opus header round, if they are the wrong way.
pub(super) fn repair(moov: &mut [u8], track: Range<usize>) {
    let header = entry_boxes(moov, track, AUDIO).and_then(|boxes| child(moov, boxes, b"dOps"));
    let Some(header) = header.and_then(|header| moov.get_mut(header)) else {
        return;
    };
    let Some(Ok(rate)) = header.get(NUMBERS[1].clone()).map(<[u8; 4]>::try_from) else {
        return;
    };
    let is_wrong = u32::from_be_bytes(rate) > FASTEST && u32::from_le_bytes(rate) <= FASTEST;
    if is_wrong && header.len() >= NUMBERS[2].end {
        for number in NUMBERS {
            header[number].reverse();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::mp4::boxes::fixture::boxed;

    fn track(header: &[u8]) -> Vec<u8> {
        let entry = boxed(
            b"Opus",
            &[&[0; AUDIO][..], &boxed(b"dOps", header)].concat(),
        );
        let entries = boxed(b"stsd", &[&[0; 8][..], &entry].concat());
        boxed(b"mdia", &boxed(b"minf", &boxed(b"stbl", &entries)))
    }

    #[test]
    fn only_numbers_the_wrong_way_round_are_turned() {
        // Version 0, two channels, 312 samples to skip, 48 kHz, no gain, mapping family 0.
        let right = track(&[0, 2, 1, 0x38, 0, 0, 0xbb, 0x80, 0, 0, 0]);
        let wrong = track(&[0, 2, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0]);
        for before in [&right, &wrong] {
            let mut after = before.clone();
            let whole = 0..after.len();
            repair(&mut after, whole);
            assert_eq!(after, right);
        }
        let mut short = track(&[0, 2, 0x38]);
        let whole = 0..short.len();
        repair(&mut short, whole);
        assert_eq!(short, track(&[0, 2, 0x38]));
    }
}

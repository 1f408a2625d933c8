//! Times and rotation of a finished file's tracks, put right in place.

use super::boxes::{child, children, put, read_moov, timescale, track_scale, u32_at};
use super::opus;
use crate::pipeline::rotation::Turn;
use std::fs::OpenOptions;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

/// What of a track is shown, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) struct Edit {
    /// How much at the track's start is decoded but not shown, beyond what the muxer has noted itself.
    pub(in crate::pipeline) lead_in: u64,
    /// How long the rest is shown.
    pub(in crate::pipeline) duration: u64,
}

/// What a track's headers have to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) struct Headers {
    /// When the track starts to be shown, in nanoseconds.
    pub(in crate::pipeline) start: u64,
    /// What of it is shown.
    pub(in crate::pipeline) edit: Edit,
    /// How its picture has to be turned.
    pub(in crate::pipeline) turn: Option<Turn>,
}

/// Writes the headers of each track into a finished file, in the order of its tracks.
///
/// # Errors
///
/// The file cannot be read or written, or is not as GStreamer's muxer writes it.
pub(in crate::pipeline) fn set_headers(path: &Path, headers: &[Headers]) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let (offset, mut moov) = read_moov(&mut file)?.ok_or_else(unusual)?;
    let before = moov.len();
    rewrite(&mut moov, headers).ok_or_else(unusual)?;
    if moov.len() != before {
        // It can grow where no media follows, which would move, and its size stands before its content.
        file.seek(SeekFrom::Start(offset + before as u64))?;
        let mut rest = Vec::new();
        file.read_to_end(&mut rest)?;
        let size = u32::try_from(moov.len() + 8).map_err(|_| unusual())?;
        if child(&rest, 0..rest.len(), b"mdat").is_some() {
            return Err(unusual());
        }
        file.seek(SeekFrom::Start(offset - 8))?;
        file.write_all(&size.to_be_bytes())?;
        moov.append(&mut rest);
    }
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(&moov)
}

fn unusual() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "its index is not as expected")
}

fn rewrite(moov: &mut Vec<u8>, headers: &[Headers]) -> Option<()> {
    let movie = child(moov, 0..moov.len(), b"mvhd")?;
    let movie_scale = timescale(moov, movie.clone())?;
    let count = children(moov, 0..moov.len(), b"trak").len();
    if count != headers.len() || *moov.get(movie.start)? != 0 {
        return None;
    }
    let mut longest = 0;
    for (index, headers) in headers.iter().enumerate() {
        let mut track = nth_track(moov, index)?;
        let has_gap = list_entries(moov, track.clone())? > 1;
        if ticks(headers.start, movie_scale)? > 0 && !has_gap {
            insert_gap(moov, track)?;
            track = nth_track(moov, index)?;
        }
        let end = rewrite_list(moov, track.clone(), movie_scale, headers)?;
        opus::repair(moov, track.clone());
        rewrite_header(moov, track, end, headers.turn)?;
        longest = longest.max(end);
    }
    put(moov, movie.start + 16, longest)
}

fn nth_track(moov: &[u8], index: usize) -> Option<Range<usize>> {
    children(moov, 0..moov.len(), b"trak")
        .into_iter()
        .nth(index)
}

/// Rewrites how long a track is and how its picture has to be turned.
fn rewrite_header(
    moov: &mut [u8],
    track: Range<usize>,
    end: u32,
    turn: Option<Turn>,
) -> Option<()> {
    let header = child(moov, track, b"tkhd")?;
    if *moov.get(header.start)? != 0 {
        return None; // The 64-bit version, which the muxer does not write.
    }
    put(moov, header.start + 20, end)?;
    if let Some(turn) = turn {
        let size = |at| Some(u32_at(moov, header.start + at)? >> 16);
        let matrix = turn.matrix(size(76)?, size(80)?);
        for (index, value) in matrix.into_iter().enumerate() {
            put(moov, header.start + 40 + index * 4, value)?;
        }
    }
    Some(())
}

/// A track's edit list, if it is of the 32-bit version.
fn list(moov: &[u8], track: Range<usize>) -> Option<Range<usize>> {
    let list = child(moov, child(moov, track, b"edts")?, b"elst")?;
    (*moov.get(list.start)? == 0).then_some(list)
}

fn list_entries(moov: &[u8], track: Range<usize>) -> Option<usize> {
    let list = list(moov, track)?;
    usize::try_from(u32_at(moov, list.start + 4)?).ok()
}

/// Puts an empty first entry into a track's edit list: the muxer notes no gap that is shorter than its
/// reordering delay.
fn insert_gap(moov: &mut Vec<u8>, track: Range<usize>) -> Option<()> {
    const EMPTY: [u32; 3] = [0, u32::MAX, 1 << 16];
    let edits = child(moov, track.clone(), b"edts")?;
    let list = list(moov, track.clone())?;
    let entries = u32_at(moov, list.start + 4)?;
    put(moov, list.start + 4, entries.checked_add(1)?)?;
    for content in [track.start, edits.start, list.start] {
        let size = u32_at(moov, content - 8)?;
        put(moov, content - 8, size.checked_add(12)?)?;
    }
    let at = list.start + 8;
    moov.splice(at..at, EMPTY.into_iter().flat_map(u32::to_be_bytes));
    Some(())
}

/// Rewrites a track's edit list; gives the time at which the track ends, in the movie's ticks.
fn rewrite_list(
    moov: &mut [u8],
    track: Range<usize>,
    movie_scale: u32,
    headers: &Headers,
) -> Option<u32> {
    let media_scale = track_scale(moov, track.clone())?;
    let entries = list_entries(moov, track.clone())?;
    // A gap before the track is an entry of its own; what is shown is the last one.
    let entry = list(moov, track)?.start + 8 + entries.checked_sub(1)? * 12;
    let shown = ticks_up(headers.edit.duration, movie_scale)?;
    let start = ticks(headers.start, movie_scale)?;
    let lead_in = ticks(headers.edit.lead_in, media_scale)?;
    let from = u32_at(moov, entry + 4)?.checked_add(lead_in)?;
    if entries > 1 {
        put(moov, entry - 12, start)?;
    }
    put(moov, entry, shown)?;
    put(moov, entry + 4, from)?;
    start.checked_add(shown)
}

/// Nanoseconds as ticks, to the nearest.
fn ticks(time: u64, scale: u32) -> Option<u32> {
    let exact = u128::from(time) * u128::from(scale);
    u32::try_from((exact + 500_000_000) / 1_000_000_000).ok()
}

/// Nanoseconds as ticks, up unless the rest is what nanoseconds cannot tell: a list that ends within a
/// frame would hide it.
fn ticks_up(time: u64, scale: u32) -> Option<u32> {
    let exact = u128::from(time.saturating_sub(1)) * u128::from(scale);
    u32::try_from(exact.div_ceil(1_000_000_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::mp4::boxes::fixture::{boxed, file, words};

    fn edited(before: &[u8], start: u64, edit: Edit) -> io::Result<Vec<u8>> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), before)?;
        let headers = Headers {
            start,
            edit,
            turn: None,
        };
        set_headers(file.path(), &[headers])?;
        std::fs::read(file.path())
    }

    #[test]
    fn edit_is_written_in_place() {
        let second = 1_000_000_000;
        let edit = Edit {
            lead_in: second / 100,
            duration: 4 * second,
        };
        let after = edited(&file(b"soun", 48_000, &[4033, 9600, 1 << 16]), 0, edit).unwrap();
        let mut expected = file(b"soun", 48_000, &[4000, 9600 + 480, 1 << 16]);
        for (name, offset) in [(b"tkhd", 24), (b"mvhd", 20)] {
            let at = expected.windows(4).position(|w| w == name).unwrap();
            put(&mut expected, at + offset, 4000).unwrap();
        }
        assert_eq!(after, expected);
    }

    #[test]
    fn gap_before_a_track_stays_and_counts() {
        let edit = Edit {
            lead_in: 0,
            duration: 1_000_000_000,
        };
        let before = file(b"vide", 1000, &[180, u32::MAX, 1 << 16, 999, 0, 1 << 16]);
        let after = edited(&before, 250_000_000, edit).unwrap();
        let at = after.windows(4).position(|w| w == b"elst").unwrap();
        assert_eq!(
            after[at + 12..at + 32],
            words(&[250, u32::MAX, 1 << 16, 1000, 0])[..]
        );
        let at = after.windows(4).position(|w| w == b"mvhd").unwrap();
        assert_eq!(u32_at(&after, at + 20), Some(1250));
    }

    #[test]
    fn gap_that_the_muxer_left_out_is_put_in() {
        let edit = Edit {
            lead_in: 0,
            duration: 1_000_000_000,
        };
        let after = edited(&file(b"vide", 1000, &[999, 66, 1 << 16]), 3_000_000, edit).unwrap();
        let both = [3, u32::MAX, 1 << 16, 1000, 66, 1 << 16];
        let mut expected = file(b"vide", 1000, &both);
        for (name, offset) in [(b"tkhd", 24), (b"mvhd", 20)] {
            let at = expected.windows(4).position(|w| w == name).unwrap();
            put(&mut expected, at + offset, 1003).unwrap();
        }
        assert_eq!(after, expected);
    }

    #[test]
    fn unexpected_file_is_refused_and_left_alone() {
        let edit = Edit {
            lead_in: 0,
            duration: 1,
        };
        for strange in [
            &b"text"[..],
            &file(b"vide", 1000, &[]),
            &boxed(b"moov", &[0; 40]),
        ] {
            assert!(edited(strange, 0, edit).is_err());
        }
    }
}

//! The edit list of a finished file, put right in place.

use super::boxes::{child, children, put, read_moov, timescale, track_scale, u32_at};
use std::fs::OpenOptions;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// What of a track is shown, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) struct Edit {
    /// How much at the track's start is decoded but not shown, beyond what the muxer has noted itself.
    pub(in crate::pipeline) lead_in: u64,
    /// How long the rest is shown.
    pub(in crate::pipeline) duration: u64,
}

/// Writes what is shown of each track into a finished file, in the order of its tracks.
///
/// # Errors
///
/// The file cannot be read or written, or is not as GStreamer's muxer writes it.
pub(in crate::pipeline) fn set_edits(path: &Path, edits: &[Edit]) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let (offset, mut moov) = read_moov(&mut file)?.ok_or_else(unusual)?;
    rewrite(&mut moov, edits).ok_or_else(unusual)?;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(&moov)
}

fn unusual() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "its index is not as expected")
}

fn rewrite(moov: &mut [u8], edits: &[Edit]) -> Option<()> {
    let movie = child(moov, 0..moov.len(), b"mvhd")?;
    let movie_scale = timescale(moov, movie.clone())?;
    let tracks = children(moov, 0..moov.len(), b"trak");
    if tracks.len() != edits.len() {
        return None;
    }
    let mut longest = 0;
    for (track, edit) in tracks.into_iter().zip(edits) {
        let media_scale = track_scale(moov, track.clone())?;
        let list = child(moov, child(moov, track.clone(), b"edts")?, b"elst")?;
        let header = child(moov, track, b"tkhd")?;
        if moov.get(list.start)? | moov.get(header.start)? | moov.get(movie.start)? != 0 {
            return None; // 64-bit versions, which the muxer does not write.
        }
        let entries = usize::try_from(u32_at(moov, list.start + 4)?).ok()?;
        // A gap before the track is an entry of its own; what is shown is the last one.
        let entry = list.start + 8 + entries.checked_sub(1)? * 12;
        let gap = if entries > 1 {
            u32_at(moov, entry - 12)?
        } else {
            0
        };
        let shown = ticks_up(edit.duration, movie_scale)?;
        let from = u32_at(moov, entry + 4)?.checked_add(ticks(edit.lead_in, media_scale)?)?;
        put(moov, entry, shown)?;
        put(moov, entry + 4, from)?;
        let whole = gap.checked_add(shown)?;
        put(moov, header.start + 20, whole)?;
        longest = longest.max(whole);
    }
    put(moov, movie.start + 16, longest)
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

    fn edited(before: &[u8], edit: Edit) -> io::Result<Vec<u8>> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), before)?;
        set_edits(file.path(), &[edit])?;
        std::fs::read(file.path())
    }

    #[test]
    fn edit_is_written_in_place() {
        let second = 1_000_000_000;
        let edit = Edit {
            lead_in: second / 100,
            duration: 4 * second,
        };
        let after = edited(&file(b"soun", 48_000, &[4033, 9600, 1 << 16]), edit).unwrap();
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
        let before = file(b"vide", 1000, &[250, u32::MAX, 1 << 16, 999, 0, 1 << 16]);
        let after = edited(&before, edit).unwrap();
        let at = after.windows(4).position(|w| w == b"elst").unwrap();
        assert_eq!(
            after[at + 12..at + 32],
            words(&[250, u32::MAX, 1 << 16, 1000, 0])[..]
        );
        let at = after.windows(4).position(|w| w == b"mvhd").unwrap();
        assert_eq!(u32_at(&after, at + 20), Some(1250));
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
            assert!(edited(strange, edit).is_err());
        }
    }
}

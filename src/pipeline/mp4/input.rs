//! What an input says.

use super::Edit;
use super::boxes::{
    child, children, entry_boxes, is_kind, read_moov, timescale, track_scale, u32_at,
};
use std::fs::File;
use std::ops::Range;
use std::path::Path;

/// Four bytes to be read otherwise than the file has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) struct Change {
    /// Where in the file they stand.
    pub(in crate::pipeline) at: u64,
    /// What they shall be.
    pub(in crate::pipeline) bytes: [u8; 4],
}

/// The audio tracks' edit lists.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct AudioEdits {
    /// Track numbers and what is shown of them.
    pub(in crate::pipeline) edits: Vec<(u32, Edit)>,
    /// How to read the file as if it had none.
    pub(in crate::pipeline) without: Vec<Change>,
}

/// Ticks per second of the first video track of an MP4 or QuickTime file; `None` for all others.
pub(in crate::pipeline) fn video_timescale(path: &Path) -> Option<u32> {
    let (_, moov) = read_moov(&mut File::open(path).ok()?).ok()??;
    let track = children(&moov, 0..moov.len(), b"trak")
        .into_iter()
        .find(|track| is_kind(&moov, track.clone(), b"vide"))?;
    track_scale(&moov, track)
}

/// Whether an MP4 or QuickTime file has the index without which nothing in it can be found.
pub(in crate::pipeline) fn has_index(path: &Path) -> bool {
    let moov = File::open(path).and_then(|mut file| read_moov(&mut file));
    matches!(moov, Ok(Some(_)))
}

/// Whether the first video track of an MP4 or QuickTime file says that its luma fills 0 to 255.
pub(in crate::pipeline) fn full_range(path: &Path) -> bool {
    let moov = File::open(path).and_then(|mut file| read_moov(&mut file));
    let Ok(Some((_, moov))) = moov else {
        return false;
    };
    says_full_range(&moov).unwrap_or(false)
}

fn says_full_range(moov: &[u8]) -> Option<bool> {
    /// Bytes of a visual sample entry's fixed fields.
    const VISUAL: usize = 78;
    let track = children(moov, 0..moov.len(), b"trak")
        .into_iter()
        .find(|track| is_kind(moov, track.clone(), b"vide"))?;
    let colour = child(moov, entry_boxes(moov, track, VISUAL)?, b"colr")?;
    if moov.get(colour.start..colour.start + 4)? != b"nclx" {
        return None;
    }
    Some(moov.get(colour.start + 10)? & 0x80 != 0)
}

/// The edit lists of an MP4 or QuickTime file's audio tracks that start with a lead-in which is not shown,
/// as AAC's do; none for all other files.
pub(in crate::pipeline) fn audio_edits(path: &Path) -> AudioEdits {
    let moov = File::open(path).and_then(|mut file| read_moov(&mut file));
    match moov {
        Ok(Some((offset, moov))) => find_edits(&moov, offset).unwrap_or_default(),
        _ => AudioEdits::default(),
    }
}

fn find_edits(moov: &[u8], offset: u64) -> Option<AudioEdits> {
    let movie = child(moov, 0..moov.len(), b"mvhd")?;
    let movie_scale = timescale(moov, movie.clone())?;
    let mut found = AudioEdits::default();
    let mut longest = 0;
    for track in children(moov, 0..moov.len(), b"trak") {
        if !is_kind(moov, track.clone(), b"soun") {
            continue;
        }
        if let Some((number, edit, name_at)) = audio_edit(moov, movie_scale, track) {
            found.edits.push((number, edit));
            found.without.push(change(offset, name_at, *b"free")?);
            longest = longest.max(edit.lead_in);
        }
    }
    // The demuxer stops where the movie ends, which is a lead-in later without the list.
    if longest > 0 && *moov.get(movie.start)? == 0 {
        let end = movie.start + 16;
        let more = u128::from(longest) * u128::from(movie_scale);
        let more = u32::try_from(more.div_ceil(1_000_000_000)).ok()?;
        let longer = u32_at(moov, end)?.saturating_add(more);
        found
            .without
            .push(change(offset, end, longer.to_be_bytes())?);
    }
    Some(found)
}

fn change(offset: u64, at: usize, bytes: [u8; 4]) -> Option<Change> {
    let at = offset + u64::try_from(at).ok()?;
    Some(Change { at, bytes })
}

/// A track's number, its edit and where the name of its edit list's box stands.
fn audio_edit(moov: &[u8], movie_scale: u32, track: Range<usize>) -> Option<(u32, Edit, usize)> {
    let media_scale = track_scale(moov, track.clone())?;
    let header = child(moov, track.clone(), b"tkhd")?;
    let edits = child(moov, track, b"edts")?;
    let list = child(moov, edits.clone(), b"elst")?;
    let (version, entries) = (*moov.get(list.start)?, u32_at(moov, list.start + 4)?);
    let (duration, lead_in) = (
        u32_at(moov, list.start + 8)?,
        u32_at(moov, list.start + 12)?,
    );
    // Anything but one plain entry is left to the demuxer; -1 marks a gap.
    if version != 0 || entries != 1 || lead_in == 0 || lead_in > i32::MAX as u32 {
        return None;
    }
    let number_at = if *moov.get(header.start)? == 0 {
        12
    } else {
        20
    };
    let number = u32_at(moov, header.start + number_at)?;
    let edit = Edit {
        lead_in: nanoseconds(lead_in, media_scale),
        duration: nanoseconds(duration, movie_scale),
    };
    Some((number, edit, edits.start - 4))
}

fn nanoseconds(ticks: u32, scale: u32) -> u64 {
    let exact = u128::from(ticks) * 1_000_000_000;
    u64::try_from((exact + u128::from(scale / 2)) / u128::from(scale)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::mp4::boxes::fixture::file;

    fn saved(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    #[test]
    fn video_counts_in_its_own_ticks() {
        let found = |content: &[u8]| video_timescale(saved(content).path());
        let whole = file(b"vide", 15_360, &[4000, 3072, 1 << 16]);
        assert_eq!(found(&whole), Some(15_360));
        for end in 0..whole.len() {
            assert_eq!(found(&whole[..end]), None, "cut at {end}");
        }
        assert_eq!(found(b"no MP4 at all, just a few words of text"), None);
    }

    #[test]
    fn only_a_plain_lead_in_of_audio_is_an_edit_to_hide() {
        let one = 1 << 16;
        let content = file(b"soun", 48_000, &[4000, 1024, one]);
        let found = audio_edits(saved(&content).path());
        let name_at = content.windows(4).position(|w| w == b"edts").unwrap() as u64;
        let edit = Edit {
            lead_in: 21_333_333,
            duration: 4_000_000_000,
        };
        assert_eq!(found.edits, [(1, edit)]);
        let end_at = content.windows(4).position(|w| w == b"mvhd").unwrap() as u64 + 20;
        let without = [(name_at, *b"free"), (end_at, (77_u32 + 22).to_be_bytes())]
            .map(|(at, bytes)| Change { at, bytes });
        assert_eq!(found.without, without);
        for (kind, edits) in [
            (b"vide", &[4000, 1024, one][..]),
            (b"soun", &[4000, 0, one]),
            (b"soun", &[4000, u32::MAX, one]),
            (b"soun", &[100, u32::MAX, one, 4000, 1024, one]),
            (b"soun", &[]),
        ] {
            let content = file(kind, 48_000, edits);
            assert_eq!(
                audio_edits(saved(&content).path()),
                AudioEdits::default(),
                "{kind:?} {edits:?}"
            );
        }
    }
}

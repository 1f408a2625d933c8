//! The box tree, as far as it is needed. Boxes: ISO/IEC 14496-12.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// The largest `moov` box that is looked into.
const LARGEST: u64 = 1 << 30;

/// The offset and content of the file's `moov` box.
pub(super) fn read_moov(file: &mut File) -> io::Result<Option<(u64, Vec<u8>)>> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut at = 0;
    while at + 8 <= end {
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        file.read_exact(&mut head[..8])?;
        let mut size = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let mut header = 8;
        if size == 1 {
            file.read_exact(&mut head[8..])?;
            let mut wide = [0; 8];
            wide.copy_from_slice(&head[8..]);
            (size, header) = (u64::from_be_bytes(wide), 16);
        }
        if size == 0 {
            size = end - at;
        }
        if size < header || at + size > end {
            return Ok(None);
        }
        if &head[4..8] == b"moov" && size < LARGEST {
            let mut content = Vec::new();
            file.take(size - header).read_to_end(&mut content)?;
            return Ok(Some((at + header, content)));
        }
        at += size;
    }
    Ok(None)
}

/// The contents of the boxes called `name` among those in `range`.
pub(super) fn children(data: &[u8], range: Range<usize>, name: &[u8; 4]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = range.start;
    while at + 8 <= range.end {
        let Some(size) = u32_at(data, at).and_then(|size| usize::try_from(size).ok()) else {
            break;
        };
        if size < 8 || size > range.end - at {
            break;
        }
        if data.get(at + 4..at + 8) == Some(name) {
            found.push(at + 8..at + size);
        }
        at += size;
    }
    found
}

pub(super) fn child(data: &[u8], range: Range<usize>, name: &[u8; 4]) -> Option<Range<usize>> {
    children(data, range, name).into_iter().next()
}

/// The timescale in an `mvhd` or `mdhd` box.
pub(super) fn timescale(data: &[u8], header: Range<usize>) -> Option<u32> {
    let offset = if *data.get(header.start)? == 0 {
        12
    } else {
        20
    };
    u32_at(data, header.start + offset).filter(|scale| *scale > 0)
}

pub(super) fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at + 4)?;
    Some(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

pub(super) fn put(data: &mut [u8], at: usize, value: u32) -> Option<()> {
    data.get_mut(at..at + 4)?
        .copy_from_slice(&value.to_be_bytes());
    Some(())
}

/// Whether a track is of this kind: `vide`, `soun`.
pub(super) fn is_kind(data: &[u8], track: Range<usize>, kind: &[u8; 4]) -> bool {
    child(data, track, b"mdia")
        .and_then(|media| child(data, media, b"hdlr"))
        .is_some_and(|handler| data.get(handler.start + 8..handler.start + 12) == Some(kind))
}

/// The ticks per second that a track counts in.
pub(super) fn track_scale(data: &[u8], track: Range<usize>) -> Option<u32> {
    let media = child(data, track, b"mdia")?;
    timescale(data, child(data, media, b"mdhd")?)
}

/// The boxes of a track's first sample entry, which follow `fixed` bytes of fields.
pub(super) fn entry_boxes(data: &[u8], track: Range<usize>, fixed: usize) -> Option<Range<usize>> {
    let media = child(data, track, b"mdia")?;
    let table = child(data, child(data, media, b"minf")?, b"stbl")?;
    let entries = child(data, table, b"stsd")?;
    let first = entries.start + 8;
    let size = usize::try_from(u32_at(data, first)?).ok()?;
    Some(first + 8 + fixed..(first + size).min(entries.end))
}

/// Small files for the tests of this folder.
#[cfg(test)]
pub(super) mod fixture {
    pub(in crate::pipeline::mp4) fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes()[..], name, content].concat()
    }

    pub(in crate::pipeline::mp4) fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// A file with one track of a kind that counts in `scale` and has these edits.
    pub(in crate::pipeline::mp4) fn file(kind: &[u8; 4], scale: u32, edits: &[u32]) -> Vec<u8> {
        let count = u32::try_from(edits.len() / 3).unwrap();
        let list = boxed(b"elst", &[words(&[0, count]), words(edits)].concat());
        let media = [
            boxed(b"mdhd", &words(&[0, 0, 0, scale, 77, 0])),
            boxed(b"hdlr", &[words(&[0, 0]), kind.to_vec()].concat()),
        ];
        let track = [
            boxed(b"tkhd", &words(&[0, 0, 0, 1, 0, 77])),
            boxed(b"edts", &list),
            boxed(b"mdia", &media.concat()),
        ];
        let movie = [
            boxed(b"mvhd", &words(&[0, 0, 0, 1000, 77])),
            boxed(b"trak", &track.concat()),
        ];
        [boxed(b"mdat", &[9; 30]), boxed(b"moov", &movie.concat())].concat()
    }
}

//! MP4 boxes, found and changed in place.

use std::path::Path;

/// Where the contents of all boxes at a path of names start, such as `moov/trak/tkhd`.
pub(crate) fn find(file: &[u8], path: &str) -> Vec<usize> {
    let whole = std::iter::once(0..file.len()).collect();
    let found: Vec<std::ops::Range<usize>> = path.split('/').fold(whole, |ranges: Vec<_>, name| {
        ranges
            .into_iter()
            .flat_map(|range| children(file, range))
            .filter(|content| &file[content.start - 4..content.start] == name.as_bytes())
            .collect()
    });
    found.into_iter().map(|range| range.start).collect()
}

fn children(file: &[u8], range: std::ops::Range<usize>) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = range.start;
    while at + 8 <= range.end {
        let size = word(file, at) as usize;
        assert!(size >= 8, "a box of {size} bytes at {at}");
        found.push(at + 8..at + size);
        at += size;
    }
    found
}

/// The big-endian word at `at`.
pub(crate) fn word(file: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(file[at..at + 4].try_into().unwrap())
}

/// Writes words at `at`.
pub(crate) fn put(file: &mut [u8], at: usize, words: &[u32]) {
    for (index, word) in words.iter().enumerate() {
        file[at + index * 4..at + index * 4 + 4].copy_from_slice(&word.to_be_bytes());
    }
}

/// Rewrites a file.
pub(crate) fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut file = std::fs::read(path).unwrap();
    change(&mut file);
    std::fs::write(path, file).unwrap();
}

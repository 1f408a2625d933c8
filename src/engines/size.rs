//! Sizes as people write them: of pictures, and of what is on disk.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// Width and height of a picture, written `1280x720`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PictureSize {
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl FromStr for PictureSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let side = |text: &str| text.parse().ok().filter(|side| (2..=8192).contains(side));
        let sides = text.split_once(['x', 'X', '×']);
        match sides.map(|(width, height)| (side(width), side(height))) {
            Some((Some(width), Some(height))) => Ok(Self { width, height }),
            _ => Err("must be WIDTHxHEIGHT, such as 1280x720, with sides from 2 to 8192".into()),
        }
    }
}

impl Display for PictureSize {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}x{}", self.width, self.height)
    }
}

const UNITS: [(&str, u64); 4] = [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10), ("", 1)];

/// Bytes from `512M`, `4G`, `4GiB` or a plain number; units are of 1024.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text[number.len()..].to_ascii_uppercase();
    let unit = unit.trim_end_matches('B').trim_end_matches('I');
    let factor = UNITS
        .iter()
        .find_map(|(name, factor)| (*name == unit).then_some(*factor));
    let bytes = factor.and_then(|factor| {
        let number: u64 = number.parse().ok()?;
        number.checked_mul(factor)
    });
    bytes.ok_or_else(|| "must be a number of bytes, such as 512M or 4G".into())
}

/// `bytes` in the largest unit that leaves a number of at least 1.
pub(crate) fn bytes(bytes: u64) -> String {
    match UNITS.iter().find(|(_, factor)| bytes >= *factor) {
        Some((unit, factor)) if *factor > 1 => {
            format!("{:.1} {unit}iB", bytes as f64 / *factor as f64)
        }
        _ => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_have_two_sides() {
        let parsed = |text: &str| text.parse::<PictureSize>().map(|size| size.to_string());
        assert_eq!(parsed("1280x720").unwrap(), "1280x720");
        assert_eq!(parsed("640X360").unwrap(), "640x360");
        for text in [
            "",
            "1280",
            "x",
            "1280x",
            "1x720",
            "1280x9000",
            "-2x4",
            "1280x720x3",
        ] {
            assert!(parsed(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn bytes_are_read_and_written_in_units() {
        for (text, expected) in [
            ("0", Some(0)),
            ("17", Some(17)),
            ("2K", Some(2048)),
            ("2kb", Some(2048)),
            ("512M", Some(512 << 20)),
            ("4GiB", Some(4 << 30)),
            ("4T", None),
            ("-1", None),
            ("1.5G", None),
            ("", None),
            ("99999999999G", None),
        ] {
            assert_eq!(parse_bytes(text).ok(), expected, "{text}");
        }
        for (given, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (3 << 30, "3.0 GiB"),
        ] {
            assert_eq!(bytes(given), expected);
        }
    }
}

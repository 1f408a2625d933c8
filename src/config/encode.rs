//! `[encode]`: how video files are written.

use clap::ValueEnum;
use serde::Deserialize;

/// How video files are written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Encode {
    /// The video codec.
    pub codec: Codec,
    /// Constant rate factor, 0 (best, largest) to 51; absent: the codec's own, see [`Codec::quality`].
    pub quality: Option<u32>,
    /// Write a comparison with the input instead of the restored video alone.
    pub compare: Compare,
}

impl Default for Encode {
    fn default() -> Self {
        Self {
            codec: Codec::H264,
            quality: None,
            compare: Compare::None,
        }
    }
}

impl Encode {
    pub(super) fn check(&self) -> Result<(), String> {
        match self.quality {
            Some(quality) if quality > 51 => Err(format!(
                "encode: quality is {quality}, must lie between 0 (best) and 51"
            )),
            _ => Ok(()),
        }
    }

    /// The constant rate factor to encode with.
    #[must_use]
    pub fn crf(&self) -> u32 {
        self.quality.unwrap_or_else(|| self.codec.quality())
    }
}

/// A video codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Codec {
    /// H.264 (x264): plays everywhere.
    H264,
    /// H.265 (x265): a third smaller, slower to write.
    H265,
}

impl Codec {
    /// The constant rate factor at which a restored night scene is hard to tell from the frames encoded.
    #[must_use]
    pub fn quality(self) -> u32 {
        match self {
            Self::H264 => 18,
            Self::H265 => 20,
        }
    }
}

/// A comparison to be written instead of the restored video alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    /// No comparison.
    None,
    /// One picture: left half as it came, right half restored.
    Split,
    /// Two pictures: the input at the left, the restored one at the right.
    SideBySide,
}

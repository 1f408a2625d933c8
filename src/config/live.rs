//! `[stream.crop]`, `[stream.picture]` and `[stream.encode]`: what a live stream's picture looks like.

use super::Codec;
use serde::Deserialize;

/// Pixels to cut off before the restoration: the properties of `videocrop`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Crop {
    /// Pixels to cut off at the left.
    pub left: u16,
    /// Rows to cut off at the top.
    pub top: u16,
    /// Pixels to cut off at the right.
    pub right: u16,
    /// Rows to cut off at the bottom.
    pub bottom: u16,
}

/// The picture that readers get, whatever the camera does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Picture {
    /// Pixels per row; 0: the camera's when it is first seen.
    pub width: u32,
    /// Rows; 0: the camera's when it is first seen.
    pub height: u32,
    /// Frames per second that the encoder reckons with; 0: the camera's.
    pub framerate: u32,
    /// Milliseconds without a frame after which the placeholder is shown.
    pub placeholder_after_ms: u32,
}

impl Default for Picture {
    fn default() -> Self {
        Self {
            width: 0,
            height: 0,
            framerate: 0,
            placeholder_after_ms: 1000,
        }
    }
}

impl Picture {
    pub(super) fn check(&self) -> Result<(), String> {
        if (self.width == 0) != (self.height == 0) {
            return Err("picture: width and height belong together".into());
        }
        let fits = |side: u32| side == 0 || (16..=8192).contains(&side) && side.is_multiple_of(2);
        if !fits(self.width) || !fits(self.height) {
            return Err(format!(
                "picture: {}x{} cannot be: sides are even and lie between 16 and 8192",
                self.width, self.height
            ));
        }
        if self.framerate > 240 {
            return Err(format!(
                "picture: framerate is {}, must not be above 240",
                self.framerate
            ));
        }
        if !(200..=60_000).contains(&self.placeholder_after_ms) {
            return Err(format!(
                "picture: placeholder-after-ms is {}, must lie between 200 and 60000",
                self.placeholder_after_ms
            ));
        }
        Ok(())
    }
}

/// How live pictures are encoded for mounts and recordings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LiveEncode {
    /// The video codec.
    pub codec: Codec,
    /// Kilobits per second.
    pub bitrate: u32,
    /// How much time the encoder takes for a picture.
    pub speed_preset: Preset,
    /// Milliseconds between key frames at most; a reader that joins gets one at once.
    pub keyframe_interval_ms: u32,
}

impl Default for LiveEncode {
    fn default() -> Self {
        Self {
            codec: Codec::H264,
            bitrate: 4000,
            speed_preset: Preset::Superfast,
            keyframe_interval_ms: 2000,
        }
    }
}

impl LiveEncode {
    pub(super) fn check(&self) -> Result<(), String> {
        if !(50..=100_000).contains(&self.bitrate) {
            return Err(format!(
                "encode: bitrate is {} kbit/s, must lie between 50 and 100000",
                self.bitrate
            ));
        }
        if !(100..=60_000).contains(&self.keyframe_interval_ms) {
            return Err(format!(
                "encode: keyframe-interval-ms is {}, must lie between 100 and 60000",
                self.keyframe_interval_ms
            ));
        }
        Ok(())
    }
}

/// How much time an encoder takes for a picture: values of `x264enc`'s and `x265enc`'s `speed-preset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Least work, most bits.
    Ultrafast,
    /// A good default for live pictures.
    Superfast,
    /// Twice the work for somewhat better pictures.
    Veryfast,
    /// For machines with time to spare.
    Faster,
}

impl Preset {
    /// The nick of the element's property value.
    #[must_use]
    pub fn nick(self) -> &'static str {
        match self {
            Self::Ultrafast => "ultrafast",
            Self::Superfast => "superfast",
            Self::Veryfast => "veryfast",
            Self::Faster => "faster",
        }
    }
}

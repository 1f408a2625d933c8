//! `[[stream.sink]]`: where frames go.

use super::{Encode, expand};
use serde::Deserialize;
use std::path::PathBuf;

/// Where frames go.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Sink {
    /// A window.
    Display(DisplaySink),
    /// A mount of the RTSP server.
    Rtsp(RtspSink),
    /// Segments in a folder.
    Recording(RecordingSink),
    /// One MP4 or MKV file of a whole file.
    File(FileSink),
    /// A description in the words of `gst-launch-1.0`.
    GstLaunch(CustomSink),
}

/// Which picture a sink gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// The restored picture.
    #[default]
    Restored,
    /// The picture as it came.
    Original,
}

/// A window.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DisplaySink {
    /// Show each frame at its time; `false`: as fast as frames come.
    pub sync: bool,
}

impl Default for DisplaySink {
    fn default() -> Self {
        Self { sync: true }
    }
}

/// A mount of the RTSP server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RtspSink {
    /// The path after the server's address.
    pub mount: String,
    /// Which picture is served.
    #[serde(default)]
    pub picture: Shown,
    /// Readers at a time; the next one is refused.
    #[serde(default = "RtspSink::max_readers")]
    pub max_readers: u32,
}

impl RtspSink {
    fn max_readers() -> u32 {
        16
    }
}

/// Segments in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecordingSink {
    /// The folder, made if it is missing. Files are named after stream and time.
    #[serde(deserialize_with = "expand::path")]
    pub folder: PathBuf,
    /// Seconds of a segment; it ends at the next key frame.
    #[serde(default = "RecordingSink::segment_seconds")]
    pub segment_seconds: u32,
    /// Megabytes of a segment at most; 0: no limit.
    #[serde(default)]
    pub segment_megabytes: u32,
    /// Megabytes that this stream's segments may take together; the oldest are deleted. 0: no limit.
    #[serde(default)]
    pub quota_megabytes: u64,
    /// The container.
    #[serde(default)]
    pub container: Container,
    /// Record also what the camera sends, untouched, beside the restored picture. For `rtsp` sources.
    #[serde(default)]
    pub original: bool,
}

impl RecordingSink {
    fn segment_seconds() -> u32 {
        600
    }
}

/// The container of a recording. Both can be played while they are written and after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Container {
    /// MP4, written in fragments of a second.
    #[default]
    Mp4,
    /// Matroska, which takes any codec.
    Mkv,
}

impl Container {
    /// The ending of a file's name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Mkv => "mkv",
        }
    }
}

/// One MP4 or MKV file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileSink {
    /// The file; its extension names the container (`mp4`, `m4v` or `mkv`).
    #[serde(deserialize_with = "expand::path")]
    pub location: PathBuf,
    /// Whether a file that is there already is replaced.
    #[serde(default)]
    pub overwrite: bool,
    /// How it is written.
    #[serde(default)]
    pub encode: Encode,
}

/// A description in the words of `gst-launch-1.0`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CustomSink {
    /// Elements that start with an open sink pad for raw video.
    #[serde(deserialize_with = "expand::text")]
    pub description: String,
    /// Which picture it gets.
    #[serde(default)]
    pub picture: Shown,
}

impl Sink {
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Rtsp(sink) => {
                let known = |c: char| c.is_ascii_alphanumeric() || "-_/".contains(c);
                if !sink.mount.starts_with('/')
                    || sink.mount.len() < 2
                    || !sink.mount.chars().all(known)
                {
                    return Err(format!(
                        "sink: mount is {:?}, must start with '/' and hold letters, digits, '-', '_', '/'",
                        sink.mount
                    ));
                }
                if sink.max_readers == 0 {
                    return Err("sink: max-readers is 0: nobody could read".into());
                }
                Ok(())
            }
            Self::Recording(sink) if sink.segment_seconds == 0 => {
                Err("sink: segment-seconds is 0, must be at least 1".into())
            }
            Self::File(sink) => sink.encode.check(),
            _ => Ok(()),
        }
    }

    /// Which picture it gets.
    #[must_use]
    pub fn shown(&self) -> Shown {
        match self {
            Self::Rtsp(sink) => sink.picture,
            Self::GstLaunch(sink) => sink.picture,
            Self::Display(_) | Self::Recording(_) | Self::File(_) => Shown::Restored,
        }
    }

    /// Whether it gets coded pictures.
    #[must_use]
    pub fn is_coded(&self) -> bool {
        matches!(self, Self::Rtsp(_) | Self::Recording(_))
    }
}

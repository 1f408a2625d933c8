//! `[sink]`: where frames go.

use serde::Deserialize;
use std::path::PathBuf;

/// Where frames go.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Sink {
    /// An MP4 or MKV file.
    File(FileSink),
    /// A window.
    Display(DisplaySink),
}

/// An MP4 or MKV file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileSink {
    /// The file; its extension names the container (`mp4`, `m4v` or `mkv`).
    pub location: PathBuf,
    /// Whether a file that is there already is replaced.
    #[serde(default)]
    pub overwrite: bool,
}

/// A window.
#[derive(Debug, Clone, PartialEq, Deserialize)]
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

//! `[source]`: where frames come from.

use serde::Deserialize;
use std::path::PathBuf;

/// Where frames come from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Source {
    /// A file in any container that GStreamer reads.
    File(FileSource),
    /// A moving test picture.
    Test(TestSource),
}

/// A file in any container that GStreamer reads.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileSource {
    /// The file; a relative path starts where the program was started.
    pub location: PathBuf,
}

/// A moving test picture, as `videotestsrc` draws it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TestSource {
    /// The picture: a value of `videotestsrc`'s `pattern`.
    pub pattern: String,
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Frames per second.
    pub framerate: u32,
    /// Frames before the end; -1 for no end.
    pub num_buffers: i32,
}

impl Default for TestSource {
    fn default() -> Self {
        Self {
            pattern: "ball".into(),
            width: 1280,
            height: 720,
            framerate: 30,
            num_buffers: -1,
        }
    }
}

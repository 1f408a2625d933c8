//! What a pipeline file says: one section per file here, strict, with every default in one `impl Default`.
//!
//! Keys are spelled as `gst-inspect-1.0` spells them where an element has them. A misspelt key, a value out of
//! range or a missing section is an error that names the file and the line, and the key that was probably meant.

mod degrade;
mod encode;
mod expand;
mod hint;
mod live;
mod location;
mod metrics;
mod restore;
mod secret;
mod server;
mod sink;
mod source;
mod stream;

pub use degrade::{Degrade, Severity};
pub use encode::{Codec, Compare, Encode};
pub use live::{Crop, LiveEncode, Picture, Preset};
pub use location::RtspLocation;
pub use metrics::Metrics;
pub use restore::{Provider, Restore, View};
pub use secret::Secret;
pub use server::{Server, User};
pub use sink::{
    Container, CustomSink, DisplaySink, FileSink, RecordingSink, RtspSink, Shown, Sink,
};
pub use source::{
    CustomSource, FileSource, LibcameraSource, Protocols, RtspSource, Source, TestSource,
    TlsValidation, V4l2Source,
};
pub use stream::Stream;

use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A whole pipeline file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where RTSP mounts are served.
    #[serde(default)]
    pub server: Server,
    /// Where figures are served; absent: nowhere.
    pub metrics: Option<Metrics>,
    /// The streams, each with its source and its sinks.
    #[serde(rename = "stream")]
    pub streams: Vec<Stream>,
}

/// Why a pipeline file is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The pipeline file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not a valid pipeline.
    #[error("{}: {reason}", path.display())]
    Invalid {
        /// The pipeline file.
        path: PathBuf,
        /// Where and what, in one line.
        reason: String,
    },
}

impl Config {
    /// Reads and checks a pipeline file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is no TOML, has an unknown or missing key, or a value out of range.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|reason| ConfigError::Invalid {
            path: path.to_owned(),
            reason,
        })
    }

    /// Parses and checks the text of a pipeline file; the error is one line.
    ///
    /// # Errors
    ///
    /// As [`Config::load`], without the file's name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| one_line(text, &error))?;
        config.check()?;
        Ok(config)
    }

    /// Whether every stream turns a whole file into a file.
    #[must_use]
    pub fn is_batch(&self) -> bool {
        self.streams.iter().all(Stream::is_batch)
    }

    fn check(&self) -> Result<(), String> {
        if self.streams.is_empty() {
            return Err("there is no [[stream]]".into());
        }
        self.server.check()?;
        let (mut names, mut mounts) = (BTreeSet::new(), BTreeSet::new());
        for stream in &self.streams {
            stream
                .check()
                .map_err(|reason| format!("stream {:?}: {reason}", stream.name))?;
            if !names.insert(&stream.name) {
                return Err(format!("two streams are called {:?}", stream.name));
            }
            for sink in &stream.sinks {
                if let Sink::Rtsp(sink) = sink
                    && !mounts.insert(&sink.mount)
                {
                    return Err(format!("two sinks have the mount {:?}", sink.mount));
                }
            }
        }
        if self.streams.iter().any(Stream::is_batch) && !self.is_batch() {
            return Err(
                "streams from file to file end, and live ones do not: give them a file of their own"
                    .into(),
            );
        }
        Ok(())
    }
}

/// TOML's error draws the line it means over several lines; a log wants "line 3: what".
fn one_line(text: &str, error: &toml::de::Error) -> String {
    let message = hint::with_hint(&error.message().replace('\n', ", "));
    match error.span() {
        Some(span) => {
            let before = text.get(..span.start).unwrap_or(text);
            format!("line {}: {message}", before.matches('\n').count() + 1)
        }
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str =
        "[[stream]]\nname = 'a'\nsource.kind = 'test'\n[[stream.sink]]\nkind = 'display'\n";

    #[test]
    fn smallest_pipeline_has_every_default() {
        let config = Config::parse(SMALLEST).unwrap();
        assert_eq!(config.server, Server::default());
        assert_eq!(config.metrics, None);
        let stream = &config.streams[0];
        assert_eq!(stream.source, Source::Test(TestSource::default()));
        assert_eq!(stream.restore, Restore::default());
        assert_eq!(stream.encode, LiveEncode::default());
        assert_eq!(stream.picture, Picture::default());
        assert_eq!(stream.sinks, [Sink::Display(DisplaySink::default())]);
        assert_eq!(stream.degrade, None);
        assert_eq!(stream.crop, None);
    }

    #[test]
    fn errors_say_the_line_and_what_is_wrong() {
        let stream = |rest: &str| format!("{SMALLEST}{rest}");
        for (text, expected) in [
            (String::new(), "line 1: missing field `stream`"),
            ("stream = []".into(), "there is no [[stream]]"),
            (
                "[[streem]]\nname = 'a'\n".into(),
                "line 1: unknown key `streem`; did you mean `stream`? (known: `server`, `metrics`, `stream`)",
            ),
            (
                SMALLEST.replace("'test'", "'tset'"),
                "line 3: unknown value `tset`; did you mean `test`? (known: `rtsp`, `v4l2`, `libcamera`, `test`, \
                 `file`, `gst-launch`)",
            ),
            (
                stream("[stream.restore]\nstrenght = 1.0\n"),
                "line 7: unknown key `strenght`; did you mean `strength`? (known: `model-file`, `smaller-model-file`, \
                 `execution-provider`, `device`, `n-threads`, `cache-dir`, `cache-read-only`, `inference-interval`, `strength`, `view`)",
            ),
            (
                stream("[stream.restore]\nstrength = 1.5\n"),
                "stream \"a\": restore: strength is 1.5, must lie between 0 and 1",
            ),
            (
                SMALLEST.replace("name = 'a'", "name = 'a/b'"),
                "stream \"a/b\": name may hold letters, digits, '-' and '_'",
            ),
            (stream(SMALLEST), "two streams are called \"a\""),
            (
                stream("[[stream.sink]]\nkind = 'rtsp'\nmount = 'a'\n"),
                "stream \"a\": sink: mount is \"a\", must start with '/' and hold letters, digits, '-', '_', '/'",
            ),
            (
                stream("[[stream.sink]]\nkind = 'recording'\nfolder = 'r'\noriginal = true\n"),
                "stream \"a\": sink: original records what a camera sends, so the source must be rtsp",
            ),
            (
                stream("[[stream.sink]]\nkind = 'file'\nlocation = 'a.mp4'\n"),
                "stream \"a\": a file sink takes a whole file: the source must be a file with loop = false, and the \
                 sink alone; live streams have recordings",
            ),
        ] {
            assert_eq!(Config::parse(&text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn passwords_are_in_no_representation_of_a_config() {
        let text = "[[server.user]]\nname = 'u'\npassword = 'hidden'\n\
            [[stream]]\nname = 'a'\n[stream.source]\nkind = 'rtsp'\nlocation = 'rtsp://me:hidden@host/live'\n\
            [[stream.sink]]\nkind = 'rtsp'\nmount = '/a'\n";
        let config = Config::parse(text).unwrap();
        let shown = format!("{config:?} {config:#?}");
        assert!(!shown.contains("hidden"), "{shown}");
        assert!(shown.contains("rtsp://host/live"), "{shown}");
    }
}

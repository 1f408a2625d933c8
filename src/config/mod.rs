//! What a pipeline file says: one section per file here, strict, with every default in one `impl Default`.
//!
//! Keys are spelled as `gst-inspect-1.0` spells them. A misspelt key, a value out of range or a missing
//! section is an error that names the file and the line.

mod degrade;
mod encode;
mod restore;
mod sink;
mod source;

pub use degrade::{Degrade, Severity};
pub use encode::{Codec, Compare, Encode};
pub use restore::{Provider, Restore, View};
pub use sink::{DisplaySink, FileSink, Sink};
pub use source::{FileSource, Source, TestSource};

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A whole pipeline file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where frames come from.
    pub source: Source,
    /// A simulated night camera before the restoration; absent: none.
    pub degrade: Option<Degrade>,
    /// The restoration.
    #[serde(default)]
    pub restore: Restore,
    /// How files are encoded; sinks that encode nothing ignore it.
    #[serde(default)]
    pub encode: Encode,
    /// Where frames go.
    pub sink: Sink,
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
        config.restore.check()?;
        config.encode.check()?;
        Ok(config)
    }
}

/// TOML's error draws the line it means over several lines; a log wants "line 3: what".
fn one_line(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().replace('\n', ", ");
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

    const SMALLEST: &str = "[source]\nkind = 'test'\n[sink]\nkind = 'display'\n";

    #[test]
    fn smallest_pipeline_has_every_default() {
        let config = Config::parse(SMALLEST).unwrap();
        assert_eq!(config.source, Source::Test(TestSource::default()));
        assert_eq!(config.restore, Restore::default());
        assert_eq!(config.encode, Encode::default());
        assert_eq!(config.sink, Sink::Display(DisplaySink::default()));
        assert_eq!(config.degrade, None);
    }

    #[test]
    fn errors_say_the_line_and_what_is_wrong() {
        for (text, expected) in [
            ("[restore]\n", "line 1: missing field `source`"),
            (
                "[source]\nkind = 'camera'\n[sink]\nkind = 'display'\n",
                "line 2: unknown variant `camera`, expected `file` or `test`",
            ),
            (
                &format!("{SMALLEST}[restore]\nstrenght = 1.0\n"),
                "line 6: unknown field `strenght`, expected one of `model-file`, `execution-provider`, \
                 `n-threads`, `strength`, `view`",
            ),
            (
                &format!("{SMALLEST}[restore]\nstrength = 1.5\n"),
                "restore: strength is 1.5, must lie between 0 and 1",
            ),
            (
                &format!("{SMALLEST}[encode]\nquality = 60\n"),
                "encode: quality is 60, must lie between 0 (best) and 51",
            ),
        ] {
            assert_eq!(Config::parse(text).unwrap_err(), expected, "{text}");
        }
    }
}

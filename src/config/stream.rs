//! `[[stream]]`: a source, what happens to its frames, and where they go.

use super::{Crop, Degrade, LiveEncode, Picture, Restore, Sink, Source};
use serde::Deserialize;

/// A stream.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stream {
    /// The name that logs, figures and recordings carry.
    pub name: String,
    /// Milliseconds after which a frame is too old to be restored; one a second always is.
    #[serde(default = "Stream::max_age_ms")]
    pub max_age_ms: u32,
    /// Milliseconds without a frame after which the source is thrown away and started anew.
    #[serde(default = "Stream::stall_timeout_ms")]
    pub stall_timeout_ms: u32,
    /// Whether less is restored when the machine is short: every second frame, by a smaller model, at last none.
    #[serde(default = "Stream::brown_out")]
    pub brown_out: bool,
    /// Where frames come from.
    pub source: Source,
    /// Pixels to cut off before the restoration.
    pub crop: Option<Crop>,
    /// A simulated night camera before the restoration; absent: none.
    pub degrade: Option<Degrade>,
    /// The restoration.
    #[serde(default)]
    pub restore: Restore,
    /// The picture that readers get.
    #[serde(default)]
    pub picture: Picture,
    /// How mounts and recordings are encoded.
    #[serde(default)]
    pub encode: LiveEncode,
    /// Where frames go.
    #[serde(rename = "sink")]
    pub sinks: Vec<Sink>,
}

impl Stream {
    fn max_age_ms() -> u32 {
        500
    }

    fn stall_timeout_ms() -> u32 {
        2000
    }

    fn brown_out() -> bool {
        true
    }

    /// Whether it turns a whole file into a file.
    #[must_use]
    pub fn is_batch(&self) -> bool {
        let has_end = matches!(&self.source, Source::File(source) if !source.repeat);
        has_end && matches!(self.sinks.as_slice(), [Sink::File(_)])
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let known = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if self.name.is_empty() || !self.name.chars().all(known) {
            return Err("name may hold letters, digits, '-' and '_'".into());
        }
        if self.sinks.is_empty() {
            return Err("there is no [[stream.sink]]".into());
        }
        if self.stall_timeout_ms < 200 {
            return Err(format!(
                "stall-timeout-ms is {}, must be at least 200",
                self.stall_timeout_ms
            ));
        }
        self.restore.check()?;
        self.picture.check()?;
        self.encode.check()?;
        self.sinks.iter().try_for_each(Sink::check)?;
        self.check_sinks()
    }

    fn check_sinks(&self) -> Result<(), String> {
        let has_file = self.sinks.iter().any(|sink| matches!(sink, Sink::File(_)));
        if has_file && !self.is_batch() {
            return Err(
                "a file sink takes a whole file: the source must be a file with loop = false, and the sink alone; \
                 live streams have recordings"
                    .into(),
            );
        }
        let wants_original =
            |sink: &Sink| matches!(sink, Sink::Recording(recording) if recording.original);
        if self.sinks.iter().any(wants_original) && !matches!(self.source, Source::Rtsp(_)) {
            return Err(
                "sink: original records what a camera sends, so the source must be rtsp".into(),
            );
        }
        Ok(())
    }
}

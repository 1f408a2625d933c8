//! A recording's way in: it opens when the format is known, and its pipeline may fail and come again.

use super::broadcast::Tap;
use super::figures::Figures;
use super::part::Role;
use crate::config::{RecordingSink, Sink, Stream};
use crate::pipeline::live::{Feed, Taken, Unit};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where a recording takes its frames.
pub(crate) struct RecordingTap {
    inner: Mutex<Inner>,
    figures: Arc<Figures>,
}

#[derive(Default)]
struct Inner {
    caps: Option<gst::Caps>,
    feed: Option<Feed>,
}

impl RecordingTap {
    /// The way into a recording that does not run yet.
    pub(crate) fn new(figures: &Arc<Figures>) -> Self {
        Self {
            inner: Mutex::default(),
            figures: Arc::clone(figures),
        }
    }

    /// The format of what would be recorded, once it is known.
    pub(crate) fn caps(&self) -> Option<gst::Caps> {
        self.lock().caps.clone()
    }

    /// Begins to feed a recording.
    pub(crate) fn open(&self, feed: Feed) {
        self.lock().feed = Some(feed);
    }

    /// Stops feeding; with `end`, the recording is told so.
    pub(crate) fn close(&self, end: bool) {
        let feed = self.lock().feed.take();
        if let Some(feed) = feed.filter(|_| end) {
            feed.end();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tap for RecordingTap {
    fn put(&self, unit: &Unit) -> bool {
        let mut inner = self.lock();
        if inner.caps.as_ref() != Some(&unit.caps) {
            inner.caps = Some(unit.caps.clone());
        }
        let taken = inner.feed.as_ref().map(|feed| feed.put(unit));
        if taken == Some(Taken::Lost) {
            self.figures.unrecorded.add();
        }
        taken == Some(Taken::NeedsKey)
    }
}

/// What is behind a stream's name in the names of its segments: the time of day, which sorts.
const TIME: &str = "%Y%m%dT%H%M%S%3fZ";

/// The name of the next segment.
pub(crate) fn segment(
    stream: &str,
    sink: &RecordingSink,
    untouched: bool,
    extension: &str,
) -> PathBuf {
    let time = chrono::Utc::now().format(TIME);
    let what = if untouched { "_original" } else { "" };
    sink.folder
        .join(format!("{stream}_{time}{what}.{extension}"))
}

/// Whether a file name is that of a segment of `stream`.
fn is_segment(name: &str, stream: &str) -> bool {
    let Some(rest) = name
        .strip_prefix(stream)
        .and_then(|rest| rest.strip_prefix('_'))
    else {
        return false;
    };
    // Another stream may be called "door_2".
    let is_time = rest
        .get(..8)
        .is_some_and(|date| date.bytes().all(|byte| byte.is_ascii_digit()));
    is_time && rest.get(8..9) == Some("T") && [".mp4", ".mkv"].iter().any(|end| rest.ends_with(end))
}

/// Deletes the oldest segments of a stream until the rest fits its quota, and gives what was deleted. The newest is
/// never deleted: it may be being written. Reads the disk; not for a streaming thread.
///
/// # Errors
///
/// The folder cannot be read, or a segment not be deleted.
fn keep_quota(stream: &str, sink: &RecordingSink) -> std::io::Result<Vec<PathBuf>> {
    if sink.quota_megabytes == 0 {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&sink.folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| is_segment(name, stream)) {
            files.push((name, entry.metadata()?.len()));
        }
    }
    files.sort();
    let sizes: Vec<u64> = files.iter().map(|(_, size)| *size).collect();
    let doomed = surplus(&sizes, sink.quota_megabytes * 1_000_000);
    let mut deleted = Vec::new();
    for (name, _) in &files[..doomed] {
        let path = sink.folder.join(name);
        std::fs::remove_file(&path)?;
        deleted.push(path);
    }
    Ok(deleted)
}

/// How many of the first of these files must go for the rest to fit.
fn surplus(sizes: &[u64], quota: u64) -> usize {
    let mut total: u64 = sizes.iter().sum();
    let mut count = 0;
    while total > quota && count + 1 < sizes.len() {
        total -= sizes[count];
        count += 1;
    }
    count
}

/// A segment is complete: says so, and keeps the quota, on a thread of its own.
pub(crate) fn segment_closed(stream: &Stream, role: Role, message: &gst::StructureRef) {
    let (Role::Recording(index) | Role::Untouched(index)) = role else {
        return;
    };
    let file = message.get::<String>("location").unwrap_or_default();
    tracing::info!(stream = stream.name, file, "segment complete");
    let Some(Sink::Recording(sink)) = stream.sinks.get(index) else {
        return;
    };
    let (name, sink) = (stream.name.clone(), sink.clone());
    tokio::task::spawn_blocking(move || match keep_quota(&name, &sink) {
        Ok(deleted) => {
            for file in deleted {
                tracing::info!(stream = name, file = %file.display(), "deleted for the quota");
            }
        }
        Err(error) => {
            let folder = sink.folder.display();
            tracing::warn!(stream = name, %folder, %error, "the quota cannot be kept");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_go_first_and_the_newest_stays() {
        for (sizes, quota, expected) in [
            (&[5, 5, 5][..], 15, 0),
            (&[5, 5, 5], 14, 1),
            (&[5, 5, 5], 4, 2),
            (&[50], 4, 0),
            (&[], 0, 0),
        ] {
            assert_eq!(surplus(sizes, quota), expected, "{sizes:?} in {quota}");
        }
    }

    #[test]
    fn only_a_streams_own_segments_are_its_segments() {
        for (name, expected) in [
            ("door_20261122T101500123Z.mp4", true),
            ("door_20261122T101500123Z_original.mkv", true),
            ("door_2_20261122T101500123Z.mp4", false),
            ("door_20261122T101500123Z.txt", false),
            ("door_notes.mp4", false),
            ("gate_20261122T101500123Z.mp4", false),
            ("door", false),
        ] {
            assert_eq!(is_segment(name, "door"), expected, "{name}");
        }
    }
}

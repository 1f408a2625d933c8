//! Notices that a file has changed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file and what it looked like when it was last seen.
pub(crate) struct FileWatch {
    path: PathBuf,
    seen: Option<(SystemTime, u64)>,
    /// What it looks like now, if that is not what it looked like: an editor may still be writing.
    settling: Option<(SystemTime, u64)>,
}

impl FileWatch {
    /// Watches a file from now on.
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            seen: look(path),
            settling: None,
        }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it has changed, and has then looked the same twice. A file that is gone has not changed: editors replace
    /// files by removing them.
    pub(crate) fn has_changed(&mut self) -> bool {
        let now = look(&self.path);
        if now.is_none() || now == self.seen {
            self.settling = None;
            return false;
        }
        if self.settling != now {
            self.settling = now;
            return false;
        }
        (self.seen, self.settling) = (now, None);
        true
    }
}

fn look(path: &Path) -> Option<(SystemTime, u64)> {
    let data = std::fs::metadata(path).ok()?;
    Some((data.modified().ok()?, data.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_noticed_once_when_it_has_settled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipeline.toml");
        std::fs::write(&path, "a").unwrap();
        let mut watch = FileWatch::new(&path);
        assert!(!watch.has_changed());
        std::fs::write(&path, "ab").unwrap();
        assert!(!watch.has_changed());
        assert!(watch.has_changed());
        assert!(!watch.has_changed());
        std::fs::remove_file(&path).unwrap();
        assert!(!watch.has_changed());
    }
}

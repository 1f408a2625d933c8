//! The folder for compiled models.

use super::report::{Finding, Level};
use lowlight_engine::discovery;
use std::path::Path;

pub(super) fn findings() -> Vec<Finding> {
    vec![match discovery::cache_dir() {
        Some(dir) => folder(&dir),
        None => Finding::new(Level::Note, "folder", "none: this user has no home")
            .remedy("set XDG_CACHE_HOME, or the element's cache-dir"),
    }]
}

/// A folder that may not be there yet, but must be one that files can be made in.
fn folder(dir: &Path) -> Finding {
    let made = std::fs::create_dir_all(dir).and_then(|()| tempfile::tempfile_in(dir));
    match made {
        Ok(_) => {
            let (files, bytes) = contents(dir);
            let mib = bytes as f64 / f64::from(1 << 20);
            Finding::ok(
                "folder",
                format!("{}, {files} files, {mib:.1} MiB", dir.display()),
            )
        }
        Err(error) => Finding::new(
            Level::Warning,
            "folder",
            format!("{} cannot be written: {error}", dir.display()),
        )
        .remedy(
            "without it every start compiles again: set XDG_CACHE_HOME, or the element's cache-dir",
        ),
    }
}

/// Files in `dir` and below, and their bytes. Links are not followed.
fn contents(dir: &Path) -> (u64, u64) {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.fold((0, 0), |(files, bytes), entry| match entry.metadata() {
        Ok(data) if data.is_dir() => {
            let below = contents(&entry.path());
            (files + below.0, bytes + below.1)
        }
        Ok(data) => (files + 1, bytes + data.len()),
        Err(_) => (files, bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_measured_with_what_is_below() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("below")).unwrap();
        std::fs::write(dir.path().join("below/a"), [0; 1 << 20]).unwrap();
        std::fs::write(dir.path().join("b"), [0; 1 << 19]).unwrap();
        let finding = folder(dir.path());
        assert_eq!(finding.level(), Level::Ok);
        assert!(
            finding.text().ends_with(", 2 files, 1.5 MiB"),
            "{}",
            finding.text()
        );
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_warned_of() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(folder(&file.path().join("cache")).level(), Level::Warning);
    }
}

//! What is in an entry, so that whatever else is there is noticed before it is loaded.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::key::{FORMAT, Key};
use super::{digest, files};

/// The manifest's name. The last file of an entry to be written.
pub(super) const FILE: &str = "entry.json";

/// An entry: what was compiled, and into which files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// What was compiled, and for what.
    pub key: Key,
    /// The model's file name when it was compiled. For readers: the key has its digest.
    pub model_file: String,
    /// Width and height of the model's picture.
    pub size: (usize, usize),
    /// When it was done, in seconds since 1970.
    pub created: u64,
    /// How long that took.
    pub build_milliseconds: u64,
    /// The files, in the order of their names.
    pub files: Vec<Record>,
}

/// A file of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its path in the entry.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub sha256: String,
}

/// What a builder knows of its build.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) model_file: String,
    pub(super) size: (usize, usize),
    pub(super) took: Duration,
}

/// Why an entry must not be loaded.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// The manifest is missing, cut short or not ours.
    #[error("its {FILE} cannot be read: {0}")]
    Manifest(String),
    /// It is another key's entry.
    #[error("it is another one's entry: {0}")]
    Foreign(String),
    /// A file is missing.
    #[error("{0} is missing")]
    Missing(String),
    /// There is a file that nobody built.
    #[error("{0} does not belong there")]
    Stranger(String),
    /// A file has another length.
    #[error("{name} has {bytes} bytes, not {expected}")]
    Length {
        /// The file.
        name: String,
        /// What it has.
        bytes: u64,
        /// What it was built with.
        expected: u64,
    },
    /// A file has another content.
    #[error("{0} has another content than it was built with")]
    Content(String),
    /// The disk gave an error.
    #[error("it cannot be read: {0}")]
    Read(String),
}

impl Flaw {
    fn read(error: &io::Error) -> Self {
        Self::Read(error.to_string())
    }
}

impl Manifest {
    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// How long the build took.
    #[must_use]
    pub fn build_time(&self) -> Duration {
        Duration::from_millis(self.build_milliseconds)
    }

    /// Writes the manifest of what is in `dir`, and sees to it that all of it is on disk. `None` if nothing is there.
    pub(super) fn seal(dir: &Path, key: &Key, facts: Facts) -> io::Result<Option<Self>> {
        let mut records = Vec::new();
        for path in files::below(dir)? {
            let file = dir.join(&path);
            File::open(&file)?.sync_all()?;
            records.push(Record {
                name: path.to_string_lossy().into_owned(),
                bytes: file.metadata()?.len(),
                sha256: digest::of_file(&file)?,
            });
        }
        if records.is_empty() {
            return Ok(None);
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let manifest = Self {
            format: FORMAT,
            key: key.clone(),
            model_file: facts.model_file,
            size: facts.size,
            created: now.unwrap_or_default().as_secs(),
            build_milliseconds: u64::try_from(facts.took.as_millis()).unwrap_or(u64::MAX),
            files: records,
        };
        files::replace(&dir.join(FILE), &serde_json::to_vec_pretty(&manifest)?)?;
        Ok(Some(manifest))
    }

    /// Reads the manifest of the entry in `dir`, without a look at the other files.
    pub(super) fn read(dir: &Path) -> Result<Self, Flaw> {
        let flaw = |reason: String| Flaw::Manifest(reason);
        let text = std::fs::read(dir.join(FILE)).map_err(|error| flaw(error.to_string()))?;
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|error| flaw(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(flaw(format!("format {} is not ours", manifest.format)));
        }
        Ok(manifest)
    }

    /// Reads and checks the entry in `dir`, to the last byte: it is `expected`'s, and as it was built.
    pub(super) fn check(dir: &Path, expected: Option<&Key>) -> Result<Self, Flaw> {
        let manifest = Self::read(dir)?;
        let named = dir.file_name().map(|name| name.to_string_lossy());
        let foreign = match expected {
            Some(key) => key.difference(&manifest.key),
            None => (named != Some(manifest.key.digest().into()))
                .then(|| "its key gives another name".to_owned()),
        };
        if let Some(difference) = foreign {
            return Err(Flaw::Foreign(difference));
        }
        manifest.check_files(dir)?;
        Ok(manifest)
    }

    fn check_files(&self, dir: &Path) -> Result<(), Flaw> {
        let found = files::below(dir).map_err(|error| Flaw::read(&error))?;
        let mut missing: Vec<&Record> = self.files.iter().collect();
        for path in found.iter().filter(|path| *path != Path::new(FILE)) {
            let name = path.to_string_lossy();
            let Some(place) = missing.iter().position(|record| record.name == name) else {
                return Err(Flaw::Stranger(name.into_owned()));
            };
            missing.swap_remove(place).check(&dir.join(path))?;
        }
        match missing.first() {
            Some(record) => Err(Flaw::Missing(record.name.clone())),
            None => Ok(()),
        }
    }
}

impl Record {
    fn check(&self, path: &Path) -> Result<(), Flaw> {
        let metadata = path.metadata().map_err(|error| Flaw::read(&error))?;
        if metadata.len() != self.bytes {
            return Err(Flaw::Length {
                name: self.name.clone(),
                bytes: metadata.len(),
                expected: self.bytes,
            });
        }
        let sha256 = digest::of_file(path).map_err(|error| Flaw::read(&error))?;
        match sha256 == self.sha256 {
            true => Ok(()),
            false => Err(Flaw::Content(self.name.clone())),
        }
    }
}

//! The folder of entries: an entry that can be loaded, or a place to build one.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::evict::Prune;
use super::files;
use super::key::Key;
use super::lock::{KeyLock, Mode};
use super::manifest::{Facts, Flaw, Manifest};

/// Compiled models on disk, one folder for each key. Nothing is opened or made before it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineCache {
    root: PathBuf,
    read_only: bool,
    max_size: Option<u64>,
}

/// What a cache has for a key.
#[derive(Debug)]
pub(super) enum Found {
    /// An entry that was checked.
    Sound(Sound),
    /// None, and a place to build it.
    Draft(Draft),
    /// None, and no place: the reason.
    Nowhere(String),
}

/// An entry that was checked, and that nobody removes while this is held.
#[derive(Debug)]
pub(crate) struct Sound {
    cache: EngineCache,
    key: Key,
    dir: PathBuf,
    before: Vec<Print>,
    lock: Option<KeyLock>,
}

/// A file from outside: what changes when somebody writes to it.
type Print = (PathBuf, u64, Option<SystemTime>);

/// A folder to build in. Nobody else builds the same meanwhile. Unless it is published, it goes.
#[derive(Debug)]
pub(crate) struct Draft {
    cache: EngineCache,
    key: Key,
    dir: PathBuf,
    lock: Option<KeyLock>,
}

impl EngineCache {
    /// The cache in folder `dir`, which need not be there yet. Beyond `max_size` bytes, the least recently used entries
    /// are removed when one is added.
    #[must_use]
    pub fn new(dir: &Path, read_only: bool, max_size: Option<u64>) -> Self {
        Self {
            root: dir.join("engines"),
            read_only,
            max_size,
        }
    }

    /// The folder that entries lie in.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn entry_dir(&self, digest: &str) -> PathBuf {
        self.root.join(digest)
    }

    pub(super) fn lock_path(&self, digest: &str) -> PathBuf {
        self.root.join(format!("{digest}.lock"))
    }

    pub(super) fn draft_dir(&self, digest: &str) -> PathBuf {
        self.root.join(format!("{digest}.draft"))
    }

    /// The entry for `key`, or a place to build it. Waits while another process builds it; `waiting` is then called.
    pub(super) fn find(&self, key: &Key, waiting: impl Fn()) -> Found {
        if self.read_only {
            return self.find_only(key, "the cache is read-only");
        }
        let ready = std::fs::create_dir_all(&self.root);
        match ready.and_then(|()| self.find_or_draft(key, waiting)) {
            Ok(found) => found,
            // A folder that cannot be written is as good as a read-only one.
            Err(error) => self.find_only(key, &error.to_string()),
        }
    }

    fn find_only(&self, key: &Key, reason: &str) -> Found {
        let digest = key.digest();
        let dir = self.entry_dir(&digest);
        if !dir.is_dir() {
            return Found::Nowhere(format!("{}: {reason}", self.root.display()));
        }
        // A folder that was copied without its locks has nobody to lock out.
        let lock = KeyLock::try_existing(&self.lock_path(&digest), Mode::Shared);
        match Manifest::check(&dir, Some(key)) {
            Ok(_) => Found::Sound(Sound::new(self, key, dir, lock.ok().flatten())),
            Err(flaw) => Found::Nowhere(format!("{}: {flaw}, and {reason}", dir.display())),
        }
    }

    fn find_or_draft(&self, key: &Key, waiting: impl Fn()) -> io::Result<Found> {
        let digest = key.digest();
        let (dir, path) = (self.entry_dir(&digest), self.lock_path(&digest));
        if dir.is_dir() {
            let lock = KeyLock::wait(&path, Mode::Shared, &waiting)?;
            if Manifest::check(&dir, Some(key)).is_ok() {
                lock.touch();
                return Ok(Found::Sound(Sound::new(self, key, dir, Some(lock))));
            }
        }
        let lock = KeyLock::wait(&path, Mode::Exclusive, &waiting)?;
        // Who waited finds what the other one built.
        if dir.is_dir() {
            match Manifest::check(&dir, Some(key)) {
                Ok(_) => {
                    lock.touch();
                    return Ok(Found::Sound(Sound::new(self, key, dir, Some(lock))));
                }
                Err(flaw) => discard(&dir, &flaw)?,
            }
        }
        Draft::begin(self, key, lock).map(Found::Draft)
    }
}

fn discard(dir: &Path, flaw: &Flaw) -> io::Result<()> {
    tracing::warn!(entry = %dir.display(), %flaw, "a compiled model is not as it was built, and is built again");
    remove_dir(dir)
}

/// Removes a folder if it is there.
pub(super) fn remove_dir(dir: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

impl Sound {
    fn new(cache: &EngineCache, key: &Key, dir: PathBuf, lock: Option<KeyLock>) -> Self {
        Self {
            cache: cache.clone(),
            key: key.clone(),
            before: prints(&dir),
            dir,
            lock,
        }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the entry is still as it was when it was checked: a provider that found it of no use writes another.
    pub(super) fn is_untouched(&self) -> bool {
        prints(&self.dir) == self.before
    }

    /// A place to build the entry anew, which its provider refused for `reason`. It stays until that is done: what was
    /// wrong may be something else, such as a GPU without memory. `None` where nothing can be written.
    pub(super) fn again(mut self, reason: &str) -> Option<Draft> {
        tracing::warn!(entry = %self.dir.display(), reason, "a compiled model does not load, and is built again");
        drop(self.lock.take());
        if self.cache.read_only {
            return None;
        }
        let path = self.cache.lock_path(&self.key.digest());
        let lock = KeyLock::wait(&path, Mode::Exclusive, || {});
        lock.and_then(|lock| Draft::begin(&self.cache, &self.key, lock))
            .ok()
    }
}

fn prints(dir: &Path) -> Vec<Print> {
    let paths = files::below(dir).unwrap_or_default().into_iter();
    paths
        .map(|path| match std::fs::metadata(dir.join(&path)) {
            Ok(metadata) => (path, metadata.len(), metadata.modified().ok()),
            Err(_) => (path, 0, None),
        })
        .collect()
}

impl Draft {
    fn begin(cache: &EngineCache, key: &Key, lock: KeyLock) -> io::Result<Self> {
        let dir = cache.draft_dir(&key.digest());
        // Whoever left one was killed: the lock is ours.
        remove_dir(&dir)?;
        std::fs::create_dir(&dir)?;
        Ok(Self {
            cache: cache.clone(),
            key: key.clone(),
            dir,
            lock: Some(lock),
        })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes an entry of what was built, at once and whole. `false` if nothing was.
    pub(super) fn publish(mut self, facts: Facts) -> io::Result<bool> {
        if Manifest::seal(&self.dir, &self.key, facts)?.is_none() {
            return Ok(false);
        }
        let digest = self.key.digest();
        let entry = self.cache.entry_dir(&digest);
        remove_dir(&entry)?;
        std::fs::rename(&self.dir, entry)?;
        files::sync_dir(&self.cache.root)?;
        if let Some(lock) = self.lock.take() {
            lock.touch();
        }
        if let Some(limit) = self.cache.max_size {
            self.cache.prune_but(Prune::ToSize(limit), Some(&digest));
        }
        Ok(true)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Published, it is not there any more.
        if let Err(error) = remove_dir(&self.dir) {
            tracing::debug!(dir = %self.dir.display(), %error, "a draft is left behind");
        }
    }
}

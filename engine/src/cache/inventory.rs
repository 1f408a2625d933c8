//! What is in a cache, for people: lists, checks, and taking out.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::evict::{self, Usage};
use super::files;
use super::lock::{KeyLock, Mode};
use super::manifest::{Flaw, Manifest};
use super::store::{EngineCache, remove_dir};
use super::{KERNELS, Prune};

/// An entry of a cache.
#[derive(Debug)]
pub struct Listed {
    /// The entry's name, which is its key's digest.
    pub name: String,
    /// Bytes on disk.
    pub bytes: u64,
    /// When it was last loaded or built.
    pub last_used: SystemTime,
    /// What it is, or why that cannot be told.
    pub manifest: Result<Manifest, Flaw>,
}

/// What came of a [`EngineCache::prune`].
#[derive(Debug, Default)]
pub struct Pruned {
    /// Entries that were removed.
    pub removed: Vec<Listed>,
    /// Names of entries that are being built or loaded, and stay.
    pub in_use: Vec<String>,
    /// Names of entries that could not be removed, and why.
    pub failed: Vec<(String, String)>,
}

impl EngineCache {
    /// Every entry with its manifest, the one used last first. A folder that is not there is empty.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self) -> io::Result<Vec<Listed>> {
        self.listed(&Manifest::read)
    }

    /// As [`Self::list`], with every file of every entry read and compared with what was built.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn verify(&self) -> io::Result<Vec<Listed>> {
        self.listed(&|dir| Manifest::check(dir, None))
    }

    fn listed(&self, read: &dyn Fn(&Path) -> Result<Manifest, Flaw>) -> io::Result<Vec<Listed>> {
        let mut found = Vec::new();
        for name in self.names("")? {
            let dir = self.entry_dir(&name);
            found.push(Listed {
                bytes: size(&dir) + size(&dir.with_extension(KERNELS)),
                last_used: self.last_used(&name),
                manifest: read(&dir),
                name,
            });
        }
        found.sort_by_key(|entry| std::cmp::Reverse(entry.last_used));
        Ok(found)
    }

    /// Removes entries, and what builds that were killed left behind. What is being built or loaded right now stays.
    ///
    /// # Errors
    /// The folder cannot be read. What cannot be removed is told in the result.
    pub fn prune(&self, prune: Prune) -> io::Result<Pruned> {
        let result = self.prune_entries(prune, None)?;
        for name in self.names("draft")? {
            if let Ok(Some(_lock)) = KeyLock::try_existing(&self.lock_path(&name), Mode::Exclusive)
            {
                remove_dir(&self.draft_dir(&name))?;
            }
        }
        Ok(result)
    }

    /// Prunes on the way, when an entry was added: entry `spared` stays, and errors are only logged.
    pub(super) fn prune_but(&self, prune: Prune, spared: Option<&str>) {
        match self.prune_entries(prune, spared) {
            Ok(pruned) => {
                for entry in &pruned.removed {
                    tracing::info!(
                        entry = entry.name,
                        bytes = entry.bytes,
                        "the cache is full: a compiled model was removed"
                    );
                }
            }
            Err(error) => {
                tracing::warn!(root = %self.root().display(), %error, "the cache cannot be kept to its size");
            }
        }
    }

    fn prune_entries(&self, prune: Prune, spared: Option<&str>) -> io::Result<Pruned> {
        let mut entries = self.list()?;
        let mut spared_bytes = 0;
        entries.retain(|entry| {
            let is_spared = spared == Some(entry.name.as_str());
            spared_bytes += if is_spared { entry.bytes } else { 0 };
            !is_spared
        });
        let prune = match prune {
            Prune::ToSize(limit) => Prune::ToSize(limit.saturating_sub(spared_bytes)),
            other => other,
        };
        let usages: Vec<Usage> = entries
            .iter()
            .map(|entry| Usage {
                bytes: entry.bytes,
                last_used: entry.last_used,
            })
            .collect();
        let victims = evict::victims(&usages, prune, SystemTime::now());
        let mut pruned = Pruned::default();
        for (index, entry) in entries.into_iter().enumerate() {
            if !victims.contains(&index) {
                continue;
            }
            match self.remove(&entry.name) {
                Ok(true) => pruned.removed.push(entry),
                Ok(false) => pruned.in_use.push(entry.name),
                Err(error) => pruned.failed.push((entry.name, error.to_string())),
            }
        }
        Ok(pruned)
    }

    /// Removes an entry with its lock; `false` if somebody holds it.
    fn remove(&self, name: &str) -> io::Result<bool> {
        let path = self.lock_path(name);
        let lock = match KeyLock::try_existing(&path, Mode::Exclusive) {
            Ok(Some(lock)) => Some(lock),
            Ok(None) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        // Without its manifest what is left is no entry, even if this process dies half-way.
        let dir = self.entry_dir(name);
        match std::fs::remove_file(dir.join(super::manifest::FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => remove_dir(&dir)?,
        }
        remove_dir(&dir.with_extension(KERNELS))?;
        lock.map_or(Ok(()), KeyLock::remove)?;
        Ok(true)
    }

    /// Names of the entries whose folders end with `.extension`, or with nothing.
    fn names(&self, extension: &str) -> io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(self.root()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let has = path.extension().and_then(|text| text.to_str());
            let name = path.file_stem().and_then(|name| name.to_str());
            if let Some(name) = name.filter(|name| is_digest(name) && path.is_dir())
                && has.unwrap_or_default() == extension
            {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    fn last_used(&self, name: &str) -> SystemTime {
        let time = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
        time(&self.lock_path(name))
            .or_else(|_| time(&self.entry_dir(name)))
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// Whether a folder of this name can be an entry: others are not ours, and are left alone.
fn is_digest(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn size(dir: &Path) -> u64 {
    let files = files::below(dir).unwrap_or_default();
    let bytes =
        |path: &std::path::PathBuf| std::fs::metadata(dir.join(path)).map_or(0, |m| m.len());
    files.iter().map(bytes).sum()
}

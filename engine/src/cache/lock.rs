//! Who may touch an entry: one builder, or any number of readers, across processes.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A lock on an entry, held until it is dropped or its process ends, however it ends (`flock`).
#[derive(Debug)]
pub(super) struct KeyLock {
    file: File,
    path: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Readers: entries that are being loaded are not removed.
    Shared,
    /// The builder, or who removes the entry.
    Exclusive,
}

impl KeyLock {
    /// Waits for the lock at `path`, which is made; `waiting` is called once if somebody else has it.
    pub(super) fn wait(path: &Path, mode: Mode, waiting: impl FnOnce()) -> io::Result<Self> {
        let mut waiting = Some(waiting);
        loop {
            let options = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path);
            let file = options?;
            if !try_lock(&file, mode)? {
                if let Some(waiting) = waiting.take() {
                    waiting();
                }
                match mode {
                    Mode::Shared => file.lock_shared()?,
                    Mode::Exclusive => file.lock()?,
                }
            }
            if let Some(lock) = Self::if_still(file, path) {
                return Ok(lock);
            }
        }
    }

    /// The lock at `path`, unless somebody else has it. Makes no file.
    pub(super) fn try_existing(path: &Path, mode: Mode) -> io::Result<Option<Self>> {
        let file = File::open(path)?;
        match try_lock(&file, mode)? {
            true => Ok(Self::if_still(file, path)),
            false => Ok(None),
        }
    }

    /// A lock on a file that was removed meanwhile keeps nobody out.
    fn if_still(file: File, path: &Path) -> Option<Self> {
        let (ours, now) = (file.metadata().ok()?, std::fs::metadata(path).ok()?);
        ((ours.dev(), ours.ino()) == (now.dev(), now.ino())).then(|| Self {
            file,
            path: path.to_path_buf(),
        })
    }

    /// Notes that the entry was used now. Its time is nothing that anybody waits for: failing is no matter.
    pub(super) fn touch(&self) {
        if let Ok(file) = OpenOptions::new().write(true).open(&self.path) {
            let _ = file.set_modified(std::time::SystemTime::now());
        }
    }

    /// Removes the lock file, while nobody else can have the lock.
    pub(super) fn remove(self) -> io::Result<()> {
        std::fs::remove_file(&self.path)?;
        drop(self.file);
        Ok(())
    }
}

fn try_lock(file: &File, mode: Mode) -> io::Result<bool> {
    let result = match mode {
        Mode::Shared => file.try_lock_shared(),
        Mode::Exclusive => file.try_lock(),
    };
    match result {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_share_and_a_builder_is_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.lock");
        let unexpected = || panic!("nobody has it");
        let one = KeyLock::wait(&path, Mode::Shared, unexpected).unwrap();
        let two = KeyLock::wait(&path, Mode::Shared, unexpected).unwrap();
        assert!(
            KeyLock::try_existing(&path, Mode::Exclusive)
                .unwrap()
                .is_none()
        );
        drop((one, two));
        let builder = KeyLock::try_existing(&path, Mode::Exclusive).unwrap();
        assert!(builder.is_some());
        assert!(
            KeyLock::try_existing(&path, Mode::Shared)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn who_waited_for_a_lock_that_was_removed_gets_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.lock");
        let held = KeyLock::wait(&path, Mode::Exclusive, || {}).unwrap();
        let (said, waits) = std::sync::mpsc::channel();
        let other = path.clone();
        let waiter = std::thread::spawn(move || {
            KeyLock::wait(&other, Mode::Exclusive, || said.send(()).unwrap())
        });
        waits.recv().unwrap();
        held.remove().unwrap();
        let lock = waiter.join().unwrap().unwrap();
        assert!(path.exists());
        assert!(
            KeyLock::try_existing(&path, Mode::Exclusive)
                .unwrap()
                .is_none()
        );
        drop(lock);
    }
}

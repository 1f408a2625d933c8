//! Who reads which mount. No GStreamer: a reader is a number.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The readers of all mounts.
#[derive(Debug, Default)]
pub(crate) struct Readers(Mutex<BTreeMap<String, Mount>>);

#[derive(Debug)]
struct Mount {
    limit: usize,
    readers: BTreeSet<usize>,
    /// How many it has not let in.
    refused: u64,
}

impl Readers {
    /// Opens a mount for so many readers.
    pub(crate) fn open(&self, mount: &str, limit: usize) {
        let readers = BTreeSet::new();
        let opened = Mount {
            limit,
            readers,
            refused: 0,
        };
        self.lock().insert(mount.to_owned(), opened);
    }

    /// Closes a mount, and gives those who still read it.
    pub(crate) fn close(&self, mount: &str) -> BTreeSet<usize> {
        let closed = self.lock().remove(mount);
        closed.map(|mount| mount.readers).unwrap_or_default()
    }

    /// Lets a reader in, unless the mount is full. Says how many there are then.
    pub(crate) fn admit(&self, mount: &str, reader: usize) -> Option<usize> {
        let mut mounts = self.lock();
        let mount = mounts.get_mut(mount)?;
        let is_full = mount.readers.len() >= mount.limit;
        if is_full && !mount.readers.contains(&reader) {
            mount.refused += 1;
            return None;
        }
        mount.readers.insert(reader);
        Some(mount.readers.len())
    }

    /// All mounts, how many readers each has, and how many it has refused.
    pub(crate) fn counts(&self) -> Vec<(String, usize, u64)> {
        let mounts = self.lock();
        let count =
            |(name, mount): (&String, &Mount)| (name.clone(), mount.readers.len(), mount.refused);
        mounts.iter().map(count).collect()
    }

    /// A reader has left one mount, or all of them.
    pub(crate) fn leave(&self, mount: Option<&str>, reader: usize) {
        for (name, entry) in self.lock().iter_mut() {
            if mount.is_none_or(|mount| mount == name) {
                entry.readers.remove(&reader);
            }
        }
    }

    /// The mount that a request's path belongs to: the path itself, or what it starts with, as in
    /// `/gate/stream=0`.
    pub(crate) fn mount_of(&self, path: &str) -> Option<String> {
        let mounts = self.lock();
        let is_inside = |mount: &str| {
            path.strip_prefix(mount)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        };
        let inside = mounts.keys().filter(|mount| is_inside(mount));
        inside.max_by_key(|mount| mount.len()).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Mount>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The path of an RTSP URL.
pub(crate) fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("/", |start| &rest[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_mount_lets_nobody_in_until_somebody_leaves() {
        let readers = Readers::default();
        readers.open("/a", 2);
        assert_eq!(readers.admit("/a", 1), Some(1));
        assert_eq!(readers.admit("/a", 2), Some(2));
        assert_eq!(readers.admit("/a", 3), None);
        // A second SETUP of one reader is one reader.
        assert_eq!(readers.admit("/a", 2), Some(2));
        readers.leave(None, 1);
        assert_eq!(readers.admit("/a", 3), Some(2));
        readers.leave(Some("/b"), 3);
        assert_eq!(readers.admit("/a", 1), None);
        assert_eq!(readers.close("/a"), BTreeSet::from([2, 3]));
        assert_eq!(readers.admit("/a", 1), None);
    }

    #[test]
    fn requests_inside_a_mount_belong_to_it() {
        let readers = Readers::default();
        for mount in ["/gate", "/gate/original"] {
            readers.open(mount, 1);
        }
        for (path, expected) in [
            ("/gate", Some("/gate")),
            ("/gate?x=1", Some("/gate")),
            ("/gate/stream=0", Some("/gate")),
            ("/gate/original/stream=0", Some("/gate/original")),
            ("/gates", None),
            ("/", None),
        ] {
            assert_eq!(readers.mount_of(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn path_follows_the_host() {
        assert_eq!(path_of("rtsp://host:8554/gate/stream=0"), "/gate/stream=0");
        assert_eq!(path_of("rtsp://host"), "/");
        assert_eq!(path_of("/gate"), "/gate");
    }
}

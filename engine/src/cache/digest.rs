//! SHA-256 of files. A model's is worked out once per process, however many streams want it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of `bytes`, as 64 hexadecimal digits.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of the file at `path`.
pub(super) fn of_file(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    feed(&mut hash, path)?;
    Ok(hex(&hash.finalize()))
}

/// The start of a library's SHA-256, to tell two builds of one version apart; read once per process.
pub(crate) fn short_digest(path: &Path) -> io::Result<String> {
    let mut digest = MODELS.of_model(path)?;
    digest.truncate(12);
    Ok(digest)
}

fn feed(hash: &mut Sha256, path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// A file as it is on disk now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Stamp {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self {
            path: path.to_path_buf(),
            length: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }
}

/// Digests of models by the files that they were taken of.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<Stamp, Known>>);

#[derive(Clone, Debug)]
struct Known {
    digest: String,
    /// The files that hold the weights, as they were.
    weights: Vec<Stamp>,
}

/// This process's.
pub(super) static MODELS: LazyLock<Memory> = LazyLock::new(Memory::default);

impl Memory {
    /// SHA-256 of the model at `path` and of the files that hold its weights, if it has such.
    pub(super) fn of_model(&self, path: &Path) -> io::Result<String> {
        let stamp = Stamp::of(path)?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |known: &Known| {
            let mut weights = known.weights.iter();
            weights.all(|stamp| Stamp::of(&stamp.path).is_ok_and(|now| now == *stamp))
        };
        if let Some(known) = known.get(&stamp).filter(|known| is_fresh(known)) {
            return Ok(known.digest.clone());
        }
        // Locked meanwhile: who wants the same model waits for the one reading of it.
        let fresh = read(path)?;
        known.retain(|old, _| old.path != stamp.path);
        known.insert(stamp, fresh.clone());
        Ok(fresh.digest)
    }
}

fn read(path: &Path) -> io::Result<Known> {
    let bytes = std::fs::read(path)?;
    let mut hash = Sha256::new();
    hash.update(&bytes);
    let mut weights = Vec::new();
    for name in external_files(&bytes) {
        let path = path.with_file_name(&name);
        let Ok(stamp) = Stamp::of(&path) else {
            continue;
        };
        if !weights.contains(&stamp) {
            hash.update(name.as_bytes());
            feed(&mut hash, &path)?;
            weights.push(stamp);
        }
    }
    Ok(Known {
        digest: hex(&hash.finalize()),
        weights,
    })
}

/// Names of the files that an ONNX model keeps weights in. A tensor names its file in an entry of key `location`: in the
/// wire format, field 1 with the key and field 2 with the name. What only looks like one is a file that is not there.
fn external_files(model: &[u8]) -> Vec<String> {
    const KEY: &[u8] = b"\x0a\x08location\x12";
    let mut names = Vec::new();
    let places = model.windows(KEY.len()).enumerate();
    for (place, _) in places.filter(|(_, window)| *window == KEY) {
        let rest = &model[place + KEY.len()..];
        // File names are shorter than 128 bytes: their length is one byte.
        let Some((&length @ ..128, rest)) = rest.split_first() else {
            continue;
        };
        let name = rest.get(..usize::from(length));
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        if let Some(name) = name.filter(|name| !names.iter().any(|known| known == name)) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn digests_are_sha_256() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("abc");
        std::fs::write(&file, "abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(of_file(&file).unwrap(), expected);
        assert_eq!(Memory::default().of_model(&file).unwrap(), expected);
    }

    /// Shown by a file that changes behind the memory's back: same length, same time.
    #[test]
    fn a_model_is_read_once_until_it_changes() {
        let (dir, memory) = (tempfile::tempdir().unwrap(), Memory::default());
        let path = dir.path().join("model.onnx");
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let write = |text: &str, time| {
            std::fs::write(&path, text).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(time).unwrap();
        };
        write("one", time);
        let first = memory.of_model(&path).unwrap();
        write("two", time);
        assert_eq!(memory.of_model(&path).unwrap(), first);
        write("two", time + Duration::from_secs(1));
        assert_ne!(memory.of_model(&path).unwrap(), first);
        write("three", time + Duration::from_secs(1));
        assert_ne!(memory.of_model(&path).unwrap(), first);
    }

    #[test]
    fn weights_in_a_file_of_their_own_belong_to_the_model() {
        let (dir, memory) = (tempfile::tempdir().unwrap(), Memory::default());
        let path = dir.path().join("model.onnx");
        std::fs::write(&path, b"\x08\x01\x0a\x08location\x12\x07w.dataX\x00").unwrap();
        let without = memory.of_model(&path).unwrap();
        let weights = dir.path().join("w.dataX");
        std::fs::write(&weights, "1").unwrap();
        let fresh = Memory::default().of_model(&path).unwrap();
        assert_ne!(fresh, without);
        let memory = Memory::default();
        assert_eq!(memory.of_model(&path).unwrap(), fresh);
        std::fs::write(&weights, "22").unwrap();
        assert_ne!(memory.of_model(&path).unwrap(), fresh);
    }
}

//! What a build can take over from earlier ones: TensorRT's timings of kernels, which hold for every model on the same
//! machine. With them an engine that took 384 s took 42 s (ONNX Runtime's documentation of its TensorRT provider).

use std::io;
use std::path::Path;

use super::key::Key;
use super::lock::{KeyLock, Mode};
use super::manifest::Manifest;
use super::store::EngineCache;

/// What ONNX Runtime's TensorRT provider calls its timing caches.
const EXTENSION: &str = "timing";

/// Copies the timings of the newest entry that was built on the same machine by the same libraries into `draft`. Entries
/// keep their own: a file that several builds write is one that a killed one spoils for all.
pub(super) fn seed(cache: &EngineCache, key: &Key, draft: &Path) {
    let entries = cache.list().unwrap_or_default();
    let mut alike = entries.iter().filter(|entry| {
        let manifest = entry.manifest.as_ref().ok();
        manifest.is_some_and(|manifest| {
            is_same_machine(&manifest.key, key) && manifest.files.iter().any(|f| is_timing(&f.name))
        })
    });
    let Some(entry) = alike.next() else {
        return;
    };
    if let Err(error) = copy(cache, &entry.name, draft) {
        tracing::debug!(entry = entry.name, %error, "kernel timings are not taken over");
    }
}

fn is_timing(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|e| e == EXTENSION)
}

fn is_same_machine(one: &Key, other: &Key) -> bool {
    let machine = |key: &Key| {
        let libraries = [&key.runtime, &key.provider, &key.library];
        let device = [&key.cuda, &key.driver, &key.device];
        [libraries, device].map(|part| part.map(String::clone))
    };
    machine(one) == machine(other)
}

fn copy(cache: &EngineCache, name: &str, draft: &Path) -> io::Result<()> {
    let _lock = KeyLock::try_existing(&cache.lock_path(name), Mode::Shared)?;
    let dir = cache.entry_dir(name);
    let manifest = Manifest::check(&dir, None).map_err(io::Error::other)?;
    let timings = manifest.files.iter().filter(|file| is_timing(&file.name));
    for file in timings {
        if let Some(flat) = Path::new(&file.name).file_name() {
            std::fs::copy(dir.join(&file.name), draft.join(flat))?;
        }
    }
    Ok(())
}

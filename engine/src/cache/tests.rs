//! The cache with a stand-in for a provider: it compiles a key into the key's digest.

mod damage;
mod processes;
mod upkeep;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::manifest::Facts;
use super::store::Found;
use super::*;

fn key(shape: &str) -> Key {
    Key {
        model: "00".repeat(32),
        provider: "stand-in".into(),
        shape: shape.into(),
        ..Key::default()
    }
}

fn cache(dir: &Path) -> EngineCache {
    EngineCache::new(dir, false, None)
}

fn facts() -> Facts {
    Facts {
        model_file: "model.onnx".into(),
        size: (64, 48),
        took: Duration::from_secs(2),
    }
}

/// Writes what the stand-in compiles for `key`.
fn compile(dir: &Path, key: &Key) {
    std::fs::write(dir.join("a.engine"), key.digest()).unwrap();
    std::fs::create_dir_all(dir.join("more")).unwrap();
    std::fs::write(dir.join("more/b.timing"), [7; 100]).unwrap();
}

/// Starts the stand-in once: gives what it loaded or compiled, and counts what it compiled.
#[track_caller]
fn start(cache: &EngineCache, key: &Key, built: &AtomicUsize) -> String {
    match cache.find(key, || {}) {
        Found::Sound(sound) => std::fs::read_to_string(sound.dir().join("a.engine")).unwrap(),
        Found::Draft(draft) => {
            built.fetch_add(1, Ordering::Relaxed);
            compile(draft.dir(), key);
            assert!(draft.publish(facts()).unwrap());
            key.digest()
        }
        Found::Nowhere(_) => {
            built.fetch_add(1, Ordering::Relaxed);
            key.digest()
        }
    }
}

#[test]
fn a_second_start_builds_nothing() {
    let (dir, built) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
    let (cache, one, two) = (cache(dir.path()), key("1x1"), key("2x2"));
    for _ in 0..3 {
        assert_eq!(start(&cache, &one, &built), one.digest());
        assert_eq!(start(&cache, &two, &built), two.digest());
    }
    assert_eq!(built.into_inner(), 2);
    let entries = cache.verify().unwrap();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        let manifest = entry.manifest.unwrap();
        assert_eq!(manifest.key.digest(), entry.name);
        let names: Vec<&str> = manifest.files.iter().map(|file| &*file.name).collect();
        assert_eq!(names, ["a.engine", "more/b.timing"]);
        assert_eq!((manifest.bytes(), manifest.size), (164, (64, 48)));
    }
}

#[test]
fn threads_that_start_at_once_build_once() {
    let (dir, built) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
    let (cache, key) = (cache(dir.path()), key("1x1"));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(start(&cache, &key, &built), key.digest()));
        }
    });
    assert_eq!(built.into_inner(), 1);
}

#[test]
fn a_build_that_fails_leaves_nothing() {
    let (dir, key) = (tempfile::tempdir().unwrap(), key("1x1"));
    let cache = cache(dir.path());
    let Found::Draft(draft) = cache.find(&key, || {}) else {
        panic!("there is something to load");
    };
    compile(draft.dir(), &key);
    drop(draft);
    assert!(!cache.draft_dir(&key.digest()).exists());
    assert!(cache.list().unwrap().is_empty());
    // What wrote nothing is no entry.
    let Found::Draft(draft) = cache.find(&key, || {}) else {
        panic!("there is something to load");
    };
    assert!(!draft.publish(facts()).unwrap());
    assert!(cache.list().unwrap().is_empty());
}

#[test]
fn a_read_only_cache_gives_what_it_has_and_writes_nothing() {
    let (dir, built) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
    let (one, two) = (key("1x1"), key("2x2"));
    let read_only = EngineCache::new(dir.path(), true, Some(0));
    assert!(matches!(read_only.find(&one, || {}), Found::Nowhere(_)));
    assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none());
    start(&cache(dir.path()), &one, &built);
    let listing = || files::below(dir.path()).unwrap();
    let before = listing();
    assert!(matches!(read_only.find(&one, || {}), Found::Sound(_)));
    assert!(matches!(read_only.find(&two, || {}), Found::Nowhere(_)));
    // Copied from somewhere, without its locks.
    std::fs::remove_file(read_only.lock_path(&one.digest())).unwrap();
    assert!(matches!(read_only.find(&one, || {}), Found::Sound(_)));
    assert_eq!(listing().len(), before.len() - 1);
}

/// Even root cannot write there.
#[test]
fn a_folder_that_cannot_be_written_is_done_without() {
    for dir in ["/proc/tapetum", "/proc"] {
        let Found::Nowhere(reason) = cache(Path::new(dir)).find(&key("1x1"), || {}) else {
            panic!("{dir} can be written");
        };
        assert!(reason.contains("/proc"), "{reason}");
    }
}

/// A provider that refuses an entry, or that writes beside it, has not loaded it.
#[test]
fn an_entry_of_no_use_is_built_anew() {
    let (dir, built) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
    let (cache, key) = (cache(dir.path()), key("1x1"));
    start(&cache, &key, &built);
    let Found::Sound(sound) = cache.find(&key, || {}) else {
        panic!("it was not kept");
    };
    assert!(sound.is_untouched());
    let draft = sound.again("refused").expect("a place");
    assert!(cache.entry_dir(&key.digest()).is_dir());
    std::fs::write(draft.dir().join("a.engine"), "new").unwrap();
    assert!(draft.publish(facts()).unwrap());
    let Found::Sound(sound) = cache.find(&key, || {}) else {
        panic!("it was not kept");
    };
    let text = std::fs::read_to_string(sound.dir().join("a.engine")).unwrap();
    assert_eq!(text, "new");
    std::fs::write(sound.dir().join("other.engine"), "").unwrap();
    assert!(!sound.is_untouched());
}

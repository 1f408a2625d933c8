//! What goes, what stays, and what is taken over.

use std::path::Path;
use std::sync::atomic::AtomicUsize;

use super::super::seed;
use super::*;

#[test]
fn a_cache_keeps_to_its_size_and_keeps_what_was_used_last() {
    let (dir, built) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
    let size = |cache: &EngineCache| cache.list().unwrap()[0].bytes;
    start(&cache(dir.path()), &key("0x0"), &built);
    let one = size(&cache(dir.path()));
    let limited = EngineCache::new(dir.path(), false, Some(2 * one + 100));
    let has = |shape: &str| limited.entry_dir(&key(shape).digest()).is_dir();
    start(&limited, &key("1x1"), &built);
    assert!(has("0x0") && has("1x1"));
    start(&limited, &key("0x0"), &built);
    start(&limited, &key("2x2"), &built);
    assert!(has("0x0") && has("2x2") && !has("1x1"));
    assert!(!limited.lock_path(&key("1x1").digest()).exists());
    // The new one stays, even if it alone is too large.
    let tiny = EngineCache::new(dir.path(), false, Some(1));
    start(&tiny, &key("3x3"), &built);
    assert_eq!(tiny.list().unwrap().len(), 1);
    assert!(has("3x3"));
}

#[test]
fn what_is_being_loaded_is_not_removed() {
    let (dir, built) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
    let (cache, key) = (cache(dir.path()), key("1x1"));
    start(&cache, &key, &built);
    let stranger = cache.root().join("not-ours");
    std::fs::create_dir(&stranger).unwrap();
    let Found::Sound(sound) = cache.find(&key, || {}) else {
        panic!("it was not kept");
    };
    let pruned = cache.prune(Prune::All).unwrap();
    assert_eq!(pruned.in_use, [key.digest()]);
    assert!(sound.dir().is_dir());
    drop(sound);
    let pruned = cache.prune(Prune::All).unwrap();
    assert_eq!(pruned.removed.len(), 1);
    assert!(cache.list().unwrap().is_empty());
    assert!(stranger.is_dir());
}

#[test]
fn kernel_timings_come_from_a_build_on_the_same_machine() {
    let (dir, built) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
    let cache = cache(dir.path());
    let fresh = |key: &Key| {
        let Found::Draft(draft) = cache.find(key, || {}) else {
            panic!("there is something to load");
        };
        seed::seed(&cache, key, draft.dir());
        files::below(draft.dir()).unwrap()
    };
    assert!(fresh(&key("1x1")).is_empty());
    start(&cache, &key("1x1"), &built);
    assert_eq!(fresh(&key("2x2")), [Path::new("b.timing")]);
    let driver = Key {
        driver: "580.1".into(),
        ..key("2x2")
    };
    assert!(fresh(&driver).is_empty());
    // A damaged one is not taken over.
    let timing = cache.entry_dir(&key("1x1").digest()).join("more/b.timing");
    std::fs::write(timing, [8; 100]).unwrap();
    assert!(fresh(&key("2x2")).is_empty());
}

//! Entries that are not as they were built.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::super::manifest;
use super::*;

/// What can have happened to an entry on disk.
type Damage = fn(&Path);

#[test]
fn an_entry_that_is_not_as_it_was_built_is_built_again_and_never_loaded() {
    let damages: [(&str, Damage); 11] = [
        ("is cut", |dir| {
            std::fs::write(dir.join("a.engine"), "short").unwrap();
        }),
        ("is another", |dir| {
            std::fs::write(dir.join("a.engine"), "x".repeat(64)).unwrap();
        }),
        ("is empty", |dir| {
            std::fs::write(dir.join("a.engine"), "").unwrap();
        }),
        ("is missing", |dir| {
            std::fs::remove_file(dir.join("more/b.timing")).unwrap();
        }),
        ("has company", |dir| {
            std::fs::write(dir.join("more/c"), "").unwrap();
        }),
        ("is a link", |dir| {
            std::os::unix::fs::symlink("/etc/hostname", dir.join("link")).unwrap();
        }),
        ("has no manifest", |dir| {
            std::fs::remove_file(dir.join(manifest::FILE)).unwrap();
        }),
        ("has half a manifest", |dir| {
            let file = dir.join(manifest::FILE);
            let text = std::fs::read(&file).unwrap();
            std::fs::write(file, &text[..text.len() / 2]).unwrap();
        }),
        ("has another format", |dir| {
            let file = dir.join(manifest::FILE);
            let text = std::fs::read_to_string(&file).unwrap();
            std::fs::write(file, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
        }),
        ("has an unknown field", |dir| {
            let file = dir.join(manifest::FILE);
            let text = std::fs::read_to_string(&file).unwrap();
            let more = text.replace("\"format\"", "\"more\": 1, \"format\"");
            std::fs::write(file, more).unwrap();
        }),
        ("is somebody else's", |dir| {
            let built = AtomicUsize::new(0);
            let other = key("another one's");
            let elsewhere = tempfile::tempdir().unwrap();
            start(&cache(elsewhere.path()), &other, &built);
            std::fs::remove_dir_all(dir).unwrap();
            let from = cache(elsewhere.path()).entry_dir(&other.digest());
            std::fs::rename(from, dir).unwrap();
        }),
    ];
    // Renaming between folders wants one file system.
    let (dir, key) = (tempfile::tempdir().unwrap(), key("1x1"));
    let cache = cache(dir.path());
    for (name, damage) in damages {
        let built = AtomicUsize::new(0);
        start(&cache, &key, &built);
        let entry = cache.entry_dir(&key.digest());
        damage(&entry);
        let flawed = cache.verify().unwrap();
        assert!(flawed[0].manifest.is_err(), "{name}");
        let read_only = EngineCache::new(dir.path(), true, None);
        assert!(
            matches!(read_only.find(&key, || {}), Found::Nowhere(_)),
            "{name}"
        );
        let before = built.load(Ordering::Relaxed);
        assert_eq!(start(&cache, &key, &built), key.digest(), "{name}");
        assert_eq!(built.load(Ordering::Relaxed), before + 1, "{name}");
        assert!(cache.verify().unwrap()[0].manifest.is_ok(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A bit that turned anywhere, in any file of an engine, is noticed.
    #[test]
    fn no_turned_bit_is_loaded(place in 0_usize..164, bit in 0_u8..8) {
        let (dir, built, key) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0), key("1x1"));
        let cache = cache(dir.path());
        start(&cache, &key, &built);
        let (file, place) = match place.checked_sub(64) {
            Some(place) => ("more/b.timing", place),
            None => ("a.engine", place),
        };
        let file = cache.entry_dir(&key.digest()).join(file);
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[place] ^= 1 << bit;
        std::fs::write(&file, bytes).unwrap();
        prop_assert_eq!(start(&cache, &key, &built), key.digest());
        prop_assert_eq!(built.into_inner(), 2);
    }
}

//! The cache with a stand-in for a provider: it compiles a key into the key's digest.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;

use super::manifest::{self, Facts};
use super::store::Found;
use super::*;

const CACHE: &str = "TAPETUM_TEST_ENGINES";

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

/// This program again, with the test `name` alone, which finds the cache in its environment.
fn child(name: &str, cache: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("cache::tests::{name}"), "--nocapture"]);
    command.env(CACHE, cache).stdout(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn processes_that_start_at_once_build_once() {
    let key = key("1x1");
    if let Some(dir) = std::env::var_os(CACHE) {
        let built = AtomicUsize::new(0);
        start(&cache(Path::new(&dir)), &key, &built);
        println!("BUILT={}", built.into_inner());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let children = [0; 4].map(|_| child("processes_that_start_at_once_build_once", dir.path()));
    let mut built = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (_, after) = text.split_once("BUILT=").expect("a count");
        built += usize::from(after.starts_with('1'));
        assert!(output.status.success());
    }
    assert_eq!(built, 1);
}

#[test]
fn a_build_that_is_killed_leaves_nothing_that_is_loaded() {
    let key = key("1x1");
    if let Some(dir) = std::env::var_os(CACHE) {
        let Found::Draft(draft) = cache(Path::new(&dir)).find(&key, || {}) else {
            panic!("there is something to load");
        };
        std::fs::write(draft.dir().join("a.engine"), "half").unwrap();
        println!("\nHALF-WAY");
        std::thread::sleep(Duration::from_secs(600));
        panic!("nobody killed it");
    }
    let (dir, built) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
    let cache = cache(dir.path());
    let mut child = child(
        "a_build_that_is_killed_leaves_nothing_that_is_loaded",
        dir.path(),
    );
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "HALF-WAY"));
    // While it lives, its draft is not cleared away.
    assert!(cache.list().unwrap().is_empty());
    cache.prune(Prune::All).unwrap();
    assert!(cache.draft_dir(&key.digest()).exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(cache.draft_dir(&key.digest()).exists());
    assert_eq!(start(&cache, &key, &built), key.digest());
    assert_eq!(built.into_inner(), 1);
    assert!(!cache.draft_dir(&key.digest()).exists());
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

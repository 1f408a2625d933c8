//! More than one process at a cache, and such as are killed.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use super::*;

const CACHE: &str = "TAPETUM_TEST_ENGINES";

/// This program again, with the test `name` alone, which finds the cache in its environment.
fn child(name: &str, cache: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        &format!("cache::tests::processes::{name}"),
        "--nocapture",
    ]);
    command.env(CACHE, cache).stdout(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn processes_that_start_at_once_build_once() {
    let key = key("1x1");
    if let Some(dir) = std::env::var_os(CACHE) {
        let built = AtomicUsize::new(0);
        start(&cache(Path::new(&dir)), &key, &built);
        writeln!(std::io::stdout(), "\nBUILT={}", built.into_inner()).unwrap();
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
        writeln!(std::io::stdout(), "\nHALF-WAY").unwrap();
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

//! Compiled models on disk: written once, read at the next start, and never trusted blindly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use common::{fixture, patterned, pixels, restored, runtime};
use lowlight_engine::{Model, PixelFormat, Provider, ProviderChoice, Restorer, SessionOptions};

/// A picture that the model at `path` gives, opened with the cache folder `dir`.
fn picture(path: &Path, dir: Option<&Path>) -> Vec<u8> {
    let options = SessionOptions {
        provider: ProviderChoice::Only(Provider::OpenVino),
        n_threads: 1,
        cache_dir: dir.map(Path::to_path_buf),
        ..SessionOptions::default()
    };
    let model = Model::open(Some(path)).unwrap();
    let mut restorer = Restorer::open(&runtime(), &model, &options, 128, 96).unwrap();
    let picture = restored(
        &mut restorer,
        &patterned(PixelFormat::I420, 128, 96, 0),
        1.0,
    );
    pixels(&picture.as_frame())
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/lowlight-nano-int8.onnx")
}

/// The files of folder `dir`, when they were written, and what is in them.
fn entries(dir: &Path) -> Vec<(PathBuf, SystemTime, Vec<u8>)> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let written = path.metadata().unwrap().modified().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        (path, written, bytes)
    });
    entries.collect()
}

/// An entry that is of no use is written anew (below); one that is left alone was read.
#[test]
fn the_second_start_reads_what_the_first_one_wrote() {
    let dir = tempfile::tempdir().unwrap();
    // A folder that is not there is made.
    let cache = dir.path().join("new").join("cache \"of\" models");
    let plain = picture(&shipped(), None);
    assert!(picture(&shipped(), Some(&cache)) == plain);
    let written = entries(&cache);
    assert!(!written.is_empty());
    assert!(picture(&shipped(), Some(&cache)) == plain);
    assert!(entries(&cache) == written);
}

#[test]
fn a_damaged_entry_is_made_anew() {
    let cache = tempfile::tempdir().unwrap();
    let plain = picture(&shipped(), Some(cache.path()));
    let written = entries(cache.path());
    let damage: [fn(&mut Vec<u8>); 3] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.iter_mut().for_each(|byte| *byte = 0x5A),
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle..middle + 4000].fill(0x5A);
        },
    ];
    for damage in damage {
        let mut damaged = Vec::new();
        for (path, _, bytes) in &written {
            let mut bytes = bytes.clone();
            damage(&mut bytes);
            std::fs::write(path, &bytes).unwrap();
            damaged.push(bytes);
        }
        assert!(picture(&shipped(), Some(cache.path())) == plain);
        let anew = entries(cache.path());
        assert!(anew.iter().all(|(_, _, bytes)| !damaged.contains(bytes)));
    }
}

#[test]
fn a_model_with_other_weights_is_another_entry() {
    let (cache, models) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let changed = models.path().join("brighten-blocks.onnx");
    let mut bytes = std::fs::read(fixture("brighten-blocks")).unwrap();
    let two = 2_f32.to_le_bytes();
    let at = bytes.windows(4).position(|window| window == two).unwrap();
    bytes[at..at + 4].copy_from_slice(&3_f32.to_le_bytes());
    std::fs::write(&changed, bytes).unwrap();
    let sidecar = "brighten-blocks.onnx.modelinfo";
    let from = fixture("brighten-blocks").with_file_name(sidecar);
    std::fs::copy(from, models.path().join(sidecar)).unwrap();

    let first = picture(&fixture("brighten-blocks"), Some(cache.path()));
    let second = picture(&changed, Some(cache.path()));
    assert!(first != second);
    assert!(second == picture(&changed, None));
}

/// Processes, not threads: OpenVINO has locks for those. Each is this program, with this test alone.
#[test]
fn processes_that_start_at_once_all_get_a_good_model() {
    const CACHE: &str = "TAPETUM_TEST_CACHE";
    if let Some(cache) = std::env::var_os(CACHE) {
        assert!(picture(&shipped(), Some(Path::new(&cache))) == picture(&shipped(), None));
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let mut processes = [0; 3].map(|_| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args([
                "--exact",
                "processes_that_start_at_once_all_get_a_good_model",
            ]);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command.env(CACHE, cache.path()).spawn().unwrap()
        });
        for process in &mut processes {
            assert!(process.wait().unwrap().success());
        }
    }
    assert!(!entries(cache.path()).is_empty());
}

#[test]
fn a_folder_that_cannot_be_made_is_done_without() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let inside = file.path().join("cache");
    assert!(picture(&shipped(), Some(&inside)) == picture(&shipped(), None));
}

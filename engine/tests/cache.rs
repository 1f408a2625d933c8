//! Compiled models on disk: written once, read at the next start, and never trusted blindly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use common::{fixture, patterned, pixels, restored, runtime};
use lowlight_engine::cache::{EngineCache, Origin, Outlook, outlook};
use lowlight_engine::{Model, PixelFormat, Provider, ProviderChoice, Restorer, SessionOptions};

/// A picture that the model at `path` gives, opened with the cache folder `dir`.
fn picture(path: &Path, dir: Option<&Path>) -> Vec<u8> {
    let options = SessionOptions {
        provider: ProviderChoice::Only(Provider::OpenVino),
        n_threads: 1,
        cache_dir: dir.map(Path::to_path_buf),
        ..SessionOptions::default()
    };
    open(path, &options).0
}

/// As `picture`, with the place that the compiled model came from.
fn open(path: &Path, options: &SessionOptions) -> (Vec<u8>, Origin) {
    let model = Model::open(Some(path)).unwrap();
    let mut restorer = Restorer::open(&runtime(), &model, options, 128, 96).unwrap();
    let picture = restored(
        &mut restorer,
        &patterned(PixelFormat::I420, 128, 96, 0),
        1.0,
    );
    let origin = restorer.active_provider().engine.clone();
    (pixels(&picture.as_frame()), origin)
}

fn options(dir: &Path) -> SessionOptions {
    SessionOptions {
        provider: ProviderChoice::Only(Provider::OpenVino),
        n_threads: 1,
        cache_dir: Some(dir.to_path_buf()),
        ..SessionOptions::default()
    }
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/lowlight-nano-int8.onnx")
}

/// The files of every entry below `dir`, when they were written, and what is in them.
fn entries(dir: &Path) -> Vec<(PathBuf, SystemTime, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in EngineCache::new(dir, true, None).list().unwrap() {
        for file in entry.manifest.unwrap().files {
            let path = dir.join("engines").join(&entry.name).join(file.name);
            let written = path.metadata().unwrap().modified().unwrap();
            let bytes = std::fs::read(&path).unwrap();
            found.push((path, written, bytes));
        }
    }
    found.sort();
    found
}

#[test]
fn a_second_start_builds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    // A folder that is not there is made.
    let cache = dir.path().join("new").join("cache \"of\" models");
    let plain = picture(&shipped(), None);
    let (first, origin) = open(&shipped(), &options(&cache));
    assert!(matches!(origin, Origin::Built(_)), "{origin:?}");
    assert!(first == plain);
    let written = entries(&cache);
    assert!(!written.is_empty());
    for _ in 0..2 {
        let (second, origin) = open(&shipped(), &options(&cache));
        assert_eq!(origin, Origin::Cached);
        assert!(second == plain);
        assert!(entries(&cache) == written);
    }
}

#[test]
fn the_outlook_says_what_a_start_will_come_to() {
    let (cache, runtime) = (tempfile::tempdir().unwrap(), runtime());
    let model = Model::open(Some(&shipped())).unwrap();
    let options = options(cache.path());
    let look = |provider, size| outlook(&runtime, &model, &options, provider, size).unwrap();
    let openvino = Provider::OpenVino;
    assert_eq!(look(Provider::Cpu, (128, 96)), Outlook::NotCompiled);
    assert_eq!(look(openvino, (128, 96)), Outlook::ToBuild(None));
    let (_, origin) = open(&shipped(), &options);
    assert_eq!(look(openvino, (128, 96)), Outlook::Cached);
    let Outlook::ToBuild(Some(estimate)) = look(openvino, (256, 96)) else {
        panic!("the build was not remembered");
    };
    let took = origin.build_time().unwrap().as_millis();
    assert_eq!(estimate.total.as_millis(), took);
}

/// Not only by OpenVINO, which notices some damage, but by us: a provider that reads blindly gets nothing to read.
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
        for (path, _, bytes) in &written {
            let mut bytes = bytes.clone();
            damage(&mut bytes);
            std::fs::write(path, &bytes).unwrap();
        }
        let (anew, origin) = open(&shipped(), &options(cache.path()));
        assert!(matches!(origin, Origin::Built(_)), "{origin:?}");
        assert!(anew == plain);
        let (_, origin) = open(&shipped(), &options(cache.path()));
        assert_eq!(origin, Origin::Cached);
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
    let (second, origin) = open(&changed, &options(cache.path()));
    assert!(matches!(origin, Origin::Built(_)), "{origin:?}");
    assert!(first != second);
    assert!(second == picture(&changed, None));
}

/// OpenVINO has one cache folder per process and device, not per session: one that is opened without a cache, or with
/// another one, must not write into the last one's.
#[test]
fn sessions_keep_to_their_own_folders() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    picture(&shipped(), Some(one.path()));
    let written = entries(one.path());
    let fp32 = shipped().with_file_name("lowlight-nano-fp32.onnx");
    let brighten = fixture("brighten-blocks");
    picture(&fp32, Some(two.path()));
    picture(&brighten, None);
    let all = EngineCache::new(one.path(), true, None).verify().unwrap();
    assert!(all.iter().all(|entry| entry.manifest.is_ok()), "{all:?}");
    assert!(entries(one.path()) == written);
    std::thread::scope(|scope| {
        let models = [(&brighten, &one), (&fp32, &two), (&brighten, &two)];
        for (model, dir) in models {
            scope.spawn(move || picture(model, Some(dir.path())));
        }
    });
    for dir in [one.path(), two.path()] {
        let all = EngineCache::new(dir, true, None).verify().unwrap();
        assert!(all.iter().all(|entry| entry.manifest.is_ok()), "{all:?}");
    }
    for (model, dir) in [(&brighten, &one), (&fp32, &two), (&brighten, &two)] {
        let (_, origin) = open(model, &options(dir.path()));
        assert_eq!(origin, Origin::Cached, "{}", model.display());
    }
}

/// Each is this program, with this test alone.
#[test]
fn processes_that_start_at_once_build_once_and_all_get_a_good_model() {
    const CACHE: &str = "TAPETUM_TEST_CACHE";
    if let Some(cache) = std::env::var_os(CACHE) {
        let (picture_now, origin) = open(&shipped(), &options(Path::new(&cache)));
        assert!(picture_now == picture(&shipped(), None));
        println!("\nORIGIN={}", origin.name());
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let mut origins = Vec::new();
    let processes = [0; 3].map(|_| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "processes_that_start_at_once_build_once_and_all_get_a_good_model",
            "--nocapture",
        ]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        command.env(CACHE, cache.path()).spawn().unwrap()
    });
    for process in processes {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("ORIGIN="));
        origins.push(line.unwrap().to_owned());
    }
    origins.sort();
    assert_eq!(origins, ["built", "cached", "cached"]);
}

#[test]
fn a_read_only_cache_is_read_and_not_written() {
    let cache = tempfile::tempdir().unwrap();
    let read_only = SessionOptions {
        cache_read_only: true,
        ..options(cache.path())
    };
    let (plain, origin) = open(&shipped(), &read_only);
    assert!(matches!(origin, Origin::BuiltForOnce(_)), "{origin:?}");
    assert!(std::fs::read_dir(cache.path()).unwrap().next().is_none());
    open(&shipped(), &options(cache.path()));
    let (read, origin) = open(&shipped(), &read_only);
    assert_eq!(origin, Origin::Cached);
    assert!(read == plain);
}

#[test]
fn a_folder_that_cannot_be_made_is_done_without() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let (picture_now, origin) = open(&shipped(), &options(&file.path().join("cache")));
    assert!(matches!(origin, Origin::BuiltForOnce(_)), "{origin:?}");
    assert!(picture_now == picture(&shipped(), None));
}

//! Recordings: what is on the disk can be played, whatever happened.

use crate::process::{Camera, PATIENCE, Tapetum};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A runner that records the camera, and the sink's settings.
fn record(camera: &Camera, folder: &Path, settings: &str) -> Tapetum {
    Tapetum::run(&format!(
        "[[stream]]\nname = 'door'\nrestore.strength = 0.0\n\
         source = {{ kind = 'rtsp', location = '{}' }}\nencode = {{ bitrate = 500, keyframe-interval-ms = 500 }}\n\
         [[stream.sink]]\nkind = 'recording'\nfolder = {folder:?}\n{settings}\n",
        camera.url()
    ))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What a foreign program says of a file's video.
#[track_caller]
fn probe(file: &Path, arguments: &[&str]) -> String {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-of", "csv=p=0"])
        .args(arguments)
        .arg(file)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().trim_end_matches(',').to_owned()
}

fn codec(file: &Path) -> String {
    probe(file, &["-show_entries", "stream=codec_name"])
}

/// Frames of a file that a foreign program can decode.
#[track_caller]
fn frames(file: &Path) -> u32 {
    let text = probe(
        file,
        &["-count_frames", "-show_entries", "stream=nb_read_frames"],
    );
    text.parse()
        .unwrap_or_else(|_| panic!("{}: {text:?}", file.display()))
}

#[track_caller]
fn wait_until(what: &str, is: impl Fn() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < PATIENCE, "never {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_recording_plays_after_the_process_was_killed_in_the_middle() {
    let camera = Camera::white();
    let _running = camera.start();
    for container in ["mp4", "mkv"] {
        let folder = tempfile::tempdir().unwrap();
        let mut runner = record(
            &camera,
            folder.path(),
            &format!("container = '{container}'"),
        );
        let has_some = || {
            let files = files(folder.path());
            files
                .iter()
                .any(|file| file.metadata().is_ok_and(|data| data.len() > 4_000))
        };
        wait_until("something on the disk", has_some);
        std::thread::sleep(Duration::from_secs(3));
        runner.kill();
        let files = files(folder.path());
        assert_eq!(files.len(), 1, "{files:?}");
        let count = frames(&files[0]);
        assert!(count >= 15, "{container}: only {count} frames");
    }
}

#[test]
fn segments_follow_each_other_without_a_hole_and_the_original_lies_beside() {
    let camera = Camera {
        codec: "h265",
        ..Camera::white()
    };
    let _running = camera.start();
    let folder = tempfile::tempdir().unwrap();
    let mut runner = record(
        &camera,
        folder.path(),
        "segment-seconds = 1\noriginal = true",
    );
    runner.wait_for("segment complete", 6);
    assert!(runner.terminate().success(), "{}", runner.log());
    let files = files(folder.path());
    let (original, restored): (Vec<_>, Vec<_>) = files
        .iter()
        .partition(|file| file.to_string_lossy().contains("_original"));
    assert!(original.len() >= 2 && restored.len() >= 2, "{files:?}");
    let total: u32 = restored.iter().map(|file| frames(file)).sum();
    let shown = runner.figure("shown");
    // Those before the format is known, and before the first key frame, are not kept.
    assert!(u64::from(total) + 30 >= shown, "{total} of {shown} frames");
    // What the camera sent is there, not what was made of it.
    assert_eq!(
        (codec(original[0]), codec(restored[0])),
        ("hevc".into(), "h264".into())
    );
    assert!(original.iter().all(|file| frames(file) > 0));
}

#[test]
fn a_quota_deletes_the_oldest_segments() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), vec![0; 3_000_000]).unwrap();
    let mut runner = Tapetum::run(&format!(
        "[[stream]]\nname = 'door'\nrestore.strength = 0.0\n\
         source = {{ kind = 'test', pattern = 'snow', width = 640, height = 480, framerate = 15 }}\n\
         encode = {{ bitrate = 8000, keyframe-interval-ms = 500, speed-preset = 'ultrafast' }}\n\
         [[stream.sink]]\nkind = 'recording'\nfolder = {:?}\nsegment-seconds = 1\nquota-megabytes = 2\n",
        folder.path()
    ));
    runner.wait_for("deleted for the quota", 2);
    assert!(runner.terminate().success());
    assert!(folder.path().join("notes.txt").exists());
    let deleted = runner.lines("deleted");
    let name = |line: &serde_json::Value| line["fields"]["file"].as_str().unwrap().to_owned();
    let oldest = files(folder.path())
        .into_iter()
        .find(|file| file.extension().unwrap() == "mp4");
    assert!(name(&deleted[1]) < oldest.unwrap().to_string_lossy().into_owned());
    assert!(name(&deleted[0]) < name(&deleted[1]));
}

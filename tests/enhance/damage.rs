//! Damaged inputs: what was good is kept, and the rest is said.

use crate::boxes::{change, find};
use crate::cli::{Folder, ended, enhance};
use crate::media::{frame_times, make};
use std::path::{Path, PathBuf};

/// Three seconds of video whose index comes first, as downloads have it.
fn clip(folder: &Folder) -> PathBuf {
    let path = folder.path("in.mp4");
    let line = "videotestsrc num-buffers=90 pattern=snow ! video/x-raw,format=I420,width=160,height=120,framerate=30/1 ! \
        x264enc key-int-max=10 ! h264parse ! mp4mux faststart=true !";
    make(line, &path);
    path
}

fn cut(path: &Path, to: f64) {
    let length = path.metadata().unwrap().len() as f64;
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len((length * to) as u64).unwrap();
}

#[test]
fn truncated_file_gives_what_was_there() {
    let folder = Folder::new();
    let (input, output) = (clip(&folder), folder.path("out.mp4"));
    cut(&input, 0.5);
    let (code, said) = ended(&mut enhance(&input, &output));
    assert_eq!((code, said.lines().count()), (Some(3), 1), "{said}");
    let frames = frame_times(&output).len();
    assert!((20..80).contains(&frames), "{frames}");
    let (start, end) = (
        format!("tapetum: {}: ends after 1.", input.display()),
        format!(
            " s of 3.0 s; {} holds the {frames} frames that were good\n",
            output.display()
        ),
    );
    assert!(said.starts_with(&start) && said.ends_with(&end), "{said}");
    assert_eq!(folder.names(), ["in.mp4", "out.mp4"]);
}

#[test]
fn damaged_frames_are_counted_and_the_others_kept() {
    let folder = Folder::new();
    let (input, output) = (clip(&folder), folder.path("out.mp4"));
    change(&input, |file| {
        let media = find(file, "mdat")[0];
        let third = (file.len() - media) / 3;
        file[media + third..media + 2 * third].fill(0xff);
    });
    let (code, said) = ended(&mut enhance(&input, &output));
    assert_eq!((code, said.lines().count()), (Some(3), 1), "{said}");
    let frames = frame_times(&output).len();
    let expected = format!(
        "tapetum: {}: {} of 90 frames are damaged; {} holds the {frames} frames that were good\n",
        input.display(),
        90 - frames,
        output.display()
    );
    assert_eq!(said, expected);
    assert!(frames >= 55, "{frames}");
}

#[test]
fn recording_without_its_index_says_so() {
    let folder = Folder::new();
    let (input, output) = (folder.clip("in.mp4"), folder.path("out.mp4"));
    cut(&input, 0.5);
    let line = format!(
        "tapetum: {}: its index is missing, as in a recording that was cut off: nothing in it can be found\n",
        input.display()
    );
    assert_eq!(ended(&mut enhance(&input, &output)), (Some(1), line));
    assert_eq!(folder.names(), ["in.mp4"]);
}

#[test]
fn truncated_matroska_and_avi_are_noticed_too() {
    for muxer in ["matroskamux", "avimux"] {
        let folder = Folder::new();
        let (input, output) = (folder.path("in"), folder.path("out.mkv"));
        let line = format!(
            "videotestsrc num-buffers=90 pattern=snow ! video/x-raw,format=I420,width=160,height=120,framerate=30/1 ! \
             jpegenc ! {muxer} !"
        );
        make(&line, &input);
        cut(&input, 0.5);
        let (code, said) = ended(&mut enhance(&input, &output));
        assert_eq!(
            (code, said.lines().count()),
            (Some(3), 1),
            "{muxer}: {said}"
        );
        assert!(frame_times(&output).len() >= 30, "{muxer}");
    }
}

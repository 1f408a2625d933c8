//! Pictures.

use crate::cli::{Folder, done, ended, enhance};
use crate::media::{decoded, make, size};
use std::path::PathBuf;

/// A picture whose rows need no padding, which would differ from read to read.
fn picture(folder: &Folder, name: &str) -> PathBuf {
    let path = folder.path(name);
    let encoder = if name.ends_with("png") {
        "pngenc"
    } else {
        "jpegenc"
    };
    let line = format!(
        "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=100,height=77 ! videoconvert ! {encoder} !"
    );
    make(&line, &path);
    path
}

#[test]
fn picture_of_no_strength_is_the_same_picture() {
    let folder = Folder::new();
    let (input, output) = (picture(&folder, "in.png"), folder.path("out.png"));
    done(&mut enhance(&input, &output));
    let pixels = |file| decoded(file)["video/x-raw"][0].bytes.clone();
    assert!(pixels(&input) == pixels(&output), "pixels differ");
    assert_eq!(folder.names(), ["in.png", "out.png"]);
}

#[test]
fn png_and_jpeg_become_each_other() {
    let folder = Folder::new();
    for input in ["in.png", "in.jpg"] {
        let input = picture(&folder, input);
        for output in ["out.png", "out.jpeg"] {
            let output = folder.path(output);
            done(enhance(&input, &output).arg("--force"));
            assert_eq!(size(&output), (100, 77));
        }
    }
}

#[test]
fn pictures_and_videos_are_not_mixed() {
    let folder = Folder::new();
    let input = picture(&folder, "in.png");
    let output = folder.path("out.mp4");
    let line = format!(
        "tapetum: {}: the input is a picture: the name must end in .png, .jpg or .jpeg\n",
        output.display()
    );
    assert_eq!(ended(&mut enhance(&input, &output)), (Some(2), line));
}

#[test]
fn truncated_picture_fails_in_one_line() {
    let folder = Folder::new();
    let (input, output) = (picture(&folder, "in.png"), folder.path("out.png"));
    let whole = std::fs::read(&input).unwrap();
    std::fs::write(&input, &whole[..whole.len() / 2]).unwrap();
    let (code, said) = ended(&mut enhance(&input, &output));
    assert_eq!((code, said.lines().count()), (Some(1), 1), "{said}");
    assert_eq!(folder.names(), ["in.png"]);
}

//! A folder in, a folder out.

use crate::cli::{Folder, done, ended, enhance};
use crate::media::{frame_times, make};

/// A folder of a clip, a picture in a folder, and a text.
fn filled() -> Folder {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path("in/deep")).unwrap();
    folder.clip("in/clip.mov");
    make(
        "videotestsrc num-buffers=1 ! video/x-raw,width=64,height=48 ! pngenc !",
        &folder.path("in/deep/still.png"),
    );
    std::fs::write(folder.path("in/notes.txt"), "where I filmed this").unwrap();
    folder
}

#[test]
fn media_is_restored_and_all_else_named() {
    let folder = filled();
    let said = done(&mut enhance(&folder.path("in"), &folder.path("out")));
    let skipped = format!(
        "{}: skipped: no video or picture",
        folder.path("in/notes.txt").display()
    );
    assert_eq!(said.lines().next(), Some(skipped.as_str()), "{said}");
    assert_eq!(frame_times(&folder.path("out/clip.mp4")).len(), 30);
    assert!(folder.path("out/deep/still.png").is_file());
    let names: Vec<_> = std::fs::read_dir(folder.path("out")).unwrap().collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let folder = filled();
    std::fs::create_dir(folder.path("out")).unwrap();
    std::fs::write(folder.path("out/clip.mp4"), "mine").unwrap();
    let (code, said) = ended(enhance(&folder.path("in"), &folder.path("out")).arg("--quiet"));
    let expected = format!(
        "tapetum: {}: exists already; --force replaces it\ntapetum: 1 of 2 files failed\n",
        folder.path("out/clip.mp4").display()
    );
    assert_eq!((code, said), (Some(1), expected));
    assert!(folder.path("out/deep/still.png").is_file());
    assert_eq!(
        std::fs::read_to_string(folder.path("out/clip.mp4")).unwrap(),
        "mine"
    );
}

#[test]
fn folder_without_media_is_an_error() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("in")).unwrap();
    let (code, said) = ended(&mut enhance(&folder.path("in"), &folder.path("out")));
    let expected = format!(
        "tapetum: {}: no video or picture in it\n",
        folder.path("in").display()
    );
    assert_eq!((code, said), (Some(1), expected));
    assert_eq!(folder.names(), ["in"]);
}

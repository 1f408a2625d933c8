//! What cannot be done is said in one line, and nothing is left behind.

use crate::cli::{Folder, ended, enhance, enhance_fully};
use std::path::Path;

/// Expects this exit status and, after the program's name, this one line.
#[track_caller]
fn refused(command: &mut std::process::Command, code: i32, line: &str) {
    assert_eq!(ended(command), (Some(code), format!("tapetum: {line}\n")));
}

#[test]
fn what_is_no_media_is_told_from_what_is() {
    let folder = Folder::new();
    let output = folder.path("out.mp4");
    std::fs::write(
        folder.path("text.mp4"),
        "Once upon a midnight dreary, while I pondered\n",
    )
    .unwrap();
    std::fs::write(folder.path("empty.mp4"), "").unwrap();
    std::fs::write(folder.path("paper.mp4"), "%PDF-1.7\n".repeat(9)).unwrap();
    std::fs::write(folder.path("noise.mp4"), [0xa5; 4000]).unwrap();
    for (name, reason) in [
        ("text.mp4", "is no video or picture that GStreamer can read"),
        ("empty.mp4", "the file is empty"),
        ("paper.mp4", "is no video or picture but application/pdf"),
        (
            "noise.mp4",
            "is no video or picture that GStreamer can read",
        ),
        ("missing.mp4", "No such file or directory (os error 2)"),
    ] {
        let input = folder.path(name);
        let line = format!("{}: {reason}", input.display());
        refused(&mut enhance(&input, &output), 1, &line);
    }
    assert_eq!(
        folder.names(),
        ["empty.mp4", "noise.mp4", "paper.mp4", "text.mp4"]
    );
}

#[test]
fn sound_alone_is_no_video() {
    let folder = Folder::new();
    let (input, output) = (folder.path("in.mp4"), folder.path("out.mp4"));
    crate::media::make("audiotestsrc num-buffers=20 ! avenc_aac ! mp4mux !", &input);
    let line = format!("{}: there is no video in it", input.display());
    refused(&mut enhance(&input, &output), 1, &line);
    assert_eq!(folder.names(), ["in.mp4"]);
}

#[test]
fn existing_output_is_kept_without_force() {
    let folder = Folder::new();
    let (input, output) = (folder.clip("in.mp4"), folder.path("out.mp4"));
    std::fs::write(&output, "mine").unwrap();
    let line = format!("{}: exists already; --force replaces it", output.display());
    refused(&mut enhance(&input, &output), 2, &line);
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "mine");
    crate::cli::done(enhance(&input, &output).arg("--force"));
    assert!(output.metadata().unwrap().len() > 1000);
    assert_eq!(folder.names(), ["in.mp4", "out.mp4"]);
}

#[test]
fn input_is_never_its_own_output() {
    let folder = Folder::new();
    let (input, link) = (folder.clip("in.mp4"), folder.path("link.mp4"));
    let before = std::fs::read(&input).unwrap();
    std::os::unix::fs::symlink(&input, &link).unwrap();
    for output in [&input, &link] {
        let line = format!(
            "{}: is input and output; name another output",
            output.display()
        );
        refused(enhance(&input, output).arg("--force"), 2, &line);
    }
    assert_eq!(std::fs::read(&input).unwrap(), before);
}

#[test]
fn output_must_say_what_it_is() {
    let folder = Folder::new();
    let input = folder.clip("in.mp4");
    for (name, reason) in [
        (
            "out.avi",
            "cannot tell the container: the name must end in .mp4, .m4v or .mkv",
        ),
        (
            "out",
            "cannot tell the container: the name must end in .mp4, .m4v or .mkv",
        ),
        (
            "out.png",
            "the input is a video: the name must end in .mp4, .m4v or .mkv",
        ),
    ] {
        let output = folder.path(name);
        let line = format!("{}: {reason}", output.display());
        refused(&mut enhance(&input, &output), 2, &line);
    }
    assert_eq!(folder.names(), ["in.mp4"]);
}

#[test]
fn folder_that_cannot_be_written_to_is_named() {
    let folder = Folder::new();
    let input = folder.clip("in.mp4");
    let output = folder.path("nowhere/out.mp4");
    let line = format!(
        "{}: cannot be written: No such file or directory (os error 2)",
        output.display()
    );
    refused(&mut enhance(&input, &output), 1, &line);
    // Not even root may write there.
    let output = Path::new("/sys/out.mp4");
    let (code, said) = ended(&mut enhance(&input, output));
    assert_eq!(code, Some(1));
    assert!(
        said.starts_with("tapetum: /sys/out.mp4: cannot be written: "),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn missing_runtime_and_model_are_one_line_each_and_leave_nothing() {
    let folder = Folder::new();
    let (input, output) = (folder.clip("in.mp4"), folder.path("out.mp4"));
    std::fs::write(folder.path("bad.onnx"), "no model").unwrap();
    let start = format!("tapetum: {}: ", input.display());
    for model in [None, Some(folder.path("bad.onnx"))] {
        let mut command = enhance_fully(&input, &output);
        command.args(
            model
                .iter()
                .flat_map(|model| ["--model".as_ref(), model.as_os_str()]),
        );
        let (code, said) = ended(&mut command);
        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.starts_with(&start) && said.lines().count() == 1,
            "{said}"
        );
    }
    assert_eq!(folder.names(), ["bad.onnx", "in.mp4"]);
}

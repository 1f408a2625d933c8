//! The command and its inputs.

use crate::media::make;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder for one test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The names in it, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// A second of video and sound.
    pub(crate) fn clip(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        make(CLIP, &path);
        path
    }
}

/// A second of video and sound as MP4; the sink follows.
pub(crate) const CLIP: &str = "videotestsrc num-buffers=30 pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate=30/1 ! \
    x264enc key-int-max=10 ! h264parse ! mux. \
    audiotestsrc num-buffers=43 ! audio/x-raw,rate=44100,channels=1 ! avenc_aac ! aacparse ! mux. \
    mp4mux name=mux !";

/// The command on a machine without ONNX Runtime or a model, which it does not need.
pub(crate) fn enhance(input: &Path, output: &Path) -> Command {
    let mut command = enhance_fully(input, output);
    command.args(["--strength", "0"]);
    command
}

/// The command on a machine without ONNX Runtime or a model, which it needs.
pub(crate) fn enhance_fully(input: &Path, output: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tapetum"));
    command
        .arg("enhance")
        .args([input, output])
        .env("ORT_DYLIB_PATH", "/nowhere/libonnxruntime.so")
        .env("TAPETUM_MODEL_PATH", "/nowhere")
        .env_remove("RUST_LOG")
        .env_remove("GST_DEBUG");
    command
}

/// Runs it and expects it to end well; gives what it said.
#[track_caller]
pub(crate) fn done(command: &mut Command) -> String {
    let (code, said) = ended(command);
    assert_eq!(code, Some(0), "{said}");
    said
}

/// Runs it; gives the exit status and what it said on stderr, which is all it may say.
#[track_caller]
pub(crate) fn ended(command: &mut Command) -> (Option<i32>, String) {
    told(&command.output().unwrap())
}

#[track_caller]
pub(crate) fn told(output: &Output) -> (Option<i32>, String) {
    assert!(
        output.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code(), said)
}

//! A capture device of this machine, which a test machine does not have: `device.c` plays one to the runner.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A device for one process.
pub(crate) struct Device {
    folder: TempDir,
}

impl Device {
    /// Compiles it.
    #[track_caller]
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/device.c");
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .arg(library(&folder))
            .arg(source)
            .arg("-ldl")
            .status();
        assert!(status.unwrap().success(), "device.c");
        Self { folder }
    }

    /// The environment of a process that has the device, and raw pictures of it.
    pub(crate) fn raw(&self) -> Vec<(String, String)> {
        vec![("LD_PRELOAD".into(), text(&library(&self.folder)))]
    }

    /// The same with pictures as JPEG.
    pub(crate) fn jpeg(&self) -> Vec<(String, String)> {
        let picture = self.folder.path().join("white.jpeg");
        crate::media::make(
            "videotestsrc num-buffers=1 pattern=white ! video/x-raw,format=I420,width=1280,height=720 ! jpegenc !",
            &picture,
        );
        let mut environment = self.raw();
        environment.push(("FAKE_JPEG".into(), text(&picture)));
        environment
    }
}

fn library(folder: &TempDir) -> PathBuf {
    folder.path().join("device.so")
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

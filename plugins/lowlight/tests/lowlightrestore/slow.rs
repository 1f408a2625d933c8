//! A model whose loading takes as long as a test wants.

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::Command;

use crate::common::{Rig, fixture};
use lowlight_engine::OwnedFrame;

/// A model that takes as long to load as the test wants: its file is a named pipe until [`Self::release`].
pub(crate) struct SlowModel {
    dir: tempfile::TempDir,
}

impl SlowModel {
    pub(crate) fn new(name: &str) -> Self {
        let model = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        std::fs::copy(fixture(name), model.path()).unwrap();
        let sidecar = |path: PathBuf| PathBuf::from(format!("{}.modelinfo", path.display()));
        std::fs::copy(sidecar(fixture(name)), sidecar(model.path())).unwrap();
        model
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("slow.onnx")
    }

    /// Puts the pipe in the model's place: whoever opens it waits.
    fn hold(&self) {
        let (pipe, aside) = (self.dir.path().join("pipe"), self.dir.path().join("aside"));
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        std::fs::rename(self.path(), aside).unwrap();
        std::fs::hard_link(pipe, self.path()).unwrap();
    }

    /// Puts the model back, and lets those who wait go on.
    pub(crate) fn release(&self) {
        let pipe = self.dir.path().join("pipe");
        if pipe.exists() {
            std::fs::rename(self.dir.path().join("aside"), self.path()).unwrap();
            // Opened for both directions a pipe never blocks, and is a writer to those who wait for one.
            drop(OpenOptions::new().read(true).write(true).open(&pipe));
            std::fs::remove_file(pipe).unwrap();
        }
    }

    /// A playing element with this model, held, and caps for frames like `frame`.
    pub(crate) fn rig<'a>(
        &'a self,
        frame: &OwnedFrame,
        properties: &[(&str, &str)],
    ) -> SlowRig<'a> {
        let path = self.path();
        let mut all = vec![("model-file", path.to_str().unwrap())];
        all.extend(properties);
        let mut rig = Rig::with("identity-planes", &all);
        self.hold();
        rig.set_caps(frame);
        SlowRig { rig, model: self }
    }
}

/// Releases its model before it stops, so that no thread is left waiting.
pub(crate) struct SlowRig<'a> {
    rig: Rig,
    model: &'a SlowModel,
}

impl Drop for SlowRig<'_> {
    fn drop(&mut self) {
        self.model.release();
    }
}

impl std::ops::Deref for SlowRig<'_> {
    type Target = Rig;

    fn deref(&self) -> &Rig {
        &self.rig
    }
}

impl std::ops::DerefMut for SlowRig<'_> {
    fn deref_mut(&mut self) -> &mut Rig {
        &mut self.rig
    }
}

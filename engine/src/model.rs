//! A model file and its sidecar, before any session exists.

use std::path::{Path, PathBuf};

use crate::discovery;
use crate::error::Result;
use crate::modelinfo::ModelInfo;

/// A model file with its validated sidecar. Opening one is quick: only the sidecar is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    path: PathBuf,
    info: ModelInfo,
}

impl Model {
    /// Opens the model at `path`, or the default one if `None` (search order in [`crate::discovery`]).
    ///
    /// # Errors
    /// [`crate::Error::ModelNotFound`], [`crate::Error::Read`] or [`crate::Error::ModelInfo`].
    pub fn open(path: Option<&Path>) -> Result<Self> {
        let path = discovery::model(path)?;
        let info = ModelInfo::read(&path)?;
        Ok(Self { path, info })
    }

    /// The `.onnx` file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it expects and gives.
    #[must_use]
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }
}

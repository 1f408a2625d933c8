//! A model file and its sidecar, before any session exists.

use std::path::{Path, PathBuf};

use crate::discovery;
use crate::error::{Error, Result};
use crate::modelinfo::{ModelInfo, ModelKind};
use crate::provider::Provider;

/// A model file with its validated sidecar. Opening one is quick: only the sidecar is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    path: PathBuf,
    info: ModelInfo,
    /// The model that named this one as its companion.
    companion_of: Option<PathBuf>,
}

impl Model {
    /// Opens the model at `path`, or the default one if `None` (search order in [`crate::discovery`]).
    ///
    /// # Errors
    /// [`crate::Error::ModelNotFound`], [`crate::Error::Read`] or [`crate::Error::ModelInfo`].
    pub fn open(path: Option<&Path>) -> Result<Self> {
        let path = discovery::model(path)?;
        let info = ModelInfo::read(&path)?;
        Ok(Self {
            path,
            info,
            companion_of: None,
        })
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

    /// The file to load on `provider`: this model, or its companion on blocks where that is the faster one. The
    /// sidecar of a companion is read here and not in [`Model::open`], since the provider is not known before.
    pub(crate) fn for_provider(&self, provider: Provider) -> Result<Self> {
        match &self.info.blocks {
            Some(file) if provider.runs_on_cpu() => self.companion(file),
            _ => Ok(self.clone()),
        }
    }

    /// A model whose file, on the CPU provider too, is the one that `provider` loads of this one.
    pub(crate) fn loaded_on(&self, provider: Provider) -> Result<Self> {
        if provider.runs_on_cpu() {
            // Asked for by the same name, so that a session of it is shared.
            return Ok(self.clone());
        }
        let mut model = self.for_provider(provider)?;
        model.info.blocks = None;
        Ok(model)
    }

    fn companion(&self, file: &str) -> Result<Self> {
        let path = self.path.with_file_name(file);
        let info = ModelInfo::read(&path).and_then(|info| match info.kind() {
            ModelKind::Blocks => Ok(info),
            _ => Err(Error::ModelInfo {
                path: ModelInfo::sidecar_path(&path),
                problem: "a companion has an input of role blocks".into(),
            }),
        });
        Ok(Self {
            info: info.map_err(|error| companion_fault(&self.path, error))?,
            path,
            companion_of: Some(self.path.clone()),
        })
    }

    /// `error`, which is about this file, with the name of the model that led to it.
    pub(crate) fn fault(&self, error: Error) -> Error {
        match &self.companion_of {
            Some(model) => companion_fault(model, error),
            None => error,
        }
    }
}

fn companion_fault(model: &Path, error: Error) -> Error {
    Error::Companion {
        model: model.to_path_buf(),
        source: Box::new(error),
    }
}

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
    /// Whether nobody named this file: then its precision is ours to choose.
    is_default: bool,
    /// The model that named this one as its companion.
    companion_of: Option<PathBuf>,
}

impl Model {
    /// Opens the model at `path`, or the default one if `None` (search order in [`crate::discovery`]).
    ///
    /// # Errors
    /// [`crate::Error::ModelNotFound`], [`crate::Error::Read`] or [`crate::Error::ModelInfo`].
    pub fn open(path: Option<&Path>) -> Result<Self> {
        let named = path.map(Path::to_path_buf);
        let named =
            named.or_else(|| std::env::var_os(discovery::MODEL_VARIABLE).map(PathBuf::from));
        let path = discovery::model(path)?;
        let info = ModelInfo::read(&path)?;
        Ok(Self {
            // A folder is no name of a file.
            is_default: named.as_ref() != Some(&path),
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

    /// Whether another file of the same network may be loaded, because nobody named one.
    pub(crate) fn is_default(&self) -> bool {
        self.is_default
    }

    /// The file to load on `provider`: this model, its companion on blocks where that is the faster one, or, on a GPU,
    /// its half-precision sibling if nobody named a file. The sidecars of those are read here and not in
    /// [`Model::open`], since the provider is not known before.
    pub(crate) fn for_provider(&self, provider: Provider) -> Result<Self> {
        match &self.info.blocks {
            Some(file) if provider.runs_on_cpu() => self.companion(file),
            _ if provider.runs_on_cpu() || !self.is_default => Ok(self.clone()),
            _ => self.half_precision(),
        }
    }

    /// The `-fp16` file beside this one, or this one without it: int8 pays on CPUs, fp16 on GPUs, where it costs no
    /// quality.
    fn half_precision(&self) -> Result<Self> {
        let file = self.path.file_name().map(|name| name.to_string_lossy());
        let family = file.as_deref().and_then(|name| {
            let mut endings = ["-int8.onnx", "-fp32.onnx"].iter();
            endings.find_map(|ending| name.strip_suffix(ending))
        });
        let sibling = family.map(|family| self.path.with_file_name(format!("{family}-fp16.onnx")));
        let Some(path) = sibling.filter(|path| path.is_file()) else {
            return Ok(self.clone());
        };
        Ok(Self {
            info: ModelInfo::read(&path)?,
            path,
            is_default: true,
            companion_of: None,
        })
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
            is_default: self.is_default,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with the sidecars of a model in `precisions`, and empty files for their graphs.
    fn folder(precisions: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
        for precision in precisions {
            let name = format!("lowlight-nano-{precision}.onnx");
            std::fs::write(dir.path().join(&name), "").unwrap();
            let sidecar = format!("{name}.modelinfo");
            std::fs::copy(models.join(&sidecar), dir.path().join(sidecar)).unwrap();
        }
        dir
    }

    fn file(model: &Model, provider: Provider) -> String {
        let model = model.for_provider(provider).unwrap();
        model
            .path()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned()
    }

    #[test]
    fn a_gpu_gets_half_precision_if_nobody_named_a_file() {
        let dir = folder(&["int8", "fp16", "int8-blocks"]);
        let model = Model::open(Some(dir.path())).unwrap();
        for provider in [Provider::Cuda, Provider::TensorRt, Provider::TensorRtRtx] {
            assert_eq!(file(&model, provider), "lowlight-nano-fp16.onnx");
        }
        for provider in [Provider::Cpu, Provider::OpenVino] {
            assert_eq!(file(&model, provider), "lowlight-nano-int8-blocks.onnx");
        }
    }

    #[test]
    fn a_file_that_was_named_is_the_one_that_is_loaded() {
        let dir = folder(&["int8", "fp16"]);
        let model = Model::open(Some(&dir.path().join("lowlight-nano-int8.onnx"))).unwrap();
        assert_eq!(file(&model, Provider::Cuda), "lowlight-nano-int8.onnx");
    }

    #[test]
    fn a_gpu_takes_what_there_is() {
        let dir = folder(&["int8"]);
        let model = Model::open(Some(dir.path())).unwrap();
        assert_eq!(file(&model, Provider::Cuda), "lowlight-nano-int8.onnx");
    }
}

//! The process's one ONNX Runtime: found once, loaded once, kept until the process ends.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::discovery;
use crate::error::Result;
use crate::model::Model;
use crate::provider::{Provider, SessionOptions};
use crate::session::{self, Environment, Request};

/// The loaded runtime. Never unloaded: ONNX Runtime keeps threads and static state, and a library that goes away
/// under them crashes at exit.
static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

/// A loaded ONNX Runtime library. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Runtime {
    environment: Arc<Environment>,
}

impl Runtime {
    /// Loads ONNX Runtime from `library` (a file or its folder), or from the first place of the search order in
    /// [`crate::discovery`]. A process has one: later calls give the first one whatever they ask for.
    ///
    /// Takes tens of milliseconds: not for a streaming thread.
    ///
    /// # Errors
    /// [`crate::Error::RuntimeNotFound`] with every place tried, or [`crate::Error::RuntimeLoad`].
    pub fn load(library: Option<&Path>) -> Result<Self> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*loaded {
            return Ok(runtime.clone());
        }
        let path = discovery::runtime_library(library)?;
        let runtime = Self {
            environment: Arc::new(Environment::load(&path)?),
        };
        tracing::info!(library = %path.display(), "ONNX Runtime loaded");
        Ok(loaded.insert(runtime).clone())
    }

    /// Where the library lies.
    #[must_use]
    pub fn library(&self) -> PathBuf {
        self.environment.library().to_path_buf()
    }

    /// Its version as its file name tells it, such as `1.31.1`.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        let file = self.library().canonicalize().ok()?;
        let name = file.file_name()?.to_string_lossy().into_owned();
        name.split_once(".so.")
            .map(|(_, version)| version.to_owned())
    }

    /// Whether `provider` can be used here, but for the model's own sake: its libraries are loaded and its device is
    /// looked for, no model is.
    ///
    /// Takes up to seconds the first time: not for a streaming thread.
    ///
    /// # Errors
    /// [`crate::Error::Provider`] with what is missing.
    pub fn probe(&self, provider: Provider, model: &Model, options: &SessionOptions) -> Result<()> {
        let request = Request {
            model,
            options,
            size: (64, 64),
        };
        session::probe(provider, &self.environment, &request)
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }
}

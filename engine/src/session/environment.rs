//! The one ONNX Runtime of a process.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::session::Session;
use ort::session::builder::SessionBuilder;

use crate::error::{Error, Result};

/// The process's ONNX Runtime environment and the plugins registered with it.
#[derive(Debug)]
pub(crate) struct Environment {
    inner: ort::environment::Environment,
    library: PathBuf,
    plugins: Mutex<Vec<&'static str>>,
}

impl Environment {
    pub(crate) fn load(library: &Path) -> Result<Self> {
        let fail = |reason: String| Error::RuntimeLoad {
            path: library.to_path_buf(),
            reason,
        };
        let inner = ort::init_from(library)
            .map_err(|error| fail(error.to_string()))?
            .with_name("tapetum")
            .with_telemetry(false)
            .build()
            .map_err(|error| fail(error.to_string()))?;
        Ok(Self {
            inner,
            library: library.to_path_buf(),
            plugins: Mutex::default(),
        })
    }

    pub(crate) fn library(&self) -> &Path {
        &self.library
    }

    /// A builder of sessions in this environment.
    pub(super) fn builder(&self) -> ort::Result<SessionBuilder> {
        Session::builder(&self.inner)
    }

    pub(crate) fn devices(&self) -> impl Iterator<Item = ort::device::Device<'_>> {
        self.inner.devices()
    }

    /// Registers a plugin provider once per process.
    pub(crate) fn register_plugin(
        &self,
        name: &'static str,
        find: impl FnOnce() -> Result<PathBuf, String>,
    ) -> Result<(), String> {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        if plugins.contains(&name) {
            return Ok(());
        }
        let path = find()?;
        self.inner
            .register_ep_library(name, &path)
            .map_err(|error| format!("{} does not load: {error}", path.display()))?;
        plugins.push(name);
        Ok(())
    }
}

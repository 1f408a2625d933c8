//! How a session is to be made.

use std::path::PathBuf;

use super::Provider;
use crate::gpu;

/// The provider that is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProviderChoice {
    /// The first of [`Provider::ALL`] that works here. Which one it became, and why, is reported.
    #[default]
    Auto,
    /// This one or an error: never another one silently.
    Only(Provider),
}

/// How much ONNX Runtime rewrites the graph, named as `onnxinference`'s property of the same name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OptimizationLevel {
    /// Nothing.
    DisableAll,
    /// Semantics-preserving rewrites such as constant folding.
    EnableBasic,
    /// Basic, and fusions.
    EnableExtended,
    /// Extended, and memory layouts.
    #[default]
    EnableAll,
}

/// How a session is to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionOptions {
    /// The provider that is wanted.
    pub provider: ProviderChoice,
    /// The GPU to run on, as `nvidia-smi -L` lists them: an index or a UUID. Unset is the first one. Where one is
    /// named, [`ProviderChoice::Auto`] takes no CPU.
    pub device: Option<String>,
    /// Threads inside one operator; 0 takes every core this process may use.
    pub n_threads: usize,
    /// Graph rewrites.
    pub optimization_level: OptimizationLevel,
    /// Folder for compiled models; none if unset.
    pub cache_dir: Option<PathBuf>,
    /// Streams whose frames may go through a shared session in one run, up to 16; 0 is what the provider gains from: 16
    /// where it is a GPU, 1 on a CPU. Models that take one frame at a time are not affected.
    pub max_batch: usize,
    /// Take what is in there, and write nothing.
    pub cache_read_only: bool,
    /// Bytes that it may grow to before the least recently used are removed; no limit if unset.
    pub cache_max_size: Option<u64>,
}

impl SessionOptions {
    /// The providers that may be tried, best first.
    #[must_use]
    pub fn candidates(&self) -> Vec<Provider> {
        super::candidates(self)
    }

    /// The number of threads that `n_threads` stands for here.
    #[must_use]
    pub fn effective_threads(&self) -> usize {
        if self.n_threads > 0 {
            return self.n_threads;
        }
        crate::cores::usable()
    }

    /// The frames in a run that `max_batch` stands for on `provider`.
    pub(crate) fn effective_batch(&self, provider: Provider) -> usize {
        match self.max_batch {
            0 if provider.runs_on_cpu() => 1,
            0 => usize::MAX,
            most => most,
        }
    }

    /// The GPU's place in CUDA's order. An index is taken as it is: whether it is there shows when it is used.
    ///
    /// # Errors
    /// In words, if `device` names none.
    pub fn device_ordinal(&self) -> Result<i32, String> {
        match &self.device {
            None => Ok(0),
            Some(name) => name.trim().parse().or_else(|_| {
                let gpu = gpu::find(Some(name)).map_err(|error| error.to_string())?;
                Ok(i32::try_from(gpu.index).unwrap_or_default())
            }),
        }
    }
}

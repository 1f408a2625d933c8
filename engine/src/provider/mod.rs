//! Execution providers: one file each, and the rule by which `auto` chooses.

mod cpu;
mod identity;
mod openvino;

use std::path::{Path, PathBuf};

use ort::session::builder::SessionBuilder;

use crate::cache::Origin;
use crate::error::{Error, Result};
use crate::session::Environment;

pub(crate) use identity::order;

/// Where a session's operators run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// ONNX Runtime's own kernels.
    Cpu,
    /// Intel's OpenVINO, as a plugin provider.
    OpenVino,
}

impl Provider {
    /// The name, as the `execution-provider` property spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::OpenVino => "openvino",
        }
    }

    /// Whether it compiles models into something that is worth keeping.
    #[must_use]
    pub const fn compiles(self) -> bool {
        match self {
            Self::OpenVino => true,
            Self::Cpu => false,
        }
    }

    /// Whether its memory and cores are ours: then work at full resolution is better done by our loops than in a graph.
    pub(crate) const fn runs_on_cpu(self) -> bool {
        match self {
            Self::Cpu | Self::OpenVino => true,
        }
    }
}

/// The provider that is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProviderChoice {
    /// OpenVINO where it is installed, else the CPU provider. Which one it became, and why, is reported.
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
    /// Threads inside one operator; 0 takes every core this process may use.
    pub n_threads: usize,
    /// Graph rewrites.
    pub optimization_level: OptimizationLevel,
    /// Folder for compiled models; none if unset.
    pub cache_dir: Option<PathBuf>,
    /// Take what is in there, and write nothing.
    pub cache_read_only: bool,
    /// Bytes that it may grow to before the least recently used are removed; no limit if unset.
    pub cache_max_size: Option<u64>,
}

impl SessionOptions {
    /// The number of threads that `n_threads` stands for here.
    #[must_use]
    pub fn effective_threads(&self) -> usize {
        if self.n_threads > 0 {
            return self.n_threads;
        }
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }
}

/// A provider that a session got, and why it is that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveProvider {
    /// The provider.
    pub provider: Provider,
    /// Why, in words, such as the reason for which `auto` passed over another one.
    pub reason: String,
    /// Where its compiled model comes from.
    pub engine: Origin,
}

/// The providers to try for `choice`, best first.
pub(crate) fn candidates(choice: ProviderChoice) -> &'static [Provider] {
    match choice {
        ProviderChoice::Auto => &[Provider::OpenVino, Provider::Cpu],
        ProviderChoice::Only(Provider::Cpu) => &[Provider::Cpu],
        ProviderChoice::Only(Provider::OpenVino) => &[Provider::OpenVino],
    }
}

/// Adds `provider` to `builder`. `cache` is the folder that it reads its compiled model from, or writes it to.
pub(crate) fn configure(
    provider: Provider,
    environment: &Environment,
    builder: SessionBuilder,
    options: &SessionOptions,
    cache: Option<&Path>,
) -> Result<SessionBuilder> {
    let configured = match provider {
        Provider::Cpu => cpu::configure(builder, options),
        Provider::OpenVino => openvino::configure(environment, builder, options, cache),
    };
    configured.map_err(|reason| Error::Provider {
        provider: provider.name(),
        reason,
    })
}

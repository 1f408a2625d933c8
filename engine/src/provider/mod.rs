//! Execution providers: one file each, and the rule by which `auto` chooses.

mod cpu;
mod cuda;
mod identity;
mod openvino;
mod options;
mod share;
mod tensorrt;
mod tensorrt_rtx;

use std::path::{Path, PathBuf};

use ort::session::builder::SessionBuilder;

use crate::cache::Origin;
use crate::error::{Error, Result};
use crate::gpu;
use crate::model::Model;
use crate::session::Environment;

pub(crate) use identity::order;
pub(crate) use share::objection;

pub use options::{OptimizationLevel, ProviderChoice, SessionOptions};

/// Where a session's operators run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// ONNX Runtime's own kernels.
    Cpu,
    /// Intel's OpenVINO, as a plugin provider.
    OpenVino,
    /// NVIDIA's CUDA kernels, in the GPU build of ONNX Runtime.
    Cuda,
    /// NVIDIA's TensorRT 10, in the GPU build of ONNX Runtime; what it leaves over runs on CUDA.
    TensorRt,
    /// NVIDIA's TensorRT for RTX, as a plugin provider. GeForce and RTX cards only.
    TensorRtRtx,
}

impl Provider {
    /// Every provider, in the order in which `auto` prefers them.
    pub const ALL: [Self; 5] = [
        Self::TensorRt,
        Self::TensorRtRtx,
        Self::Cuda,
        Self::OpenVino,
        Self::Cpu,
    ];

    /// The name, as the `execution-provider` property spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::OpenVino => "openvino",
            Self::Cuda => "cuda",
            Self::TensorRt => "tensorrt",
            Self::TensorRtRtx => "tensorrt-rtx",
        }
    }

    /// Whether it compiles models into something that is worth keeping.
    #[must_use]
    pub const fn compiles(self) -> bool {
        match self {
            Self::TensorRt | Self::TensorRtRtx | Self::OpenVino => true,
            Self::Cuda | Self::Cpu => false,
        }
    }

    /// Whether its memory and cores are ours: then work at full resolution is better done by our loops than in a graph.
    #[must_use]
    pub const fn runs_on_cpu(self) -> bool {
        match self {
            Self::Cpu | Self::OpenVino => true,
            Self::Cuda | Self::TensorRt | Self::TensorRtRtx => false,
        }
    }
}

/// A provider that a session got, and why it is that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveProvider {
    /// The provider.
    pub provider: Provider,
    /// Why, in words.
    pub reason: String,
    /// What the sidecar of the file that was loaded says of its precision, such as `fp16`.
    pub precision: String,
    /// What `auto` tried before and could not use, in its order.
    pub passed_over: Vec<PassedOver>,
    /// Where its compiled model comes from.
    pub engine: Origin,
}

/// A provider that `auto` could not use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// The provider.
    pub provider: Provider,
    /// What is missing or failed.
    pub reason: String,
}

impl ActiveProvider {
    /// `provider`, as `choice` wanted it after what is in `passed_over`, on the evidence of a measurement if there is one.
    pub(crate) fn new(
        provider: Provider,
        choice: ProviderChoice,
        passed_over: Vec<PassedOver>,
        evidence: Option<&str>,
    ) -> Self {
        let reason = match (choice, evidence) {
            (ProviderChoice::Only(_), _) => "asked for".to_owned(),
            (ProviderChoice::Auto, Some(evidence)) => evidence.to_owned(),
            (ProviderChoice::Auto, None) if passed_over.is_empty() => {
                "first choice of auto".to_owned()
            }
            (ProviderChoice::Auto, None) => "the first that works".to_owned(),
        };
        let links = passed_over
            .iter()
            .map(|link| format!("; {}: {}", link.provider.name(), link.reason));
        Self {
            provider,
            reason: reason + &links.collect::<String>(),
            precision: String::new(),
            passed_over,
            engine: Origin::default(),
        }
    }
}

/// What a session is to be made for, as a provider has to know it.
pub(crate) struct Target<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) options: &'a SessionOptions,
    /// The file that is to be loaded.
    pub(crate) model: &'a Model,
    /// Width and height of its picture (padded).
    pub(crate) size: (usize, usize),
    /// The folder that the provider reads its compiled model from, or writes it to; none keeps nothing.
    pub(crate) cache: Option<&'a Path>,
}

impl Target<'_> {
    /// The place in CUDA's order of the GPU that is wanted, which is there.
    fn gpu(&self) -> Result<i32, String> {
        let gpu = gpu::find(self.options.device.as_deref()).map_err(|error| error.to_string())?;
        tracing::debug!(%gpu, "GPU found");
        Ok(i32::try_from(gpu.index).unwrap_or_default())
    }
}

/// Says that this ONNX Runtime was built without `provider`.
fn not_built_in(library: &Path, provider: &str) -> String {
    format!(
        "{} is built without {provider}; the GPU build has it (scripts/setup --nvidia)",
        library.display()
    )
}

/// The providers to try for `options`, best first.
pub(crate) fn candidates(options: &SessionOptions) -> Vec<Provider> {
    match options.provider {
        ProviderChoice::Only(provider) => vec![provider],
        // Whoever names a GPU wants it, and an error if it is not there.
        ProviderChoice::Auto if options.device.is_some() => Provider::ALL
            .into_iter()
            .filter(|provider| !provider.runs_on_cpu())
            .collect(),
        ProviderChoice::Auto => Provider::ALL.to_vec(),
    }
}

/// The file to load in the model's place, for a provider that compiled it into one of its own in folder `cache`.
pub(crate) fn compiled_file(provider: Provider, cache: &Path) -> Option<PathBuf> {
    let file = match provider {
        Provider::TensorRtRtx => tensorrt_rtx::engine_file(cache),
        _ => return None,
    };
    file.is_file().then_some(file)
}

/// Adds `provider` to `builder`.
pub(crate) fn configure(
    provider: Provider,
    target: &Target<'_>,
    builder: SessionBuilder,
) -> Result<SessionBuilder> {
    let configured = match provider {
        Provider::Cpu => cpu::configure(target, builder),
        Provider::OpenVino => openvino::configure(target, builder),
        Provider::Cuda => cuda::configure(target, builder),
        Provider::TensorRt => tensorrt::configure(target, builder),
        Provider::TensorRtRtx => tensorrt_rtx::configure(target, builder),
    };
    configured.map_err(|reason| Error::Provider {
        provider: provider.name(),
        reason,
    })
}

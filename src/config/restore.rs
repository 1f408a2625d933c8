//! `[restore]`: the restoration, with the properties of `lowlightrestore`.

use clap::ValueEnum;
use serde::Deserialize;
use std::path::PathBuf;

/// Settings of `lowlightrestore`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Restore {
    /// The network (`.onnx`, with its sidecar beside it); absent: the one that is found, see `TAPETUM_MODEL_PATH`.
    pub model_file: Option<PathBuf>,
    /// A network to fall back on when the machine is short; absent: none.
    pub smaller_model_file: Option<PathBuf>,
    /// What runs the network.
    pub execution_provider: Provider,
    /// The GPU to run on: an index or a UUID as `nvidia-smi -L` lists them; absent: the first.
    pub device: Option<String>,
    /// Threads the network may use; 0: as many as pay.
    pub n_threads: u32,
    /// Folder for compiled models; absent: `tapetum` in the user's cache, empty: none is kept.
    pub cache_dir: Option<PathBuf>,
    /// Compiled models are taken from there, and none is written.
    pub cache_read_only: bool,
    /// The network gets every n-th frame.
    pub inference_interval: u32,
    /// How much of the restoration is taken, 0 (none, bit-exact) to 1 (all).
    pub strength: f64,
    /// What is shown.
    pub view: View,
}

impl Default for Restore {
    fn default() -> Self {
        Self {
            model_file: None,
            smaller_model_file: None,
            execution_provider: Provider::Auto,
            device: None,
            n_threads: 0,
            cache_dir: None,
            cache_read_only: false,
            inference_interval: 1,
            strength: 1.0,
            view: View::Restored,
        }
    }
}

impl Restore {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.inference_interval == 0 {
            return Err("restore: inference-interval is 0, must be 1 (every frame) or more".into());
        }
        if (0.0..=1.0).contains(&self.strength) {
            return Ok(());
        }
        Err(format!(
            "restore: strength is {}, must lie between 0 and 1",
            self.strength
        ))
    }
}

/// What runs the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// The fastest that this machine has; what was chosen is said.
    Auto,
    /// ONNX Runtime's own CPU provider.
    Cpu,
    /// The OpenVINO plugin provider.
    Openvino,
    /// CUDA on an NVIDIA GPU.
    Cuda,
    /// TensorRT on an NVIDIA GPU.
    Tensorrt,
    /// TensorRT for RTX, on NVIDIA's RTX GPUs.
    TensorrtRtx,
}

impl Provider {
    /// The nick of the element's property value.
    #[must_use]
    pub fn nick(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Openvino => "openvino",
            Self::Cuda => "cuda",
            Self::Tensorrt => "tensorrt",
            Self::TensorrtRtx => "tensorrt-rtx",
        }
    }
}

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// The restored frame.
    Restored,
    /// The frame as it came.
    Original,
    /// Left half as it came, right half restored.
    Split,
    /// What the restoration changed.
    Degradation,
}

impl View {
    /// The nick of the element's property value.
    #[must_use]
    pub fn nick(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::Original => "original",
            Self::Split => "split",
            Self::Degradation => "degradation",
        }
    }
}

//! The element's enumerations, spelled as `gst-inspect-1.0` shows them.

use gst::glib;
use lowlight_engine as engine;

/// Where the network is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstLowlightRestoreExecutionProvider")]
pub enum ExecutionProvider {
    /// The fastest provider that works here; `active-provider` and the state message say which, and why.
    #[enum_value(
        name = "The first that works of TensorRT, TensorRT for RTX, CUDA, OpenVINO, CPU",
        nick = "auto"
    )]
    Auto,
    /// ONNX Runtime's own CPU kernels.
    #[enum_value(name = "ONNX Runtime's own CPU kernels", nick = "cpu")]
    Cpu,
    /// OpenVINO on the CPU, or an error.
    #[enum_value(name = "OpenVINO on the CPU, or an error", nick = "openvino")]
    Openvino,
    /// CUDA kernels on an NVIDIA GPU, or an error.
    #[enum_value(name = "CUDA on an NVIDIA GPU, or an error", nick = "cuda")]
    Cuda,
    /// TensorRT 10 on an NVIDIA GPU, or an error.
    #[enum_value(name = "TensorRT on an NVIDIA GPU, or an error", nick = "tensorrt")]
    Tensorrt,
    /// TensorRT for RTX on an NVIDIA RTX GPU, or an error.
    #[enum_value(
        name = "TensorRT for RTX on an NVIDIA RTX GPU, or an error",
        nick = "tensorrt-rtx"
    )]
    TensorrtRtx,
}

impl From<ExecutionProvider> for engine::ProviderChoice {
    fn from(provider: ExecutionProvider) -> Self {
        match provider {
            ExecutionProvider::Auto => Self::Auto,
            ExecutionProvider::Cpu => Self::Only(engine::Provider::Cpu),
            ExecutionProvider::Openvino => Self::Only(engine::Provider::OpenVino),
            ExecutionProvider::Cuda => Self::Only(engine::Provider::Cuda),
            ExecutionProvider::Tensorrt => Self::Only(engine::Provider::TensorRt),
            ExecutionProvider::TensorrtRtx => Self::Only(engine::Provider::TensorRtRtx),
        }
    }
}

/// How much ONNX Runtime rewrites the graph; names and nicks as in GStreamer's `onnxinference`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstLowlightRestoreOptimizationLevel")]
pub enum OptimizationLevel {
    /// Nothing.
    #[enum_value(name = "Disable all optimization", nick = "disable-all")]
    DisableAll,
    /// Rewrites that keep the semantics, such as constant folding.
    #[enum_value(
        name = "Enable basic optimizations (redundant node removals)",
        nick = "enable-basic"
    )]
    EnableBasic,
    /// Basic, and node fusions.
    #[enum_value(
        name = "Enable extended optimizations (redundant node removals + node fusions)",
        nick = "enable-extended"
    )]
    EnableExtended,
    /// Extended, and memory layouts.
    #[enum_value(name = "Enable all possible optimizations", nick = "enable-all")]
    EnableAll,
}

impl From<OptimizationLevel> for engine::OptimizationLevel {
    fn from(level: OptimizationLevel) -> Self {
        match level {
            OptimizationLevel::DisableAll => Self::DisableAll,
            OptimizationLevel::EnableBasic => Self::EnableBasic,
            OptimizationLevel::EnableExtended => Self::EnableExtended,
            OptimizationLevel::EnableAll => Self::EnableAll,
        }
    }
}

/// What the element shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstLowlightRestoreView")]
pub enum View {
    /// The restored picture.
    #[enum_value(name = "The restored picture", nick = "restored")]
    Restored,
    /// The input; no network is run or loaded.
    #[enum_value(name = "The input, passed through", nick = "original")]
    Original,
    /// Left half original, right half restored.
    #[enum_value(
        name = "Left half original, right half restored, a white line between",
        nick = "split"
    )]
    Split,
    /// Where the network found the picture dark, blurred, noisy.
    #[enum_value(
        name = "The model's degradation map: red dark, green blurred, blue noisy",
        nick = "degradation"
    )]
    Degradation,
}

/// What the element is doing about its model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstLowlightRestoreState")]
pub enum RestorerState {
    /// No model is wanted yet: stopped, no caps, or strength 0 or view original from the start.
    #[default]
    #[enum_value(name = "No model is wanted yet", nick = "idle")]
    Idle,
    /// A model is being loaded; frames pass unrestored, or wait.
    #[enum_value(name = "A model is being loaded", nick = "loading")]
    Loading,
    /// A provider compiles the model; frames are restored by another one if `active-provider` names one, and pass otherwise.
    #[enum_value(name = "A provider compiles the model", nick = "building")]
    Building,
    /// A provider's pictures are compared with the CPU provider's, before it is used.
    #[enum_value(name = "A provider is put to the test", nick = "self-test")]
    SelfTest,
    /// Frames are restored by the best provider that works.
    #[enum_value(name = "Frames are restored", nick = "ready")]
    Ready,
    /// Restored pictures are implausible or fail; the original frames are shown in their place.
    #[enum_value(
        name = "Original frames are shown, as restored ones are faulty",
        nick = "degraded"
    )]
    Degraded,
    /// The model or its runtime was refused; an error is on the bus.
    #[enum_value(name = "The model or its runtime was refused", nick = "failed")]
    Failed,
}

impl RestorerState {
    /// The nick, as messages and `gst-inspect-1.0` spell it.
    #[must_use]
    pub const fn nick(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Loading => "loading",
            Self::Building => "building",
            Self::SelfTest => "self-test",
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
        }
    }
}

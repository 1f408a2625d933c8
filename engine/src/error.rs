//! The crate's one error type. Every variant names the file, tensor or frame it is about and what to do.

use std::path::PathBuf;
use std::time::Duration;

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong between a model file and a restored frame.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No ONNX Runtime library in any place of the search order.
    #[error(
        "ONNX Runtime was not found (run scripts/setup, or point ORT_DYLIB_PATH at libonnxruntime.so); tried: {}",
        tried.join("; ")
    )]
    RuntimeNotFound {
        /// Every place that was tried, in order, as `reason: path`.
        tried: Vec<String>,
    },

    /// The library was found but does not load.
    #[error("ONNX Runtime at {} does not load: {reason}", path.display())]
    RuntimeLoad {
        /// The library.
        path: PathBuf,
        /// The loader's own words.
        reason: String,
    },

    /// No model in any place of the search order.
    #[error("no model was found (set model-file, or TAPETUM_MODEL_PATH); tried: {}", tried.join("; "))]
    ModelNotFound {
        /// Every place that was tried, in order.
        tried: Vec<String>,
    },

    /// The model file, or its sidecar, cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's own words.
        source: std::io::Error,
    },

    /// The `.modelinfo` sidecar is not valid.
    #[error("{}: {problem}", path.display())]
    ModelInfo {
        /// The sidecar.
        path: PathBuf,
        /// What is wrong and what would be right.
        problem: String,
    },

    /// The model and its sidecar disagree.
    #[error("{}: {problem}", path.display())]
    ModelMismatch {
        /// The model.
        path: PathBuf,
        /// The tensor, what the sidecar says, what the model has.
        problem: String,
    },

    /// ONNX Runtime refused the model file.
    #[error("{} is not a model that ONNX Runtime can load: {reason}", path.display())]
    ModelLoad {
        /// The model.
        path: PathBuf,
        /// ONNX Runtime's own words.
        reason: String,
    },

    /// The companion that a model names cannot be used.
    #[error("{} names a companion (blocks) that cannot be used: {source}", model.display())]
    Companion {
        /// The model.
        model: PathBuf,
        /// What is wrong with the companion, by its name.
        source: Box<Error>,
    },

    /// The execution provider that was asked for cannot be used.
    #[error("execution provider {provider} is not usable: {reason}")]
    Provider {
        /// The provider's name, as the property spells it.
        provider: &'static str,
        /// Why, and what is missing.
        reason: String,
    },

    /// No GPU can be used, or not the one that was named.
    #[error("{reason}")]
    Gpu {
        /// What is missing, or which GPUs there are.
        reason: String,
    },

    /// A session gives other pictures than it should.
    #[error("execution provider {provider} fails the self-test with model {model}: {reason}")]
    SelfTest {
        /// The provider's name, as the property spells it.
        provider: &'static str,
        /// The model's name.
        model: String,
        /// The figures, and the bars that they are beyond; or what the run failed with.
        reason: String,
    },

    /// A frame's planes do not hold what its format, size and strides promise.
    #[error("{format} frame of {width}x{height}: {problem}")]
    Frame {
        /// The pixel format's name.
        format: &'static str,
        /// Pixels per row.
        width: usize,
        /// Rows.
        height: usize,
        /// Which plane, how many bytes it has, how many it needs.
        problem: String,
    },

    /// The model was built for a fixed size, and the frame is larger.
    #[error(
        "model {model} takes frames up to {max_width}x{max_height}, this one is {width}x{height}: scale it first (videoscale)"
    )]
    FrameTooLarge {
        /// The model's name.
        model: String,
        /// Largest width.
        max_width: usize,
        /// Largest height.
        max_height: usize,
        /// The frame's width.
        width: usize,
        /// The frame's height.
        height: usize,
    },

    /// A shared session was busy with other streams' frames for longer than this one was to wait.
    #[error("model {model}: the frame waited {} ms for its turn and is too old", waited.as_millis())]
    TooLate {
        /// The model's name.
        model: String,
        /// How long it waited.
        waited: Duration,
    },

    /// A run failed or gave something that is no picture.
    #[error("model {model}: {reason}")]
    Run {
        /// The model's name.
        model: String,
        /// What failed.
        reason: String,
    },
}

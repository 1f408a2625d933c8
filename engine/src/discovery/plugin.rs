//! Providers that are libraries of their own, and what they are called where.

use super::{OPENVINO_VARIABLE, TENSORRT_RTX_VARIABLE};

/// A provider that is a library of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plugin {
    OpenVino,
    TensorRtRtx,
}

impl Plugin {
    pub(super) const fn variable(self) -> &'static str {
        match self {
            Self::OpenVino => OPENVINO_VARIABLE,
            Self::TensorRtRtx => TENSORRT_RTX_VARIABLE,
        }
    }

    pub(super) const fn library(self) -> &'static str {
        match self {
            Self::OpenVino => "libonnxruntime_providers_openvino_plugin.so",
            Self::TensorRtRtx => "libonnxruntime_providers_nv_tensorrt_rtx.so",
        }
    }

    /// Its folder in a checkout's `.runtime/`.
    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::OpenVino => "openvino",
            Self::TensorRtRtx => "tensorrt-rtx",
        }
    }

    /// What fetches it.
    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::OpenVino => "scripts/setup",
            Self::TensorRtRtx => "scripts/setup --nvidia",
        }
    }
}

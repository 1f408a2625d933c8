//! Does a session give the pictures that it should? Asked before anybody sees one.
//!
//! A provider may load a model, run it, and give wrong pictures: a half-precision engine that overflows, a kernel that is
//! wrong on one GPU, a cached engine of another model. So frames that are drawn here (always the same ones) run on it
//! and, with the same file, on ONNX Runtime's CPU kernels, and the pictures are compared in code values.
//! `docs/design/start-ladder.md` says where the bars come from.

mod compare;
mod golden;

pub use compare::{Agreement, Bars};
pub use golden::{FRAMES, frame};

/// What [`crate::Restorer::self_test`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is the CPU provider, which the others are compared with.
    Reference,
    /// The pictures are as far apart as this, which is within the bars.
    Passed(Agreement),
    /// The CPU provider cannot run the model, so there is nothing to compare with: why.
    Untested(String),
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reference => write!(f, "is what others are compared with"),
            Self::Passed(agreement) => write!(f, "self-test passed: {agreement}"),
            Self::Untested(reason) => write!(f, "not self-tested: {reason}"),
        }
    }
}

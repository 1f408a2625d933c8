//! What can keep a pipeline from being built.

use std::path::PathBuf;

/// Why a pipeline cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// GStreamer has no such element on this machine.
    #[error("GStreamer has no element '{factory}' here; it comes with the package {package}")]
    MissingElement {
        /// The element's factory name.
        factory: String,
        /// The Debian and Ubuntu package that brings it.
        package: &'static str,
    },
    /// Two elements that must fit do not.
    #[error("cannot link {from} to {to}")]
    Link {
        /// The upstream element or pad.
        from: String,
        /// The downstream element or pad.
        to: String,
    },
    /// A property value that the element does not take.
    #[error("{element} takes no {property} '{value}'")]
    Property {
        /// The element's factory name.
        element: &'static str,
        /// The property.
        property: &'static str,
        /// The value.
        value: String,
    },
    /// The output's name does not say which container it is.
    #[error("{}: cannot tell the container: the name must end in .mp4, .m4v or .mkv", path.display())]
    Container {
        /// The output.
        path: PathBuf,
    },
    /// A combination of sections that no pipeline exists for.
    #[error("{0}")]
    Unsupported(String),
}

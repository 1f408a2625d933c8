//! Containers: which muxer writes them and what they can hold.

use super::clock;
use super::error::PipelineError;
use super::make::make_named;
use gst::prelude::*;
use std::path::Path;

/// The name of the muxer.
pub(crate) const MUXER: &str = "muxer";

/// A container that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// MP4.
    Mp4,
    /// Matroska.
    Mkv,
}

impl Container {
    /// The container that a file's extension names.
    ///
    /// # Errors
    ///
    /// The extension names no container that can be written.
    pub fn of(path: &Path) -> Result<Self, PipelineError> {
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("mp4" | "m4v") => Ok(Self::Mp4),
            Some("mkv") => Ok(Self::Mkv),
            _ => Err(PipelineError::Container {
                path: path.to_owned(),
            }),
        }
    }

    /// The name to use in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mp4 => "MP4",
            Self::Mkv => "Matroska",
        }
    }

    pub(super) fn muxer(self) -> Result<gst::Element, PipelineError> {
        match self {
            Self::Mp4 => {
                let muxer = make_named("mp4mux", MUXER)?;
                muxer.set_property("movie-timescale", clock::MOVIE);
                Ok(muxer)
            }
            Self::Mkv => make_named("matroskamux", MUXER),
        }
    }
}

/// A kind of stream in a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Video,
    Audio,
    Subtitle,
}

impl Kind {
    /// The muxers' template for this kind of stream.
    pub(super) fn template(self) -> &'static str {
        match self {
            Self::Video => "video_%u",
            Self::Audio => "audio_%u",
            Self::Subtitle => "subtitle_%u",
        }
    }
}

/// What `muxer` takes as a stream of this kind.
pub(super) fn accepted(muxer: &gst::Element, kind: Kind) -> gst::Caps {
    muxer
        .pad_template(kind.template())
        .map_or_else(gst::Caps::new_empty, |template| template.caps().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extension_names_the_container_in_any_case() {
        assert_eq!(
            Container::of(Path::new("a.b/c.MP4")).unwrap(),
            Container::Mp4
        );
        assert_eq!(Container::of(Path::new("c.mkv")).unwrap(), Container::Mkv);
        for name in ["c", "c.avi", "mp4", ".mkv"] {
            assert!(Container::of(Path::new(name)).is_err(), "{name}");
        }
    }
}

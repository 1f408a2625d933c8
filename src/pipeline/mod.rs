//! Configuration to `gst::Pipeline`: the only place where elements are made.
//!
//! A file's way: `filesrc ! parsebin`, whose streams go through one `multiqueue`; the first video stream
//! on through `decodebin ! lowlightrestore ! encoder`, audio and subtitles untouched, all into the muxer.

mod clock;
mod colour;
mod compare;
mod container;
mod encode;
mod error;
mod file;
mod film;
mod gate;
mod lead_in;
pub(crate) mod live;
mod make;
mod meter;
mod mp4;
mod restore;
mod rotation;
mod sniff;
mod stage;
mod still;
mod streams;
mod subtitle;
mod track;
mod video;
pub(crate) mod words;

pub use container::Container;
pub use error::PipelineError;
pub use file::file_to_file;
pub use film::Film;
pub use gate::Gate;

pub use meter::Meter;
pub(crate) use restore::change_within;
pub use sniff::{Media, is_cut_off, sniff};
pub use stage::{Stage, StageError};
pub use still::{StillFormat, still_to_still};

use gst::prelude::*;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Remarks of a pipeline's threads to the user: what was left out or written otherwise than it came.
pub type Notes = mpsc::UnboundedSender<String>;

/// A pipeline that ends, and the handles to watch and end it.
pub struct Graph {
    /// The pipeline.
    pub pipeline: gst::Pipeline,
    /// What has flowed.
    pub meter: Meter,
    /// Ends it early.
    pub gate: Gate,
    /// The element whose outputs know how long the input is.
    input: gst::Element,
    /// The output's tracks in their order, where it has an edit list to be put right.
    tracks: Tracks,
}

/// What a restoration says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restoration {
    /// What runs the network; `None` where none was needed.
    pub provider: Option<String>,
    /// Frames that could not be restored and passed as they were.
    pub failed: u64,
}

/// What has to be known of an MP4 file's tracks when it is done.
type Tracks = Arc<Mutex<Vec<track::Track>>>;

impl Graph {
    /// What the restoration says of itself.
    #[must_use]
    pub fn restoration(&self) -> Restoration {
        let Some(element) = self.pipeline.by_name(restore::RESTORE) else {
            return Restoration::default();
        };
        let stats = element.property::<Option<gst::Structure>>("stats");
        let failed = stats.and_then(|stats| stats.get::<u64>("passed-failed").ok());
        Restoration {
            provider: element.property::<Option<String>>("active-provider"),
            failed: failed.unwrap_or(0),
        }
    }

    /// Says in the finished file `output` exactly what of its tracks is shown, and how it has to be turned. Call it when the pipeline
    /// has stopped.
    ///
    /// # Errors
    ///
    /// The file is not as the muxer writes it; it is left alone then and plays, with rounded times.
    pub fn polish(&self, output: &Path) -> io::Result<()> {
        let tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
        if tracks.is_empty() {
            return Ok(());
        }
        let headers: Vec<_> = tracks.iter().map(track::Track::headers).collect();
        mp4::set_headers(output, &headers)
    }

    /// How long the input says it is.
    #[must_use]
    pub fn duration(&self) -> Option<gst::ClockTime> {
        let pads = self.input.src_pads();
        pads.iter().find_map(PadExtManual::query_duration)
    }
}

/// Whether the top-level element called `name` belongs to the reading side: its errors are the input's.
#[must_use]
pub fn reads_input(name: &str) -> bool {
    name.starts_with(INPUT)
}

/// What the names of the reading side's elements start with.
const INPUT: &str = "input-";

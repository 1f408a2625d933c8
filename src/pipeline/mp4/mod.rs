//! MP4's own words about time, which GStreamer's demuxer and muxer do not pass on: the ticks a track
//! counts in, and the edit list that says which part of a track is shown.
//!
//! Pure: files in, numbers out, and one edit in place.

mod boxes;
mod input;
mod opus;
mod output;

pub(super) use input::{Change, audio_edits, full_range, has_index, video_timescale};
pub(super) use output::{Edit, Headers, set_headers};

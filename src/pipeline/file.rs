//! A file restored into a file: whatever container comes in, MP4 or MKV out.

use super::container::{Container, Kind};
use super::error::PipelineError;
use super::make::{add_chain, link_pads, make_named, pad, request_pad, wake};
use super::mp4::{self, Edit};
use super::track::Track;
use super::{Gate, Graph, Meter, Notes, Tracks, clock, colour, lead_in, streams, video};
use crate::config::{Encode, Restore};
use gst::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

/// The most that one stream may run ahead of another in a file, in bytes of compressed data.
const AHEAD: u32 = 32 << 20;

/// Builds the pipeline that restores the file `input` into the file `output`, whose extension names the
/// container. Streams are linked as they are found, so what they cannot be linked to is an error on the
/// bus.
///
/// # Errors
///
/// An element is missing, or the extension names no container.
pub fn file_to_file(
    input: &Path,
    output: &Path,
    restore: &Restore,
    encode: &Encode,
    notes: Notes,
) -> Result<Graph, PipelineError> {
    let container = Container::of(output)?;
    let pipeline = gst::Pipeline::new();
    let source = make_named("filesrc", "input-file")?;
    source.set_property("location", input);
    let parser = make_named("parsebin", "input-parser")?;
    let queue = make_named("multiqueue", "input-queue")?;
    queue.set_property("max-size-bytes", AHEAD);
    queue.set_property("max-size-buffers", 0u32);
    queue.set_property("max-size-time", 0u64);
    let muxer = container.muxer()?;
    let sink = make_named("filesink", "output-file")?;
    sink.set_property("location", output);
    let hidden = mp4::audio_edits(input);
    lead_in::overlay(&pad(&source, "src")?, hidden.without);
    add_chain(&pipeline, &[&source, &parser])?;
    add_chain(&pipeline, &[&queue])?;
    add_chain(&pipeline, &[&muxer, &sink])?;

    let graph = Graph {
        pipeline,
        meter: Meter::default(),
        gate: Gate::default(),
        input: parser.clone(),
        tracks: Tracks::default(),
    };
    let router = Arc::new(Router {
        pipeline: graph.pipeline.downgrade(),
        queue,
        muxer,
        container,
        restore: restore.clone(),
        encode: encode.clone(),
        meter: graph.meter.clone(),
        gate: graph.gate.clone(),
        tracks: Arc::clone(&graph.tracks),
        input: input.to_owned(),
        hidden: hidden.edits,
        notes,
        has_video: AtomicBool::new(false),
    });
    parser.connect_pad_added(move |_, pad| router.route(pad));
    keep_subtitles_styled(&parser);
    graph.meter.count_reads(&pad(&source, "src")?);
    graph.meter.count_writes(&pad(&sink, "sink")?);
    Ok(graph)
}

/// Links each stream of the input as the parser finds it.
pub(super) struct Router {
    pub(super) pipeline: gst::glib::WeakRef<gst::Pipeline>,
    queue: gst::Element,
    pub(super) muxer: gst::Element,
    pub(super) container: Container,
    pub(super) restore: Restore,
    pub(super) encode: Encode,
    pub(super) meter: Meter,
    pub(super) gate: Gate,
    tracks: Tracks,
    input: PathBuf,
    hidden: Vec<(u32, Edit)>,
    notes: Notes,
    has_video: AtomicBool,
}

impl Router {
    pub(super) fn note(&self, text: String) {
        // Nobody listens any more when the pipeline is being torn down.
        let _ = self.notes.send(text);
    }

    /// The edit list of a stream's track that its demuxer was not shown.
    fn hidden(&self, parsed: &gst::Pad) -> Option<Edit> {
        let stream = parsed.stream_id()?;
        let track: u32 = stream.rsplit('/').next()?.parse().ok()?;
        let hidden = self.hidden.iter().find(|(number, _)| *number == track)?;
        Some(hidden.1)
    }

    /// A new input of the muxer, and what watches it.
    pub(super) fn muxer_input(&self, kind: Kind) -> Result<(gst::Pad, Track), PipelineError> {
        let pad = request_pad(&self.muxer, kind.template())?;
        let track = Track::default();
        if self.container == Container::Mp4 {
            let mut tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
            tracks.push(track.clone());
        }
        Ok((pad, track))
    }

    /// Ends the pipeline with an error on its bus.
    pub(super) fn fail(&self, error: &PipelineError) {
        if let Some(pipeline) = self.pipeline.upgrade() {
            let message =
                gst::message::Error::builder(gst::CoreError::Negotiation, &error.to_string())
                    .src(&pipeline)
                    .build();
            let _ = pipeline.post_message(message);
        }
    }

    fn route(self: &Arc<Self>, parsed: &gst::Pad) {
        if let Err(error) = self.try_route(parsed) {
            self.fail(&error);
        }
    }

    fn try_route(self: &Arc<Self>, parsed: &gst::Pad) -> Result<(), PipelineError> {
        let Some(pipeline) = self.pipeline.upgrade() else {
            return Ok(());
        };
        let caps = parsed
            .current_caps()
            .unwrap_or_else(|| parsed.query_caps(None));
        let entry = request_pad(&self.queue, "sink_%u")?;
        let exit = pad(&self.queue, &entry.name().replace("sink", "src"))?;
        self.meter.count_input(&exit);
        match kind_of(&caps) {
            Some(Kind::Video) if !self.has_video.swap(true, Ordering::AcqRel) => {
                let framerate = caps.structure(0).and_then(|s| s.get("framerate").ok());
                let ticks = clock::video_ticks(&self.input, framerate, parsed.query_duration());
                if mp4::full_range(&self.input) {
                    colour::widen(&exit);
                }
                self.meter.found_video();
                self.meter.count_coded(&exit, &caps);
                video::decode_into_muxer(self, &pipeline, &exit, ticks)?;
            }
            Some(kind @ (Kind::Audio | Kind::Subtitle)) => {
                streams::pass_on(self, &pipeline, &exit, &caps, kind, self.hidden(parsed))?;
            }
            _ => {
                self.note(format!("a stream of {} is left out", describe(&caps)));
                drop_stream(&pipeline, &exit)?;
            }
        }
        link_pads(parsed, &entry)
    }
}

/// Keeps `parser` from turning styled subtitles into plain ones: some containers take them as they are.
fn keep_subtitles_styled(parser: &gst::Element) {
    parser.connect("autoplug-continue", false, |values| {
        let caps = values.get(2)?.get::<gst::Caps>().ok()?;
        let name = caps.structure(0)?.name();
        let styled = ["application/x-ass", "application/x-ssa"].contains(&name.as_str());
        Some((!styled).to_value())
    });
}

/// Lets a stream end in nothing.
pub(super) fn drop_stream(pipeline: &gst::Pipeline, exit: &gst::Pad) -> Result<(), PipelineError> {
    let nothing = super::make::make("fakesink")?;
    nothing.set_property("async", false);
    add_chain(pipeline, &[&nothing])?;
    wake(&[&nothing])?;
    link_pads(exit, &pad(&nothing, "sink")?)
}

fn kind_of(caps: &gst::Caps) -> Option<Kind> {
    let name = caps.structure(0)?.name();
    let (family, kind) = name.split_once('/')?;
    match (family, kind) {
        ("video" | "image", _) => Some(Kind::Video),
        ("audio", _) => Some(Kind::Audio),
        ("text" | "subtitle" | "subpicture", _) => Some(Kind::Subtitle),
        ("application", "x-ssa" | "x-ass" | "x-usf" | "x-subtitle-vtt") => Some(Kind::Subtitle),
        _ => None,
    }
}

/// The name of a stream's format, for messages.
pub(super) fn describe(caps: &gst::Caps) -> String {
    caps.structure(0)
        .map_or_else(|| "unknown data".into(), |s| s.name().to_string())
}

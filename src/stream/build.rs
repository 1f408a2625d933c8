//! Builds a stream's pipelines and connects them to its core.

use super::broadcast::Broadcast;
use super::core::Core;
use super::pacer::Pacer;
use super::part::Role;
use super::recording::{RecordingTap, segment};
use crate::config::{Codec, Container, RecordingSink, Restore, Shown, Sink, Source, Stream};
use crate::pipeline::PipelineError;
use crate::pipeline::live::{
    Encoder, Limits, Recorder, Watcher, camera, custom_viewer, display, restorer,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a stream's pipelines are connected to.
pub(crate) struct Joints {
    pub(crate) core: Arc<Core>,
    /// The ways into recordings, by the sink's place and whether it takes what the camera sends.
    pub(crate) taps: BTreeMap<(usize, bool), Arc<RecordingTap>>,
}

impl Joints {
    /// The joints of `stream`, with nothing connected.
    pub(crate) fn new(stream: &Stream) -> Self {
        let original = stream
            .sinks
            .iter()
            .any(|sink| sink.shown() == Shown::Original);
        let recordings: Vec<(usize, bool)> = recordings(stream)
            .flat_map(|(index, sink)| {
                let untouched = sink.original.then_some((index, true));
                [(index, false)].into_iter().chain(untouched)
            })
            .collect();
        let coded = recordings.iter().any(|(_, untouched)| *untouched);
        let core = Arc::new(Core::new(stream, original, coded));
        let mut taps = BTreeMap::new();
        for key in recordings {
            let tap = Arc::new(RecordingTap::new(&core.figures));
            match (&core.coded, key.1) {
                (Some(coded), true) => coded.add(Arc::clone(&tap) as _),
                _ => core.restored.broadcast.add(Arc::clone(&tap) as _),
            };
            taps.insert(key, tap);
        }
        Self { core, taps }
    }

    /// The coded frames of a picture.
    pub(crate) fn broadcast(&self, shown: Shown) -> &Arc<Broadcast> {
        &self.pacer(shown).broadcast
    }

    /// The picture of a kind.
    fn pacer(&self, shown: Shown) -> &Arc<Pacer> {
        match shown {
            Shown::Restored => &self.core.restored,
            Shown::Original => self.core.original.as_ref().unwrap_or(&self.core.restored),
        }
    }

    /// Builds and connects a pipeline; one that restores gets the settings of `restore`. `None`: it is too early for it.
    pub(crate) fn build(
        &self,
        stream: &Stream,
        restore: &Restore,
        role: Role,
    ) -> Result<Option<gst::Pipeline>, PipelineError> {
        match role {
            Role::Camera => self.camera(stream).map(Some),
            Role::Restorer => self.restorer(stream, restore).map(Some),
            Role::Encoder(shown) => self.encoder(stream, shown).map(Some),
            Role::Viewer(index) => self.viewer(stream, index),
            Role::Recording(index) => self.recording(stream, index, false),
            Role::Untouched(index) => self.recording(stream, index, true),
        }
    }

    /// Takes a pipeline off its joints, before it is stopped or after it has failed. With `end`, it is told that
    /// no more will come.
    pub(crate) fn disconnect(&self, role: Role, end: bool) {
        match role {
            Role::Camera => self.core.expect_new(),
            Role::Restorer => self.core.set_restorer(None),
            Role::Encoder(shown) => self.pacer(shown).set_encoder(None),
            Role::Viewer(index) => {
                for shown in [Shown::Restored, Shown::Original] {
                    self.pacer(shown).remove_viewer(index);
                }
            }
            Role::Recording(index) => self.close(index, false, end),
            Role::Untouched(index) => self.close(index, true, end),
        }
    }

    fn close(&self, index: usize, untouched: bool, end: bool) {
        if let Some(tap) = self.taps.get(&(index, untouched)) {
            tap.close(end);
        }
    }

    fn camera(&self, stream: &Stream) -> Result<gst::Pipeline, PipelineError> {
        self.core.expect_new();
        let watcher: Arc<dyn Watcher> = Arc::clone(&self.core) as _;
        camera(&stream.source, self.core.coded.is_some(), &watcher)
    }

    fn restorer(&self, stream: &Stream, restore: &Restore) -> Result<gst::Pipeline, PipelineError> {
        let (wanting, restoring) = (Arc::clone(&self.core), Arc::clone(&self.core));
        let built = restorer(
            stream.crop.as_ref(),
            stream.degrade.as_ref(),
            restore,
            move |entry| wanting.wanted(entry),
            move |sample| restoring.restored(&sample),
        )?;
        self.core.set_restorer(Some(built.entry));
        Ok(built.pipeline)
    }

    fn encoder(&self, stream: &Stream, shown: Shown) -> Result<gst::Pipeline, PipelineError> {
        let pacer = self.pacer(shown);
        let broadcast = Arc::clone(&pacer.broadcast);
        let encoder = Encoder::new(&stream.encode, pacer.shape(), move |unit| {
            broadcast.send(&unit);
        })?;
        let pipeline = encoder.pipeline.clone();
        pacer.broadcast.want_key();
        pacer.set_encoder(Some(encoder));
        Ok(pipeline)
    }

    fn viewer(
        &self,
        stream: &Stream,
        index: usize,
    ) -> Result<Option<gst::Pipeline>, PipelineError> {
        let Some(sink) = stream.sinks.get(index) else {
            return Ok(None);
        };
        let viewer = match sink {
            Sink::Display(sink) => display(sink)?,
            Sink::GstLaunch(sink) => custom_viewer(sink)?,
            Sink::Rtsp(_) | Sink::Recording(_) | Sink::File(_) => return Ok(None),
        };
        let pipeline = viewer.pipeline.clone();
        self.pacer(sink.shown()).add_viewer(index, viewer);
        Ok(Some(pipeline))
    }

    fn recording(
        &self,
        stream: &Stream,
        index: usize,
        untouched: bool,
    ) -> Result<Option<gst::Pipeline>, PipelineError> {
        let (Some(Sink::Recording(sink)), Some(tap)) =
            (stream.sinks.get(index), self.taps.get(&(index, untouched)))
        else {
            return Ok(None);
        };
        // Before the first frame there is nothing to be kept, and its size is not known.
        let is_ready = |caps: &gst::Caps| {
            let pacer = &self.core.restored;
            pacer.has_seen() && (untouched || pacer.shape().is_size_of(caps))
        };
        let Some(caps) = tap.caps().filter(is_ready) else {
            return Ok(None);
        };
        std::fs::create_dir_all(&sink.folder).map_err(|error| {
            PipelineError::Unsupported(format!(
                "{}: cannot be made: {error}",
                sink.folder.display()
            ))
        })?;
        let recorder = record(&caps, stream, sink, untouched)?;
        tap.open(recorder.feed);
        self.core.restored.broadcast.want_key();
        Ok(Some(recorder.pipeline))
    }
}

fn record(
    caps: &gst::Caps,
    stream: &Stream,
    sink: &RecordingSink,
    untouched: bool,
) -> Result<Recorder, PipelineError> {
    let is_jpeg = caps.structure(0).is_some_and(|s| s.name() == "image/jpeg");
    let container = if is_jpeg {
        Container::Mkv
    } else {
        sink.container
    };
    let limits = Limits {
        seconds: sink.segment_seconds,
        megabytes: sink.segment_megabytes,
    };
    let (name, sink) = (stream.name.clone(), sink.clone());
    Recorder::new(caps, container, limits, move || {
        segment(&name, &sink, untouched, container.extension())
    })
}

/// The pipelines of a stream with their names, to be looked at instead of run.
///
/// # Errors
///
/// An element is missing or takes no such value.
pub(crate) fn blueprint(stream: &Stream) -> Result<Vec<(String, gst::Pipeline)>, PipelineError> {
    let joints = Joints::new(stream);
    let coded = |codec| match codec {
        Codec::H264 => gst::Caps::new_empty_simple("video/x-h264"),
        Codec::H265 => gst::Caps::new_empty_simple("video/x-h265"),
    };
    let mut pipelines = Vec::new();
    for role in roles(stream).into_iter().rev() {
        let pipeline = match role {
            // These wait for frames, of which there are none.
            Role::Recording(index) | Role::Untouched(index) => {
                let Some(Sink::Recording(sink)) = stream.sinks.get(index) else {
                    continue;
                };
                let untouched = matches!(role, Role::Untouched(_));
                record(&coded(stream.encode.codec), stream, sink, untouched)?.pipeline
            }
            _ => match joints.build(stream, &stream.restore, role)? {
                Some(pipeline) => pipeline,
                None => continue,
            },
        };
        pipelines.push((role.to_string(), pipeline));
    }
    // What refers to each other would live for ever.
    for role in roles(stream) {
        joints.disconnect(role, false);
    }
    Ok(pipelines)
}

/// The pipelines that a stream needs.
pub(crate) fn roles(stream: &Stream) -> Vec<Role> {
    // Sinks first, so that the first frame finds them.
    let mut roles = Vec::new();
    for shown in [Shown::Restored, Shown::Original] {
        let is_wanted = |sink: &Sink| sink.is_coded() && sink.shown() == shown;
        if stream.sinks.iter().any(is_wanted) {
            roles.push(Role::Encoder(shown));
        }
    }
    for (index, sink) in stream.sinks.iter().enumerate() {
        match sink {
            Sink::Display(_) | Sink::GstLaunch(_) => roles.push(Role::Viewer(index)),
            Sink::Recording(sink) => {
                roles.push(Role::Recording(index));
                roles.extend(sink.original.then_some(Role::Untouched(index)));
            }
            Sink::Rtsp(_) | Sink::File(_) => {}
        }
    }
    roles.extend([Role::Restorer, Role::Camera]);
    roles
}

/// The recordings of a stream with their places.
fn recordings(stream: &Stream) -> impl Iterator<Item = (usize, &RecordingSink)> {
    stream
        .sinks
        .iter()
        .enumerate()
        .filter_map(|(index, sink)| match sink {
            Sink::Recording(sink) => Some((index, sink)),
            _ => None,
        })
}

/// Whether a stream's source is over when it ends; others should not end.
pub(crate) fn has_end(source: &Source) -> bool {
    match source {
        Source::File(file) => !file.repeat,
        Source::Test(_) | Source::GstLaunch(_) => true,
        Source::Rtsp(_) | Source::V4l2(_) | Source::Libcamera(_) => false,
    }
}

//! The bus loop.

use super::Signals;
use crate::pipeline::{Graph, reads_input};
use crate::progress::Progress;
use gst::prelude::*;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How often progress is shown.
const TICK: Duration = Duration::from_millis(100);
/// How long nothing may move, when a file is ended early, before streams that have not reached the last frame are
/// ended where they are.
const STRAGGLERS: Duration = Duration::from_secs(20);
/// How long the rest of a damaged file may stand still before it is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a file that nothing is read of may show no stream: a demuxer's error can get lost in its bin.
const SILENCE: Duration = Duration::from_secs(5);
/// How much sooner than announced an input may end and still count as whole.
const SLACK: gst::ClockTime = gst::ClockTime::from_mseconds(500);

/// How a pipeline ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The whole input is in the output.
    Complete,
    /// The input is damaged; the output was ended properly and holds what came before.
    Damaged(String),
    /// Nothing usable was written.
    Failed(String),
    /// A signal; the output was ended properly.
    Interrupted(u8),
    /// A second signal, or one before the first frame; nothing usable was written.
    Aborted(u8),
}

/// Runs `graph` to its end.
pub(crate) async fn drive(
    graph: &Graph,
    mut notes: UnboundedReceiver<String>,
    signals: &mut Signals,
    progress: &mut Progress,
) -> Ending {
    let Some(mut bus) = listen(&graph.pipeline) else {
        return Ending::Failed("the pipeline has no bus".into());
    };
    let mut watch = Watch::new(graph);
    if graph.pipeline.set_state(gst::State::Playing).is_err() {
        // The reason is on the bus; without one, the loop would wait for ever.
        watch.refused = true;
    }
    let mut tick = tokio::time::interval(TICK);
    let ending = loop {
        tokio::select! {
            Some(message) = bus.recv() => if let Some(ending) = watch.message(&message) { break ending },
            Some(note) = notes.recv() => progress.note(&note),
            signal = signals.next() => if let Some(ending) = watch.signal(signal) { break ending },
            _ = tick.tick() => {
                progress.show(graph.meter.frames(), graph.meter.position(), graph.duration());
                if let Some(ending) = watch.look() { break ending }
            }
        }
    };
    while let Ok(note) = notes.try_recv() {
        progress.note(&note);
    }
    ending
}

/// The bus's messages as a channel; none stays in the bus.
fn listen(pipeline: &gst::Pipeline) -> Option<UnboundedReceiver<gst::Message>> {
    let (sender, receiver) = unbounded_channel();
    pipeline.bus()?.set_sync_handler(move |_, message| {
        // Fails only when nobody listens any more.
        let _ = sender.send(message.clone());
        gst::BusSyncReply::Drop
    });
    Some(receiver)
}

/// What has been seen so far and how it will therefore end.
struct Watch<'a> {
    graph: &'a Graph,
    refused: bool,
    missing: Option<String>,
    damage: Option<String>,
    signal: Option<u8>,
    moved: [u64; 3],
    moved_at: Instant,
}

impl<'a> Watch<'a> {
    fn new(graph: &'a Graph) -> Self {
        Self {
            graph,
            refused: false,
            missing: None,
            damage: None,
            signal: None,
            moved: [0; 3],
            moved_at: Instant::now(),
        }
    }

    fn message(&mut self, message: &gst::Message) -> Option<Ending> {
        match message.view() {
            gst::MessageView::Eos(_) => Some(self.end()),
            gst::MessageView::Error(error) => self.error(error),
            gst::MessageView::Warning(warning) => {
                tracing::warn!(debug = ?warning.debug(), "{}", warning.error());
                None
            }
            gst::MessageView::Element(element) => {
                log_state(element);
                if let Some(structure) =
                    element.structure().filter(|s| s.name() == "missing-plugin")
                {
                    self.missing = structure.get::<String>("name").ok();
                }
                None
            }
            _ => None,
        }
    }

    fn end(&mut self) -> Ending {
        if let Some(signal) = self.signal {
            return Ending::Interrupted(signal);
        }
        if let Some(damage) = self.damage.take() {
            return Ending::Damaged(damage);
        }
        let meter = &self.graph.meter;
        if meter.frames() == 0 {
            let none = if meter.has_video() {
                "no picture in it could be decoded"
            } else {
                "there is no video in it"
            };
            return Ending::Failed(none.into());
        }
        let (lost, frames) = (meter.lost(), meter.frames());
        if lost > 0 {
            return Ending::Damaged(format!("{lost} of {} frames are damaged", frames + lost));
        }
        let read = meter.read_to();
        match self.graph.duration() {
            Some(whole) if read + SLACK < whole => Ending::Damaged(format!(
                "ends after {:.1} s of {:.1} s",
                read.seconds_f64(),
                whole.seconds_f64()
            )),
            _ => Ending::Complete,
        }
    }

    fn error(&mut self, error: &gst::message::Error) -> Option<Ending> {
        tracing::debug!(debug = ?error.debug(), "{}", error.error());
        let reason = match self.missing.take() {
            Some(what) => format!("there is no {what} here"),
            None => reason(error),
        };
        if self.damage.is_some() {
            return None; // What follows from the first.
        }
        let from_input = error
            .src()
            .and_then(|src| top_level(src, &self.graph.pipeline))
            .is_some_and(|name| reads_input(&name));
        if !from_input || self.graph.meter.frames() == 0 {
            return Some(Ending::Failed(reason));
        }
        self.damage = Some(reason);
        self.moved_at = Instant::now();
        self.graph.gate.close();
        None
    }

    fn signal(&mut self, signal: u8) -> Option<Ending> {
        if self.signal.is_some() || self.graph.meter.frames() == 0 {
            return Some(Ending::Aborted(signal));
        }
        self.signal = Some(signal);
        self.graph.gate.close();
        None
    }

    /// Notices what no message tells: a pipeline that does not start, a damaged one that does not end.
    fn look(&mut self) -> Option<Ending> {
        if self.refused {
            return Some(Ending::Failed("the pipeline does not start".into()));
        }
        let meter = &self.graph.meter;
        let moved = [meter.frames(), meter.reads(), meter.writes()];
        if moved != self.moved {
            (self.moved, self.moved_at) = (moved, Instant::now());
        }
        let still = self.moved_at.elapsed();
        if meter.streams() == 0 && meter.reads() > 0 && still > SILENCE {
            return Some(Ending::Failed("is no video that GStreamer can read".into()));
        }
        if (self.damage.is_some() || self.signal.is_some()) && still > STRAGGLERS {
            self.graph.gate.shut();
        }
        let stuck = self.damage.is_some() && still > PATIENCE;
        stuck.then(|| Ending::Failed(self.damage.take().unwrap_or_default()))
    }
}

/// The name of the pipeline's child that `object` is in.
fn top_level(object: &gst::Object, pipeline: &gst::Pipeline) -> Option<String> {
    let mut object = object.clone();
    loop {
        let parent = object.parent()?;
        if &parent == pipeline.upcast_ref::<gst::Object>() {
            return Some(object.name().into());
        }
        object = parent;
    }
}

/// An error's text in one line.
fn reason(error: &gst::message::Error) -> String {
    let error = error.error();
    if error.matches(gst::StreamError::TypeNotFound) || error.matches(gst::StreamError::WrongType) {
        return "is no video that GStreamer can read".into();
    }
    error.message().trim_end_matches('.').replace('\n', " ")
}

/// What the restoration is doing about its model, for the log: a build can take minutes.
fn log_state(element: &gst::message::Element) {
    let structure = element
        .structure()
        .filter(|structure| structure.name() == "lowlightrestore-state");
    if let Some(structure) = structure {
        let text = |name| structure.get::<String>(name).unwrap_or_default();
        let count = |name| structure.get::<u64>(name).unwrap_or_default();
        tracing::info!(
            provider = text("provider"),
            target_provider = text("target"),
            elapsed_ms = count("elapsed-ms"),
            estimate_ms = count("estimate-ms"),
            "restoration {}: {}",
            text("state"),
            text("reason")
        );
    }
}

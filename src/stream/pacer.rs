//! One picture of a stream on its way to its sinks: in time, in order, and never without something to show.

use super::broadcast::Broadcast;
use super::figures::Figures;
use super::placeholder::placeholder;
use super::timeline::Timeline;
use crate::config::{Picture, Stream};
use crate::pipeline::live::{Encoder, Shape, Viewer, now};
use gst_video::VideoInfo;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a placeholder is shown.
pub(crate) const PLACEHOLDER_EVERY: Duration = Duration::from_millis(200);
/// The size of a picture while nothing is known of the camera.
const UNKNOWN: (u32, u32) = (1280, 720);
/// The frame rate that is reckoned with where nothing says one.
const FRAMERATE: u32 = 25;

/// A picture and those who get it.
pub(crate) struct Pacer {
    name: String,
    settings: Picture,
    /// Nanoseconds between key frames: by the clock, since the rate of frames is the camera's affair.
    key_interval: u64,
    figures: Arc<Figures>,
    /// Those who get coded frames.
    pub(crate) broadcast: Arc<Broadcast>,
    signal: Mutex<Signal>,
    outs: Mutex<Outs>,
}

struct Signal {
    timeline: Timeline,
    last: Option<gst::Sample>,
    /// When a frame, or the start, was last seen.
    seen_at: u64,
    outage: Option<Outage>,
}

struct Outage {
    since: u64,
    picture: gst::Sample,
}

#[derive(Default)]
struct Outs {
    encoder: Option<Encoder>,
    viewers: Vec<(usize, Viewer)>,
    shape: Option<Shape>,
    /// When a key frame was last asked for.
    key_at: u64,
}

impl Pacer {
    /// A picture that nobody gets yet.
    pub(crate) fn new(stream: &Stream, figures: &Arc<Figures>) -> Self {
        Self {
            name: stream.name.clone(),
            settings: stream.picture.clone(),
            key_interval: u64::from(stream.encode.keyframe_interval_ms) * 1_000_000,
            figures: Arc::clone(figures),
            broadcast: Arc::default(),
            signal: Mutex::new(Signal {
                timeline: Timeline::default(),
                last: None,
                seen_at: now(),
                outage: None,
            }),
            outs: Mutex::default(),
        }
    }

    /// Shows a frame captured at `captured`.
    pub(crate) fn show(&self, sample: &gst::Sample, captured: u64) {
        let now = now();
        let mut signal = self.signal();
        let time = signal.timeline.place(Some(captured), now);
        if signal.last.is_none() {
            self.take_shape(sample);
        }
        signal.last = Some(sample.clone());
        signal.seen_at = now;
        self.figures.signal.set(1);
        if let Some(outage) = signal.outage.take() {
            let outage_ms = now.saturating_sub(outage.since) / 1_000_000;
            tracing::info!(stream = self.name, outage_ms, "signal is back");
        }
        // Held while sending, so that no placeholder can overtake.
        self.send(sample, time);
    }

    /// Shows the placeholder if nothing has come for too long. May take long; not for a streaming thread.
    pub(crate) fn tick(&self) {
        let mut signal = self.signal();
        let quiet = now().saturating_sub(signal.seen_at);
        if quiet < u64::from(self.settings.placeholder_after_ms) * 1_000_000 {
            return;
        }
        if signal.outage.is_none() {
            let Some(outage) = self.lose(&mut signal) else {
                return;
            };
            signal.outage = Some(outage);
        }
        let now = now();
        let time = signal.timeline.place(Some(now), now);
        if let Some(outage) = &signal.outage {
            self.figures.placeholders.add();
            self.send(&outage.picture, time);
        }
    }

    /// Whether a frame has ever been shown.
    pub(crate) fn has_seen(&self) -> bool {
        self.signal().last.is_some()
    }

    /// When a frame was last shown, on the monotonic clock.
    pub(crate) fn seen_at(&self) -> u64 {
        self.signal().seen_at
    }

    /// The shape to encode with now.
    pub(crate) fn shape(&self) -> Shape {
        let known = self.outs().shape.clone();
        known.unwrap_or_else(|| {
            let (width, height) = self.size();
            Shape {
                width,
                height,
                framerate: self.framerate(),
                colorimetry: None,
            }
        })
    }

    /// Puts an encoder in, or takes it out.
    pub(crate) fn set_encoder(&self, encoder: Option<Encoder>) {
        let mut outs = self.outs();
        outs.encoder = encoder;
        if let (Some(shape), Some(encoder)) = (outs.shape.clone(), outs.encoder.as_mut())
            && encoder.shape() != &shape
        {
            // The first frame came while the encoder was being built.
            encoder.reshape(shape);
        }
    }

    /// Puts a viewer in under a number.
    pub(crate) fn add_viewer(&self, number: usize, viewer: Viewer) {
        self.outs().viewers.push((number, viewer));
    }

    /// Takes a viewer out; with `end`, what it still holds is shown.
    pub(crate) fn remove_viewer(&self, number: usize) {
        self.outs().viewers.retain(|(other, viewer)| {
            if *other == number {
                viewer.end();
            }
            *other != number
        });
    }

    fn lose(&self, signal: &mut Signal) -> Option<Outage> {
        let since =
            chrono::Local::now() - Duration::from_nanos(now().saturating_sub(signal.seen_at));
        let text = match &signal.last {
            Some(_) => format!("NO SIGNAL SINCE {}", since.format("%Y-%m-%d %H:%M:%S")),
            None => format!(
                "WAITING FOR A SIGNAL SINCE {}",
                since.format("%Y-%m-%d %H:%M:%S")
            ),
        };
        let picture = placeholder(signal.last.as_ref(), self.size(), &text)
            // A format that cannot be converted is no reason to show nothing.
            .or_else(|| placeholder(None, self.size(), &text))?;
        self.figures.signal.set(0);
        tracing::warn!(stream = self.name, "no signal: the placeholder is shown");
        Some(Outage {
            since: signal.seen_at,
            picture,
        })
    }

    /// The shape of the first frame is the encoder's for good.
    fn take_shape(&self, sample: &gst::Sample) {
        let Some(Ok(info)) = sample.caps().map(VideoInfo::from_caps) else {
            return;
        };
        let (width, height) = (info.width(), info.height());
        let format = info.format().to_str().as_str();
        tracing::info!(stream = self.name, width, height, format, "first picture");
        let mut shape = Shape::of(&info, FRAMERATE);
        if self.settings.width > 0 {
            (shape.width, shape.height) = (self.settings.width, self.settings.height);
        }
        if self.settings.framerate > 0 {
            shape.framerate = self.settings.framerate;
        }
        let mut outs = self.outs();
        if let Some(encoder) = &mut outs.encoder {
            encoder.reshape(shape.clone());
        }
        outs.shape = Some(shape);
    }

    fn send(&self, sample: &gst::Sample, time: u64) {
        let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps()) else {
            return;
        };
        let mut buffer = buffer;
        {
            let buffer = buffer.make_mut();
            buffer.set_pts(gst::ClockTime::from_nseconds(time));
            buffer.set_dts(gst::ClockTime::NONE);
        }
        let mut outs = self.outs();
        let outs = &mut *outs;
        if let Some(encoder) = outs.encoder.as_ref().filter(|_| self.broadcast.is_wanted()) {
            let is_wished = self.broadcast.take_key_wish();
            let is_due = time.saturating_sub(outs.key_at) >= self.key_interval;
            if is_wished || is_due {
                outs.key_at = time;
                encoder.want_key();
            }
            encoder.encode(&buffer, caps);
        }
        for (_, viewer) in &outs.viewers {
            viewer.show(&buffer, caps);
        }
    }

    fn size(&self) -> (u32, u32) {
        match self.settings.width {
            0 => UNKNOWN,
            width => (width, self.settings.height),
        }
    }

    fn framerate(&self) -> u32 {
        match self.settings.framerate {
            0 => FRAMERATE,
            rate => rate,
        }
    }

    fn signal(&self) -> MutexGuard<'_, Signal> {
        self.signal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outs(&self) -> MutexGuard<'_, Outs> {
        self.outs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

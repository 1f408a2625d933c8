//! `appsrc ! lowlightrestore ! fakesink`, fed by hand from frames in memory.

use crate::plan::{CONTENT_FPS, Size};
use crate::setting::quoted;
use anyhow::Context;
use gst::prelude::*;
use lowlight_engine::OwnedFrame;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a frame may take; the first one waits for the model, which may be compiled first.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often a pipeline that is waited for is asked whether it has failed.
const LOOK: Duration = Duration::from_millis(50);

/// What a pipeline restores with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct With<'a> {
    pub(crate) model: &'a Path,
    pub(crate) library: &'a Path,
    /// Other properties of the element, as in `gst-launch-1.0`.
    pub(crate) more: &'a str,
}

impl With<'_> {
    /// The element as `gst-launch-1.0` would be told, called `restore`.
    pub(crate) fn description(&self) -> String {
        format!(
            "lowlightrestore name=restore model-file={} onnxruntime-library={} {}",
            quoted(self.model),
            quoted(self.library),
            self.more
        )
    }
}

/// When a frame entered the element and left it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passage {
    pub(crate) entered: Instant,
    pub(crate) left: Instant,
}

/// A playing pipeline.
pub(crate) struct Pipe {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    restore: gst::Element,
    buffers: Vec<gst::Buffer>,
    passages: Receiver<Passage>,
    pushed: u64,
    /// When it was told to play.
    pub(crate) playing: Instant,
}

impl Pipe {
    /// Starts one that is given `frames` of `size` over and over. Frames wait for the model if `with` says so.
    pub(crate) fn start(
        with: &With<'_>,
        size: Size,
        frames: &[OwnedFrame],
    ) -> anyhow::Result<Self> {
        let text = format!(
            "appsrc name=source format=time block=true max-buffers=3 ! {} ! fakesink sync=false",
            with.description()
        );
        let pipeline = launch(&text)?;
        let source = named(&pipeline, "source")?
            .downcast::<gst_app::AppSrc>()
            .map_err(|_| anyhow::anyhow!("appsrc is not an appsrc"))?;
        let (width, height) = (i32::try_from(size.0)?, i32::try_from(size.1)?);
        let info = gst_video::VideoCapsBuilder::new()
            .format(gst_video::VideoFormat::I420)
            .width(width)
            .height(height)
            .framerate(gst::Fraction::new(CONTENT_FPS as i32, 1))
            .build();
        source.set_caps(Some(&info));
        let restore = named(&pipeline, "restore")?;
        let (sender, passages) = channel();
        watch(&restore, sender)?;
        let pipe = Self {
            buffers: frames.iter().map(buffer).collect(),
            pipeline,
            source,
            restore,
            passages,
            pushed: 0,
            playing: Instant::now(),
        };
        pipe.pipeline
            .set_state(gst::State::Playing)
            .with_context(|| format!("does not start: {text}"))?;
        Ok(pipe)
    }

    /// Pushes the next frame; waits while the element is three behind.
    pub(crate) fn push(&mut self) -> anyhow::Result<()> {
        let index = self.pushed as usize % self.buffers.len().max(1);
        // A copy of a buffer shares its memory.
        let mut buffer = self.buffers.get(index).context("no frames")?.copy();
        let duration = gst::ClockTime::from_nseconds((1e9 / CONTENT_FPS) as u64);
        let timed = buffer.make_mut();
        timed.set_pts(duration * self.pushed);
        timed.set_duration(duration);
        self.pushed += 1;
        self.source
            .push_buffer(buffer)
            .context("appsrc takes no more")?;
        Ok(())
    }

    /// Waits for the next frame that leaves the element.
    pub(crate) fn wait(&self) -> anyhow::Result<Passage> {
        let begun = Instant::now();
        loop {
            match self.passages.recv_timeout(LOOK) {
                Ok(passage) => return Ok(passage),
                Err(RecvTimeoutError::Disconnected) => anyhow::bail!("the pipeline is gone"),
                Err(RecvTimeoutError::Timeout) => fail_on_error(&self.pipeline)?,
            }
            anyhow::ensure!(begun.elapsed() < PATIENCE, "no frame within {PATIENCE:?}");
        }
    }

    /// Restores `count` frames; seconds from the first one's push until the last one left.
    pub(crate) fn run(&mut self, count: usize) -> anyhow::Result<f64> {
        let begun = Instant::now();
        let mut left = begun;
        for index in 0..count {
            self.push()?;
            // As many are on their way as the queue holds: the element never waits for us.
            if index >= 3 {
                left = self.wait()?.left;
            }
        }
        for _ in 0..count.min(3) {
            left = self.wait()?.left;
        }
        Ok((left - begun).as_secs_f64())
    }

    /// A count of the element's `stats`.
    pub(crate) fn count(&self, name: &str) -> u64 {
        count(&self.restore, name)
    }

    /// An error if any frame passed unrestored: its speed would be a lie.
    pub(crate) fn ensure_all_restored(&self) -> anyhow::Result<()> {
        ensure_all_restored(&self.restore)
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // What cannot be stopped goes with the process.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// A count of an element's `stats`.
pub(crate) fn count(restore: &gst::Element, name: &str) -> u64 {
    let stats: gst::Structure = restore.property("stats");
    stats.get(name).unwrap_or_default()
}

/// An error if any frame passed `restore` unrestored.
pub(crate) fn ensure_all_restored(restore: &gst::Element) -> anyhow::Result<()> {
    let (restored, passed) = (
        count(restore, "frames-restored"),
        count(restore, "frames-passed"),
    );
    anyhow::ensure!(
        passed == 0 && restored > 0,
        "{passed} frames passed unrestored, {restored} were restored"
    );
    Ok(())
}

/// A pipeline from its description.
pub(crate) fn launch(text: &str) -> anyhow::Result<gst::Pipeline> {
    gst::parse::launch(text)
        .with_context(|| format!("cannot build: {text}"))?
        .downcast::<gst::Pipeline>()
        .map_err(|_| anyhow::anyhow!("not a pipeline: {text}"))
}

/// An element of a pipeline by its name.
pub(crate) fn named(pipeline: &gst::Pipeline, name: &str) -> anyhow::Result<gst::Element> {
    pipeline
        .by_name(name)
        .with_context(|| format!("the pipeline has no element {name}"))
}

/// The error that the pipeline has posted, if it has.
pub(crate) fn fail_on_error(pipeline: &gst::Pipeline) -> anyhow::Result<()> {
    let bus = pipeline.bus().context("a pipeline has a bus")?;
    let Some(message) = bus.pop_filtered(&[gst::MessageType::Error]) else {
        return Ok(());
    };
    let gst::MessageView::Error(error) = message.view() else {
        return Ok(());
    };
    let from = message.src().map(GstObjectExt::path_string);
    anyhow::bail!(
        "{}: {} ({})",
        from.unwrap_or_default(),
        error.error(),
        error.debug().unwrap_or_default()
    )
}

/// Tells `sender` of every buffer that passes `element`, one at a time.
fn watch(element: &gst::Element, sender: Sender<Passage>) -> anyhow::Result<()> {
    let entered = Arc::new(Mutex::new(None));
    let pad = |name| element.static_pad(name).context("the element has two pads");
    let entrance = Arc::clone(&entered);
    pad("sink")?.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        *entrance.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        gst::PadProbeReturn::Ok
    });
    pad("src")?.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        let left = Instant::now();
        let entered = *entered.lock().unwrap_or_else(PoisonError::into_inner);
        let entered = entered.unwrap_or(left);
        // Nobody listens while the pipeline goes down.
        let _ = sender.send(Passage { entered, left });
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

/// `frame` in the layout that its caps imply: the sizes of a plan need no padding.
fn buffer(frame: &OwnedFrame) -> gst::Buffer {
    let mut planes = Vec::new();
    for plane in 0..frame.format().n_planes() {
        planes.extend_from_slice(frame.data(plane));
    }
    gst::Buffer::from_slice(planes)
}

//! Somebody who reads a mount: GStreamer's `rtspsrc`, which knows nothing of how the mount is made.

use crate::process::PATIENCE;
use gst::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A decoded frame, as a reader sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    /// Nanoseconds of running time.
    pub(crate) time: u64,
    /// Mean luma, 0 to 255.
    pub(crate) luma: f64,
    pub(crate) size: (i32, i32),
}

/// A reader, disconnected at the end.
pub(crate) struct Reader {
    pipeline: gst::Pipeline,
    seen: Arc<Mutex<Vec<Seen>>>,
    broken: Arc<Mutex<Option<String>>>,
}

impl Reader {
    /// Begins to read.
    pub(crate) fn start(url: &str) -> Self {
        Self::start_as(url, "")
    }

    /// Begins to read with further properties of `rtspsrc`.
    #[track_caller]
    pub(crate) fn start_as(url: &str, properties: &str) -> Self {
        gst::init().unwrap();
        let line = format!(
            "rtspsrc location={url} protocols=tcp latency=0 {properties} ! decodebin ! videoconvert ! \
             video/x-raw,format=GRAY8 ! appsink name=end sync=false max-buffers=1"
        );
        let pipeline: gst::Pipeline = gst::parse::launch(&line).unwrap().downcast().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        watch(&pipeline, &seen);
        let broken = listen(&pipeline);
        pipeline.set_state(gst::State::Playing).unwrap();
        Self {
            pipeline,
            seen,
            broken,
        }
    }

    /// All frames so far.
    pub(crate) fn frames(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Forgets all frames so far but the last.
    pub(crate) fn forget(&self) {
        let mut seen = self.seen.lock().unwrap();
        let all = seen.len();
        seen.drain(..all.saturating_sub(1));
    }

    /// Why the connection has ended, if it has.
    pub(crate) fn broken(&self) -> Option<String> {
        self.broken.lock().unwrap().clone()
    }

    /// Waits for a frame, later than now, that looks so, and says how long that took.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, looks: impl Fn(&Seen) -> bool) -> Duration {
        let start = Instant::now();
        loop {
            let found = self.frames();
            let found = found.iter().rev().take_while(|frame| frame.at >= start);
            if found.into_iter().any(&looks) {
                return start.elapsed();
            }
            let last = self.frames().last().copied();
            assert!(
                start.elapsed() < PATIENCE,
                "never {what}: last {last:?}, broken {:?}",
                self.broken()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the connection to end, and says why.
    #[track_caller]
    pub(crate) fn wait_for_end(&self) -> String {
        let start = Instant::now();
        loop {
            if let Some(why) = self.broken() {
                return why;
            }
            assert!(start.elapsed() < PATIENCE, "still connected");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Fails if the connection has ended, or a frame's time was not later than the one's before.
    #[track_caller]
    pub(crate) fn assert_unbroken(&self) {
        assert_eq!(self.broken(), None, "the reader was disconnected");
        let frames = self.frames();
        assert!(!frames.is_empty(), "the reader saw nothing");
        for pair in frames.windows(2) {
            assert!(pair[0].time <= pair[1].time, "{pair:?}: time steps back");
        }
    }

    /// The longest time without a frame, from the first one on.
    pub(crate) fn longest_gap(&self) -> Duration {
        let frames = self.frames();
        let gaps = frames.windows(2).map(|pair| pair[1].at - pair[0].at);
        gaps.max().unwrap_or_default()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn watch(pipeline: &gst::Pipeline, seen: &Arc<Mutex<Vec<Seen>>>) {
    let seen = Arc::clone(seen);
    let end: gst_app::AppSink = pipeline.by_name("end").unwrap().downcast().unwrap();
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            seen.lock().unwrap().extend(look(&sample));
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    end.set_callbacks(callbacks);
}

fn look(sample: &gst::Sample) -> Option<Seen> {
    let buffer = sample.buffer()?;
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let map = buffer.map_readable().ok()?;
    let sum: u64 = map.iter().map(|byte| u64::from(*byte)).sum();
    let side = |name| sample.caps()?.structure(0)?.get::<i32>(name).ok();
    Some(Seen {
        at: Instant::now(),
        time: segment.to_running_time(buffer.pts())?.nseconds(),
        luma: sum as f64 / map.len() as f64,
        size: (side("width")?, side("height")?),
    })
}

fn listen(pipeline: &gst::Pipeline) -> Arc<Mutex<Option<String>>> {
    let broken: Arc<Mutex<Option<String>>> = Arc::default();
    let told = Arc::clone(&broken);
    pipeline.bus().unwrap().set_sync_handler(move |_, message| {
        let why = match message.view() {
            gst::MessageView::Eos(_) => Some("end of stream".to_owned()),
            gst::MessageView::Error(error) => Some(error.error().message().to_owned()),
            _ => None,
        };
        if let Some(why) = why {
            told.lock().unwrap().get_or_insert(why);
        }
        gst::BusSyncReply::Drop
    });
    broken
}

/// White, as the cameras of these tests show it.
pub(crate) fn is_white(frame: &Seen) -> bool {
    frame.luma > 180.0
}

/// The placeholder of a white picture.
pub(crate) fn is_dimmed(frame: &Seen) -> bool {
    (20.0..140.0).contains(&frame.luma)
}

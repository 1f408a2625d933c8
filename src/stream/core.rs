//! Where a stream's frames pass from the camera's threads to the restorer's: no frame waits behind an older one.

use super::broadcast::Broadcast;
use super::camera_clock::CameraClock;
use super::figures::Figures;
use super::freshness::{Freshness, Skip};
use super::pacer::Pacer;
use super::slot::{Put, Slot};
use crate::config::Stream;
use crate::pipeline::live::{Unit, Watcher, now};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A frame and when it was captured, on the monotonic clock.
struct Frame {
    sample: gst::Sample,
    captured: u64,
}

/// The middle of a stream.
pub(crate) struct Core {
    pub(crate) figures: Arc<Figures>,
    /// The restored picture.
    pub(crate) restored: Arc<Pacer>,
    /// The picture as it came, if anybody wants it.
    pub(crate) original: Option<Arc<Pacer>>,
    /// What the camera sends, if anybody wants it.
    pub(crate) coded: Option<Arc<Broadcast>>,
    /// What the camera's own clock says.
    pub(crate) clock: Arc<CameraClock>,
    slot: Slot<Frame>,
    freshness: Mutex<Freshness>,
    skip: Mutex<Skip>,
    max_age: u64,
    entry: Mutex<Option<gst_app::AppSrc>>,
    /// Frames that the restorer has: capture time, and when it got them.
    given: Mutex<VecDeque<(u64, u64)>>,
    /// When the last frame came out of the restorer.
    restored_at: AtomicU64,
    /// When the last frame came; 0: none yet.
    frame_at: AtomicU64,
    /// Whether the next frame is the first of a camera.
    is_new: AtomicBool,
}

impl Core {
    /// The middle of `stream`, with nothing on either side.
    pub(crate) fn new(stream: &Stream, original: bool, coded: bool) -> Self {
        let figures = Arc::new(Figures::default());
        let pacer = || Arc::new(Pacer::new(stream, &figures));
        let max_age = u64::from(stream.max_age_ms) * 1_000_000;
        Self {
            restored: pacer(),
            original: original.then(pacer),
            coded: coded.then(Arc::default),
            clock: Arc::default(),
            slot: Slot::default(),
            freshness: Mutex::new(Freshness::new(max_age)),
            skip: Mutex::default(),
            max_age,
            entry: Mutex::default(),
            given: Mutex::default(),
            restored_at: AtomicU64::new(0),
            frame_at: AtomicU64::new(0),
            is_new: AtomicBool::new(true),
            figures,
        }
    }

    /// Puts a restorer in, or takes it out; without one, frames go round it.
    pub(crate) fn set_restorer(&self, entry: Option<gst_app::AppSrc>) {
        self.slot.clear();
        lock(&self.given).clear();
        *lock(&self.entry) = entry;
    }

    /// Says that the next frame comes from another camera than the last one.
    pub(crate) fn expect_new(&self) {
        self.frame_at.store(0, Ordering::Relaxed);
        self.is_new.store(true, Ordering::Relaxed);
    }

    /// When the camera's last frame came, if one has come.
    pub(crate) fn frame_at(&self) -> Option<u64> {
        match self.frame_at.load(Ordering::Relaxed) {
            0 => None,
            time => Some(time),
        }
    }

    /// The restorer wants a frame.
    pub(crate) fn wanted(&self, entry: &gst_app::AppSrc) {
        if let Some(frame) = self.slot.take() {
            self.give(entry, frame);
        }
    }

    /// A frame has been restored.
    pub(crate) fn restored(&self, sample: &gst::Sample) {
        let captured = sample.buffer().and_then(gst::BufferRef::pts);
        let captured = captured.map_or_else(now, gst::ClockTime::nseconds);
        self.figures.shown.add();
        self.count_work(captured);
        self.figures
            .age_us
            .set(now().saturating_sub(captured) / 1000);
        self.restored.show(sample, captured);
    }

    /// Counts the time for a restored frame: since it was given, or since the one before it was done.
    fn count_work(&self, captured: u64) {
        let now = now();
        let before = self.restored_at.swap(now, Ordering::Relaxed);
        let mut given = lock(&self.given);
        while let Some((frame, at)) = given.pop_front() {
            if frame == captured {
                let time = now.saturating_sub(at.max(before));
                return self.figures.busy_us.add_many(time / 1000);
            }
        }
    }

    /// Gives a frame to a restorer that waits, or the next one if it is too old.
    fn give(&self, entry: &gst_app::AppSrc, mut frame: Frame) {
        loop {
            let is_fresh = {
                let mut freshness = lock(&self.freshness);
                freshness.pass(frame.captured, now())
            };
            if is_fresh {
                break;
            }
            self.figures.too_old.add();
            match self.slot.take() {
                Some(newer) => frame = newer,
                None => return,
            }
        }
        let is_new = self.is_new.swap(false, Ordering::Relaxed);
        if let Some(sample) = stamped(&frame, is_new) {
            self.figures.given.add();
            lock(&self.given).push_back((frame.captured, now()));
            // Refused only on the way down.
            let _ = entry.push_sample(&sample);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The frame with its capture time as timestamp; the first one of a camera says so, which ends what the network
/// remembers of the last one.
fn stamped(frame: &Frame, is_new: bool) -> Option<gst::Sample> {
    let mut buffer = frame.sample.buffer_owned()?;
    {
        let buffer = buffer.make_mut();
        buffer.set_pts(gst::ClockTime::from_nseconds(frame.captured));
        buffer.set_dts(gst::ClockTime::NONE);
        if is_new {
            buffer.set_flags(gst::BufferFlags::DISCONT);
        } else {
            buffer.unset_flags(gst::BufferFlags::DISCONT);
        }
    }
    let caps = frame.sample.caps_owned()?;
    Some(gst::Sample::builder().buffer(&buffer).caps(&caps).build())
}

impl Watcher for Core {
    fn frame(&self, sample: gst::Sample, captured: Option<u64>) {
        let now = now();
        self.figures.captured.add();
        self.frame_at.store(now, Ordering::Relaxed);
        let captured = captured.unwrap_or(now);
        if let Some(original) = &self.original {
            original.show(&sample, captured);
        }
        let entry = lock(&self.entry).clone();
        let Some(entry) = entry else {
            self.figures.unrestored.add();
            self.restored.show(&sample, captured);
            return;
        };
        match self.slot.put(Frame { sample, captured }) {
            Put::HandOver(frame) => self.give(&entry, frame),
            Put::Superseded => self.figures.superseded.add(),
            Put::Kept => {}
        }
    }

    fn coded(&self, sample: gst::Sample, captured: Option<u64>) {
        let Some(broadcast) = &self.coded else { return };
        let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps_owned()) else {
            return;
        };
        broadcast.send(&Unit {
            is_key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            time: captured.unwrap_or_else(now),
            has_dts: false,
            buffer,
            caps,
        });
    }

    fn absolute(&self, time: u64, age: u64) {
        self.clock.told(time, age);
    }

    fn skips(&self, is_key: bool, age: u64) -> bool {
        let skips = {
            let mut skip = lock(&self.skip);
            skip.skips(is_key, age, 2 * self.max_age)
        };
        if skips {
            self.figures.skipped.add();
        }
        skips
    }
}

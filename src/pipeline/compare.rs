//! Input and restored frame side by side, frame for frame.
//!
//! `compositor` works at a fixed frame rate and would repeat and drop frames of a variable one. So frames
//! are stamped by their number on the way in and get their own times back on the way out.

use super::error::PipelineError;
use super::make::{add_chain, link_pads, make, on_size, pad, request_pad, wake};
use super::restore::restore;
use crate::config::Restore;
use gst::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The frame rate by which frames are numbered; 40 ms is a whole number of nanoseconds.
const NUMBERED: i32 = 25;
const STEP: u64 = 1_000_000_000 / NUMBERED as u64;

/// Builds the comparison; returns its entry and exit.
pub(super) fn side_by_side(
    pipeline: &gst::Pipeline,
    settings: &Restore,
) -> Result<(gst::Pad, gst::Pad), PipelineError> {
    let (convert, number) = (make("videoconvert")?, number()?);
    let tee = make("tee")?;
    let (queue, direct) = (make("queue")?, make("queue")?);
    let restore = restore(settings, true)?;
    let (mixer, canvas) = (make("compositor")?, make("capsfilter")?);
    // `capssetter` tells nobody what the elements behind it take, so the conversion comes after it.
    add_chain(pipeline, &[&number, &convert, &tee])?;
    add_chain(pipeline, &[&queue, &restore])?;
    add_chain(pipeline, &[&direct])?;
    add_chain(pipeline, &[&mixer, &canvas])?;
    let left = request_pad(&mixer, "sink_%u")?;
    let right = request_pad(&mixer, "sink_%u")?;
    link_pads(&pad(&direct, "src")?, &left)?;
    link_pads(&pad(&restore, "src")?, &right)?;
    for element in [&direct, &queue] {
        link_pads(&request_pad(&tee, "src_%u")?, &pad(element, "sink")?)?;
    }
    let wide = canvas.clone();
    on_size(&pad(&convert, "src")?, move |caps, width, height| {
        right.set_property("xpos", width);
        wide.set_property("caps", canvas_caps(caps, width * 2, height));
    });
    let exit = pad(&canvas, "src")?;
    restamp(&pad(&number, "src")?, &exit);
    wake(&[
        &number, &convert, &tee, &direct, &queue, &restore, &mixer, &canvas,
    ])?;
    Ok((pad(&number, "sink")?, exit))
}

fn number() -> Result<gst::Element, PipelineError> {
    let number = make("capssetter")?;
    let caps = gst::Caps::builder("video/x-raw")
        .field("framerate", gst::Fraction::new(NUMBERED, 1))
        .build();
    number.set_property("caps", caps);
    Ok(number)
}

/// What the mixer has to make: twice the width, all else as it came.
fn canvas_caps(came: &gst::CapsRef, width: i32, height: i32) -> gst::Caps {
    let mut wanted = gst::Caps::builder("video/x-raw")
        .field("width", width)
        .field("height", height)
        .field("framerate", gst::Fraction::new(NUMBERED, 1));
    let came = came.structure(0);
    if let Some(colorimetry) = came.and_then(|s| s.get::<String>("colorimetry").ok()) {
        wanted = wanted.field("colorimetry", colorimetry);
    }
    if let Some(aspect) = came.and_then(|s| s.get::<gst::Fraction>("pixel-aspect-ratio").ok()) {
        wanted = wanted.field("pixel-aspect-ratio", aspect);
    }
    wanted.build()
}

/// When a frame is to be shown, in running time, and for how long.
#[derive(Clone, Copy)]
struct Time {
    start: Option<gst::ClockTime>,
    duration: Option<gst::ClockTime>,
}

#[derive(Default)]
struct Ledger {
    segment: gst::FormattedSegment<gst::ClockTime>,
    next: u64,
    times: BTreeMap<u64, Time>,
}

/// Numbers frames on `entry` and gives them their times back on `exit`.
fn restamp(entry: &gst::Pad, exit: &gst::Pad) {
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let taken = Arc::clone(&ledger);
    entry.add_probe(
        gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM,
        move |_, info| {
            let mut ledger = taken.lock().unwrap_or_else(PoisonError::into_inner);
            match info.data {
                Some(gst::PadProbeData::Buffer(ref mut buffer)) => ledger.take(buffer),
                Some(gst::PadProbeData::Event(ref mut event)) => ledger.replace_segment(event),
                _ => {}
            }
            gst::PadProbeReturn::Ok
        },
    );
    exit.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(buffer) = info.buffer_mut() {
            ledger.give_back(buffer);
        }
        gst::PadProbeReturn::Ok
    });
}

impl Ledger {
    fn replace_segment(&mut self, event: &mut gst::Event) {
        if let gst::EventView::Segment(segment) = event.view()
            && let Some(segment) = segment.segment().downcast_ref::<gst::ClockTime>()
        {
            self.segment = segment.clone();
            let numbered = gst::FormattedSegment::<gst::ClockTime>::new();
            *event = gst::event::Segment::new(&numbered);
        }
    }

    fn take(&mut self, buffer: &mut gst::Buffer) {
        let time = Time {
            start: self.segment.to_running_time(buffer.pts()),
            duration: buffer.duration(),
        };
        self.times.insert(self.next, time);
        let buffer = buffer.make_mut();
        buffer.set_pts(gst::ClockTime::from_nseconds(self.next * STEP));
        buffer.set_dts(gst::ClockTime::NONE);
        buffer.set_duration(gst::ClockTime::from_nseconds(STEP));
        self.next += 1;
    }

    fn give_back(&mut self, buffer: &mut gst::Buffer) {
        let number = buffer.pts().unwrap_or_default().nseconds() / STEP;
        self.times = self.times.split_off(&number);
        if let Some(time) = self.times.get(&number).copied() {
            let buffer = buffer.make_mut();
            buffer.set_pts(time.start);
            buffer.set_duration(time.duration);
        }
    }
}

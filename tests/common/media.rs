//! Small media files, made and read with GStreamer.

use gst::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Runs the pipeline of a `gst-launch-1.0` line to its end, writing the element `sink`'s file to `output`.
#[track_caller]
pub(crate) fn make(description: &str, output: &Path) {
    make_with(description, output, |_| {});
}

/// [`make`], with something done to the pipeline first.
#[track_caller]
pub(crate) fn make_with(description: &str, output: &Path, prepare: impl FnOnce(&gst::Pipeline)) {
    gst::init().unwrap();
    let line = format!(
        "{description} filesink name=sink location={}",
        output.display()
    );
    let pipeline = launch(&line);
    prepare(&pipeline);
    run(&pipeline);
}

fn launch(line: &str) -> gst::Pipeline {
    let element = gst::parse::launch(line).unwrap_or_else(|e| panic!("{line}: {e}"));
    element.downcast().unwrap()
}

#[track_caller]
fn run(pipeline: &gst::Pipeline) {
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = pipeline
        .bus()
        .unwrap()
        .timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds);
    pipeline.set_state(gst::State::Null).unwrap();
    match message.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => {}
        Some(gst::MessageView::Error(error)) => panic!("{} {:?}", error.error(), error.debug()),
        _ => panic!("no end within a minute"),
    }
}

/// Lets only those frames of the element `source` through that `keep` says.
pub(crate) fn keep_frames(pipeline: &gst::Pipeline, source: &str, keep: fn(u64) -> bool) {
    let pad = pipeline.by_name(source).unwrap().static_pad("src").unwrap();
    let number = std::sync::atomic::AtomicU64::new(0);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        match keep(number.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            true => gst::PadProbeReturn::Ok,
            false => gst::PadProbeReturn::Drop,
        }
    });
}

/// One buffer of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    /// Running time in nanoseconds.
    pub(crate) time: Option<u64>,
    pub(crate) duration: Option<u64>,
    pub(crate) bytes: Vec<u8>,
}

/// Streams by the names of their formats.
pub(crate) type Streams = BTreeMap<String, Vec<Packet>>;

/// The coded packets of all streams of a file.
#[track_caller]
pub(crate) fn packets(file: &Path) -> Streams {
    read(file, "parsebin")
}

/// The decoded frames and samples of all streams of a file.
#[track_caller]
pub(crate) fn decoded(file: &Path) -> Streams {
    read(file, "decodebin")
}

/// The times of a file's frames, in presentation order.
#[track_caller]
pub(crate) fn frame_times(file: &Path) -> Vec<u64> {
    let mut times: Vec<u64> = decoded(file)["video/x-raw"]
        .iter()
        .map(|frame| frame.time.unwrap())
        .collect();
    times.sort_unstable();
    times
}

#[track_caller]
fn read(file: &Path, reader: &str) -> Streams {
    gst::init().unwrap();
    let pipeline = launch(&format!(
        "filesrc location={} ! {reader} name=reader",
        file.display()
    ));
    let streams = Arc::new(Mutex::new(Streams::new()));
    let reader = pipeline.by_name("reader").unwrap();
    let (weak, found) = (pipeline.downgrade(), Arc::clone(&streams));
    reader.connect_pad_added(move |_, pad| {
        let sink = gst::ElementFactory::make("fakesink")
            .property("sync", false)
            .property("async", false)
            .build();
        let (pipeline, sink) = (weak.upgrade().unwrap(), sink.unwrap());
        pipeline.add(&sink).unwrap();
        sink.sync_state_with_parent().unwrap();
        collect(pad, Arc::clone(&found));
        pad.link(&sink.static_pad("sink").unwrap()).unwrap();
    });
    run(&pipeline);
    std::mem::take(&mut streams.lock().unwrap())
}

fn collect(pad: &gst::Pad, streams: Arc<Mutex<Streams>>) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let buffer = info.buffer().unwrap();
        let name = pad
            .current_caps()
            .unwrap()
            .structure(0)
            .unwrap()
            .name()
            .to_string();
        let segment = pad.sticky_event::<gst::event::Segment>(0).unwrap();
        let segment = segment
            .segment()
            .clone()
            .downcast::<gst::ClockTime>()
            .unwrap();
        let packet = Packet {
            time: segment
                .to_running_time(buffer.pts())
                .map(gst::ClockTime::nseconds),
            duration: buffer.duration().map(gst::ClockTime::nseconds),
            bytes: buffer.map_readable().unwrap().to_vec(),
        };
        streams
            .lock()
            .unwrap()
            .entry(name)
            .or_default()
            .push(packet);
        gst::PadProbeReturn::Ok
    });
}

/// How a file's picture has to be turned, as its demuxer tags it.
#[track_caller]
pub(crate) fn orientation(file: &Path, demuxer: &str) -> Option<String> {
    gst::init().unwrap();
    let pipeline = launch(&format!(
        "filesrc location={} ! {demuxer} ! fakesink name=end",
        file.display()
    ));
    let pad = pipeline.by_name("end").unwrap().static_pad("sink").unwrap();
    let seen = Arc::new(Mutex::new(None));
    let tag = Arc::clone(&seen);
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(gst::EventView::Tag(event)) = info.event().map(|event| event.view())
            && let Some(value) = event.tag().get::<gst::tags::ImageOrientation>()
        {
            *tag.lock().unwrap() = Some(value.get().to_owned());
        }
        gst::PadProbeReturn::Ok
    });
    run(&pipeline);
    seen.lock().unwrap().take()
}

/// Width and height of a file's video.
#[track_caller]
pub(crate) fn size(file: &Path) -> (i32, i32) {
    gst::init().unwrap();
    let pipeline = launch(&format!(
        "filesrc location={} ! decodebin ! video/x-raw ! fakesink name=end",
        file.display()
    ));
    let pad = pipeline.by_name("end").unwrap().static_pad("sink").unwrap();
    let seen = Arc::new(Mutex::new((0, 0)));
    let size = Arc::clone(&seen);
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, _| {
        let caps = pad.current_caps().unwrap();
        let side = |name| caps.structure(0).unwrap().get::<i32>(name).unwrap();
        *size.lock().unwrap() = (side("width"), side("height"));
        gst::PadProbeReturn::Ok
    });
    run(&pipeline);
    std::mem::take(&mut seen.lock().unwrap())
}

//! Colours from a file to a reader: what was red stays red, whatever matrix and range carry it.

use crate::process::{PATIENCE, Tapetum};
use gst::prelude::*;

/// The bars of videotestsrc's upper part, from left to right, as red, green, blue.
const BARS: [[u8; 3]; 7] = [
    [191, 191, 191],
    [191, 191, 0],
    [0, 191, 191],
    [0, 191, 0],
    [191, 0, 191],
    [191, 0, 0],
    [0, 0, 191],
];
/// What two rounds of coding may change. A wrong matrix or range changes twice as much.
const TOLERANCE: u8 = 10;

/// The colours of a reader's bars.
#[track_caller]
fn bars_of(url: &str) -> [[u8; 3]; 7] {
    let line = format!(
        "rtspsrc location={url} protocols=tcp latency=0 ! decodebin ! videoconvert ! video/x-raw,format=RGB ! \
         appsink name=end sync=false"
    );
    let pipeline: gst::Pipeline = gst::parse::launch(&line).unwrap().downcast().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let end: gst_app::AppSink = pipeline.by_name("end").unwrap().downcast().unwrap();
    let patience = gst::ClockTime::from_seconds(PATIENCE.as_secs());
    // The first frames have fewer bits.
    let samples: Vec<_> = (0..15)
        .filter_map(|_| end.try_pull_sample(patience))
        .collect();
    pipeline.set_state(gst::State::Null).unwrap();
    let sample = samples.last().expect("no frame");
    let caps = sample.caps().unwrap().structure(0).unwrap().to_owned();
    let side = |name| usize::try_from(caps.get::<i32>(name).unwrap()).unwrap();
    let (width, height) = (side("width"), side("height"));
    let map = sample.buffer().unwrap().map_readable().unwrap();
    let stride = map.len() / height;
    std::array::from_fn(|bar| {
        let x = (2 * bar + 1) * width / 14;
        let pixel = height / 3 * stride + x * 3;
        [map[pixel], map[pixel + 1], map[pixel + 2]]
    })
}

#[test]
fn bars_keep_their_colours_in_both_matrices_and_ranges() {
    gst::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, colorimetry) in [
        ("bt601", "bt601"),
        ("bt709", "bt709"),
        ("bt601-full", "1:4:0:0"),
        ("bt709-full", "1:3:5:1"),
    ] {
        let clip = folder.path().join(format!("{name}.mkv"));
        let bars = format!(
            "videotestsrc num-buffers=60 pattern=smpte75 ! video/x-raw,format=RGB,width=640,height=480,framerate=15/1 ! \
             videoconvert ! video/x-raw,format=I420,colorimetry=(string){colorimetry} ! \
             x264enc bitrate=4000 ! h264parse ! matroskamux !"
        );
        crate::media::make(&bars, &clip);
        let runner = Tapetum::run(&format!(
            "[server]\nport = 0\n[[stream]]\nname = 'bars'\nrestore.strength = 0.0\n\
             source = {{ kind = 'file', location = {clip:?}, loop = true }}\n\
             [[stream.sink]]\nkind = 'rtsp'\nmount = '/bars'\n"
        ));
        runner.wait_for("first picture", 1);
        let seen = bars_of(&runner.url("/bars"));
        for (bar, expected) in seen.iter().zip(BARS) {
            let is_near = bar
                .iter()
                .zip(expected)
                .all(|(a, b)| a.abs_diff(b) <= TOLERANCE);
            assert!(
                is_near,
                "{name}: {bar:?} should be {expected:?}, of {seen:?}"
            );
        }
    }
}

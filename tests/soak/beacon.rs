//! A camera whose frames carry their number in the picture, and a reader that knows when each was drawn.

use crate::process::PATIENCE;
use gst::glib;
use gst::prelude::*;
use gst_rtsp_server::prelude::*;
use gst_rtsp_server::{RTSPMediaFactory, RTSPServer};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Bits of a frame's number, each a column of the picture: black or white, with what restoring and coding make of them.
const BITS: usize = 12;

/// When each frame was drawn, by its number.
type Drawn = Arc<Mutex<Vec<Instant>>>;

/// A camera in this process.
pub(crate) struct Beacon {
    main_loop: glib::MainLoop,
    port: i32,
    drawn: Drawn,
}

/// A reader of what became of a beacon's frames.
pub(crate) struct Watcher {
    pipeline: gst::Pipeline,
    ages: Arc<Mutex<Vec<f64>>>,
}

impl Beacon {
    /// Switches a camera on.
    pub(crate) fn start(width: u32, height: u32, framerate: u32) -> Self {
        Self::start_ahead(width, height, framerate, Duration::ZERO)
    }

    /// Switches a camera on whose clock is `ahead` of this machine's.
    pub(crate) fn start_ahead(width: u32, height: u32, framerate: u32, ahead: Duration) -> Self {
        gst::init().unwrap();
        let server = RTSPServer::new();
        server.set_address("127.0.0.1");
        server.set_service("0");
        let factory = RTSPMediaFactory::new();
        factory.set_launch(&format!(
            "( videotestsrc is-live=true pattern=black ! \
             video/x-raw,format=I420,width={width},height={height},framerate={framerate}/1 ! identity name=glass ! \
             x264enc tune=zerolatency speed-preset=ultrafast bitrate=4000 key-int-max=30 ! rtph264pay name=pay0 )"
        ));
        factory.set_shared(true);
        let drawn = Drawn::default();
        let seen = Arc::clone(&drawn);
        factory.connect_media_configure(move |_, media| {
            let bin: gst::Bin = media.element().downcast().unwrap();
            let pad = bin.by_name("glass").unwrap().static_pad("src").unwrap();
            draw_on(&pad, Arc::clone(&seen));
            media.connect_prepared(move |media| set_clock(media, ahead));
        });
        server
            .mount_points()
            .unwrap()
            .add_factory("/beacon", factory);
        let context = glib::MainContext::new();
        server.attach(Some(&context)).unwrap();
        let main_loop = glib::MainLoop::new(Some(&context), false);
        let running = main_loop.clone();
        let port = server.bound_port();
        std::thread::spawn(move || {
            let _server = server;
            running.run();
        });
        Self {
            main_loop,
            port,
            drawn,
        }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("rtsp://127.0.0.1:{}/beacon", self.port)
    }

    /// Reads what has become of its frames.
    pub(crate) fn watch(&self, url: &str) -> Watcher {
        let line = format!(
            "rtspsrc location={url} protocols=tcp latency=0 ! decodebin ! videoconvert ! video/x-raw,format=GRAY8 ! \
             appsink name=end sync=false max-buffers=1"
        );
        let pipeline: gst::Pipeline = gst::parse::launch(&line).unwrap().downcast().unwrap();
        let ages: Arc<Mutex<Vec<f64>>> = Arc::default();
        let (seen, drawn) = (Arc::clone(&ages), Arc::clone(&self.drawn));
        let end: gst_app::AppSink = pipeline.by_name("end").unwrap().downcast().unwrap();
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let at = Instant::now();
                let drawn = drawn.lock().unwrap();
                let time = number(&sample).and_then(|number| newest(&drawn, number));
                seen.lock()
                    .unwrap()
                    .extend(time.map(|time| (at - time).as_secs_f64()));
                Ok(gst::FlowSuccess::Ok)
            })
            .build();
        end.set_callbacks(callbacks);
        pipeline.set_state(gst::State::Playing).unwrap();
        Watcher { pipeline, ages }
    }
}

impl Drop for Beacon {
    fn drop(&mut self) {
        self.main_loop.quit();
    }
}

impl Watcher {
    /// Seconds from drawing to reading, of each frame.
    pub(crate) fn ages(&self) -> Vec<f64> {
        self.ages.lock().unwrap().clone()
    }

    /// Forgets what was read so far.
    pub(crate) fn forget(&self) {
        self.ages.lock().unwrap().clear();
    }

    #[track_caller]
    pub(crate) fn wait_for_first(&self) {
        let start = Instant::now();
        while self.ages().is_empty() {
            assert!(start.elapsed() < PATIENCE, "no frame was read");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// Draws each frame's number, and notes when.
fn draw_on(pad: &gst::Pad, drawn: Drawn) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let caps = pad.current_caps().unwrap();
        let (width, height) = size(&caps);
        if let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data {
            let mut drawn = drawn.lock().unwrap();
            let number = drawn.len();
            drawn.push(Instant::now());
            let mut map = buffer.make_mut().map_writable().unwrap();
            for (x, luma) in map[..width * height].iter_mut().enumerate() {
                let bit = (x % width) * BITS / width;
                *luma = if number >> bit & 1 == 1 { 220 } else { 20 };
            }
        }
        gst::PadProbeReturn::Ok
    });
}

/// When the newest frame with that number was drawn: numbers start again after 2^BITS frames.
fn newest(drawn: &[Instant], number: usize) -> Option<Instant> {
    let last = drawn.len().checked_sub(1)?;
    let rounds = last.checked_sub(number)? >> BITS;
    drawn.get(number + (rounds << BITS)).copied()
}

fn size(caps: &gst::Caps) -> (usize, usize) {
    let side = |name| caps.structure(0).unwrap().get::<i32>(name).unwrap();
    (
        side("width").unsigned_abs() as usize,
        side("height").unsigned_abs() as usize,
    )
}

/// The number that a picture carries; `None` if it is no frame of the beacon's.
fn number(sample: &gst::Sample) -> Option<usize> {
    let caps = sample.caps_owned()?;
    let (width, height) = size(&caps);
    let map = sample.buffer()?.map_readable().ok()?;
    let stride = map.len() / height;
    let luma = |bit: usize| map[height / 2 * stride + (2 * bit + 1) * width / (2 * BITS)];
    let lumas: Vec<u8> = (0..BITS).map(luma).collect();
    let (dark, bright) = (*lumas.iter().min()?, *lumas.iter().max()?);
    let middle = u16::midpoint(dark.into(), bright.into());
    let number = (0..BITS).filter(|bit| u16::from(lumas[*bit]) > middle);
    (bright - dark > 40).then(|| number.map(|bit| 1 << bit).sum())
}

/// Moves the clock that a camera's sender reports tell.
fn set_clock(media: &gst_rtsp_server::RTSPMedia, ahead: Duration) {
    let pipeline: gst::Bin = media.element().parent().unwrap().downcast().unwrap();
    let elements = pipeline.iterate_elements().into_iter().flatten();
    for pad in elements.flat_map(|element| element.src_pads()) {
        if !pad.name().starts_with("send_rtcp_src") {
            continue;
        }
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let mut packet = info
                .buffer_mut()
                .unwrap()
                .make_mut()
                .map_writable()
                .unwrap();
            // A sender report, and its seconds since 1900.
            if packet[1] == 200 {
                let seconds = u32::from_be_bytes(packet[8..12].try_into().unwrap());
                let moved = seconds + u32::try_from(ahead.as_secs()).unwrap();
                packet[8..12].copy_from_slice(&moved.to_be_bytes());
            }
            gst::PadProbeReturn::Ok
        });
    }
}

//! Cameras that `tapetum` could not play: what they send is made in this process.

use crate::process::{Camera, Tapetum};
use crate::reader::{Reader, is_dimmed, is_white};
use gst::glib;
use gst::prelude::*;
use gst_rtsp_server::prelude::*;
use gst_rtsp_server::{RTSPMediaFactory, RTSPServer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A camera, gone at the end.
struct Foreign {
    main_loop: glib::MainLoop,
    port: i32,
    /// Whether it sends garbage in place of what the element `coded` makes.
    lies: Arc<AtomicBool>,
}

impl Foreign {
    /// A camera that sends white as a launch line says.
    fn white(coded: &str) -> Self {
        gst::init().unwrap();
        let (server, factory) = (RTSPServer::new(), RTSPMediaFactory::new());
        server.set_address("127.0.0.1");
        server.set_service("0");
        factory.set_launch(&format!(
            "( videotestsrc is-live=true pattern=white ! video/x-raw,format=I420,width=320,height=240,framerate=15/1 ! {coded} )"
        ));
        factory.set_shared(true);
        let lies = Arc::new(AtomicBool::new(false));
        let lying = Arc::clone(&lies);
        factory.connect_media_configure(move |_, media| {
            let bin: gst::Bin = media.element().downcast().unwrap();
            let pad = bin.by_name("coded").unwrap().static_pad("src").unwrap();
            spoil(&pad, Arc::clone(&lying));
        });
        server
            .mount_points()
            .unwrap()
            .add_factory("/camera", factory);
        let context = glib::MainContext::new();
        server.attach(Some(&context)).unwrap();
        let main_loop = glib::MainLoop::new(Some(&context), false);
        let (running, port) = (main_loop.clone(), server.bound_port());
        std::thread::spawn(move || {
            let _server = server;
            running.run();
        });
        Self {
            main_loop,
            port,
            lies,
        }
    }

    /// A stream that takes it, to the mount `/night`.
    fn stream(&self) -> String {
        let nowhere = Camera::white();
        let here = format!("rtsp://127.0.0.1:{}/camera", self.port);
        nowhere.stream().replace(&nowhere.url(), &here)
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        self.main_loop.quit();
    }
}

/// Replaces what goes through `pad` by bytes without sense, but for the start by which it is known as a picture.
fn spoil(pad: &gst::Pad, lies: Arc<AtomicBool>) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if lies.load(Ordering::Relaxed)
            && let Some(buffer) = info.buffer_mut()
        {
            let mut map = buffer.make_mut().map_writable().unwrap();
            for (index, byte) in map.iter_mut().enumerate().skip(8) {
                *byte = (index as u8).wrapping_mul(167) ^ 0x5a;
            }
        }
        gst::PadProbeReturn::Ok
    });
}

#[test]
fn a_camera_with_motion_jpeg_is_taken() {
    let camera = Foreign::white("jpegenc name=coded ! rtpjpegpay name=pay0");
    let mut night = Tapetum::run(&camera.stream());
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("white", is_white);
    reader.assert_unbroken();
    assert!(night.terminate().success());
    assert_eq!(night.figure("failures"), 0, "{}", night.log());
}

#[test]
fn pictures_of_garbage_harm_nobody_and_good_ones_are_shown_again() {
    let camera = Foreign::white(
        "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=500 ! h264parse name=coded ! \
         rtph264pay config-interval=1 name=pay0",
    );
    let mut night = Tapetum::run(&camera.stream());
    let reader = Reader::start(&night.url("/night"));
    reader.wait_for("white", is_white);
    camera.lies.store(true, Ordering::Relaxed);
    reader.wait_for("dimmed", is_dimmed);
    // Either the decoder gives up, or it gives no picture.
    night.wait_for("failed", 1);
    camera.lies.store(false, Ordering::Relaxed);
    reader.wait_for("white again", is_white);
    reader.assert_unbroken();
    assert!(night.terminate().success(), "{}", night.log());
    assert!(night.figure("failures") >= 1, "{}", night.log());
}

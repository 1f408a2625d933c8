//! What the tests of `lowlightrestore` share: an element in a harness, and pictures with awkward strides.

// Each test program takes what it needs.
#![allow(dead_code, unreachable_pub)]

pub mod picture;

use std::path::PathBuf;
use std::sync::Once;

use gst::glib;
use gst::prelude::*;
use lowlight_engine::{OwnedFrame, PixelFormat};

/// How long anything may take before a test gives it up.
pub const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(60);

/// GStreamer with the plugin built in, and every warning an abort (as with `G_DEBUG=fatal-warnings`).
pub fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        gst::init().unwrap();
        glib::log_set_always_fatal(
            glib::LogLevels::LEVEL_WARNING
                | glib::LogLevels::LEVEL_CRITICAL
                | glib::LogLevels::LEVEL_ERROR,
        );
        gstlowlight::plugin_register_static().unwrap();
    });
}

/// One of the engine's tiny models.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../engine/tests/data")
        .join(format!("{name}.onnx"))
}

/// The element with its bus, for one of the engine's tiny models on the provider that is always there.
pub fn element(model: &str, properties: &[(&str, &str)]) -> (gst::Element, gst::Bus) {
    init();
    let element = gst::ElementFactory::make("lowlightrestore")
        .property("model-file", fixture(model).to_str().unwrap())
        .build()
        .unwrap();
    element.set_property_from_str("execution-provider", "cpu");
    element.set_property("n-threads", 1_u32);
    for (name, value) in properties {
        element.set_property_from_str(name, value);
    }
    let bus = gst::Bus::new();
    element.set_bus(Some(&bus));
    (element, bus)
}

/// A playing element between two pads of the test's own.
pub struct Rig {
    pub harness: gst_check::Harness,
    pub element: gst::Element,
    pub bus: gst::Bus,
    frames: u64,
}

impl Rig {
    /// With model `model`, which frames wait for.
    pub fn new(model: &str) -> Self {
        Self::with(model, &[("wait-for-model", "true")])
    }

    pub fn with(model: &str, properties: &[(&str, &str)]) -> Self {
        let (element, bus) = element(model, properties);
        let harness = gst_check::Harness::with_element(&element, Some("sink"), Some("src"));
        Self {
            harness,
            element,
            bus,
            frames: 0,
        }
    }

    /// A rig that has caps for frames like `frame`.
    pub fn for_frames(mut self, frame: &OwnedFrame) -> Self {
        self.set_caps(frame);
        self
    }

    pub fn set_caps(&mut self, frame: &OwnedFrame) {
        self.harness
            .set_src_caps(picture::info(frame).to_caps().unwrap());
    }

    /// A timed buffer of `frame`, with the layout that caps imply. Frames are 40 ms apart.
    pub fn buffer(&mut self, frame: &OwnedFrame) -> gst::Buffer {
        let mut buffer = picture::buffer(frame);
        self.stamp(buffer.get_mut().unwrap());
        buffer
    }

    pub fn stamp(&mut self, buffer: &mut gst::BufferRef) {
        buffer.set_pts(gst::ClockTime::from_mseconds(40 * self.frames));
        buffer.set_duration(gst::ClockTime::from_mseconds(40));
        self.frames += 1;
    }

    /// Pushes `frame` and gives what comes out.
    #[track_caller]
    pub fn through(&mut self, frame: &OwnedFrame) -> OwnedFrame {
        let buffer = self.buffer(frame);
        let output = self.harness.push_and_pull(buffer).unwrap();
        picture::frame(&output, &picture::info(frame))
    }

    /// A figure of the `stats` property.
    #[track_caller]
    pub fn count(&self, name: &str) -> u64 {
        let stats = self.element.property::<gst::Structure>("stats");
        stats.get(name).unwrap()
    }

    /// Waits until the element says on the bus that it is in `state`; gives its message.
    #[track_caller]
    pub fn wait_for(&self, state: &str) -> gst::Structure {
        wait_for(&self.bus, state)
    }
}

/// Waits for the state message `state` on `bus`, over other states' messages.
#[track_caller]
pub fn wait_for(bus: &gst::Bus, state: &str) -> gst::Structure {
    let types = [gst::MessageType::Element, gst::MessageType::Error];
    loop {
        let message = bus
            .timed_pop_filtered(PATIENCE, &types)
            .unwrap_or_else(|| panic!("no state {state}"));
        if let gst::MessageView::Error(error) = message.view() {
            panic!("{} instead of state {state}", error.error());
        }
        let structure = message.structure().unwrap();
        assert_eq!(structure.name(), "lowlightrestore-state");
        if structure.get::<&str>("state") == Ok(state) {
            return structure.to_owned();
        }
    }
}

/// The next message of type `message_type` on `bus`: the text of an error or a warning.
#[track_caller]
pub fn text_of(bus: &gst::Bus, message_type: gst::MessageType) -> String {
    let message = bus.timed_pop_filtered(PATIENCE, &[message_type]).unwrap();
    match message.view() {
        gst::MessageView::Error(error) => error.error().message().to_owned(),
        gst::MessageView::Warning(warning) => warning.error().message().to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Formats whose planes a planes model works on as they are.
pub const PLANAR: [PixelFormat; 3] = [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Gray8];

//! The encoder of one picture: it never stops, whatever becomes of the camera, and keeps its size.

use super::super::error::PipelineError;
use super::super::make::{add_chain, make, make_named};
use super::entry;
use crate::config::{Codec, LiveEncode};
use gst::prelude::*;
use gst_video::VideoInfo;

/// Frames after which there is a key frame even if nobody asks for one.
const KEY_INT_MAX: u32 = 100_000;

/// A coded frame.
pub(crate) struct Unit {
    pub(crate) buffer: gst::Buffer,
    pub(crate) caps: gst::Caps,
    /// When it was captured, on the monotonic clock, in nanoseconds.
    pub(crate) time: u64,
    /// Whether decoding can start with it.
    pub(crate) is_key: bool,
    /// Whether frames come in the order in which they are shown, so that the decoding time is known.
    pub(crate) has_dts: bool,
}

/// What of a picture must not change while it is encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) framerate: u32,
    /// As caps say it; absent: whatever comes.
    pub(crate) colorimetry: Option<String>,
}

impl Shape {
    /// The shape of a camera's frames, with `framerate` where they do not say one.
    pub(crate) fn of(info: &VideoInfo, framerate: u32) -> Self {
        let fps = info.fps();
        let said = (fps.numer() > 0).then(|| {
            let rounded = (fps.numer() + fps.denom() / 2) / fps.denom().max(1);
            u32::try_from(rounded.max(1)).unwrap_or(framerate)
        });
        // 4:2:0 has no odd sides.
        Self {
            width: (info.width() & !1).max(16),
            height: (info.height() & !1).max(16),
            framerate: said.unwrap_or(framerate),
            colorimetry: Some(info.colorimetry().to_string()),
        }
    }

    /// Whether coded frames with these caps have this size.
    pub(crate) fn is_size_of(&self, caps: &gst::CapsRef) -> bool {
        let side = |name| caps.structure(0).and_then(|s| s.get::<i32>(name).ok());
        let is = |found: Option<i32>, wanted: u32| {
            found.and_then(|side| u32::try_from(side).ok()) == Some(wanted)
        };
        is(side("width"), self.width) && is(side("height"), self.height)
    }

    /// What a picture is made into. The rate is no part of it: a picture that still waits when the shape changes has the
    /// old one, and rates cannot be converted.
    fn caps(&self) -> gst::Caps {
        let side = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        let mut caps = gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .field("width", side(self.width))
            .field("height", side(self.height))
            .field("pixel-aspect-ratio", gst::Fraction::new(1, 1));
        if let Some(colorimetry) = &self.colorimetry {
            caps = caps.field("colorimetry", colorimetry);
        }
        caps.build()
    }

    fn fraction(&self) -> gst::Fraction {
        gst::Fraction::new(i32::try_from(self.framerate).unwrap_or(25).max(1), 1)
    }
}

/// An encoder that has been built; whoever built it starts the pipeline.
pub(crate) struct Encoder {
    pub(crate) pipeline: gst::Pipeline,
    entry: gst_app::AppSrc,
    filter: gst::Element,
    exit: gst::Pad,
    shape: Shape,
}

impl Encoder {
    /// Builds an encoder that gives each coded frame to `coded`.
    ///
    /// # Errors
    ///
    /// An element is missing or takes no such value.
    pub(crate) fn new(
        settings: &LiveEncode,
        shape: Shape,
        coded: impl Fn(Unit) + Send + Sync + 'static,
    ) -> Result<Self, PipelineError> {
        let pipeline = gst::Pipeline::new();
        let entry = entry("pictures");
        entry.set_max_bytes(0);
        entry.set_max_buffers(2);
        entry.set_leaky_type(gst_app::AppLeakyType::Downstream);
        let scale = make("videoconvertscale")?;
        scale.set_property("add-borders", true);
        let filter = make("capsfilter")?;
        let encoder = codec(settings)?;
        let (parse, format) = match settings.codec {
            Codec::H264 => (make("h264parse")?, "video/x-h264"),
            Codec::H265 => (make("h265parse")?, "video/x-h265"),
        };
        let sink = exit(format, coded);
        let source: gst::Element = entry.clone().upcast();
        add_chain(
            &pipeline,
            &[&source, &scale, &filter, &encoder, &parse, &sink],
        )?;
        let exit = super::super::make::pad(&sink, "sink")?;
        let built = Self {
            pipeline,
            entry,
            filter,
            exit,
            shape,
        };
        built.apply();
        Ok(built)
    }

    /// The picture's shape.
    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Changes the picture's shape, in band.
    pub(crate) fn reshape(&mut self, shape: Shape) {
        self.shape = shape;
        self.apply();
    }

    /// Encodes a picture, scaled into the shape with borders; loses an older one that still waits.
    pub(crate) fn encode(&self, picture: &gst::Buffer, caps: &gst::CapsRef) {
        let mut caps = caps.to_owned();
        // A rate that changes would change the stream's headers.
        caps.make_mut().set("framerate", self.shape.fraction());
        let sample = gst::Sample::builder().buffer(picture).caps(&caps).build();
        // Refused only on the way down.
        let _ = self.entry.push_sample(&sample);
    }

    /// Asks for a key frame.
    pub(crate) fn want_key(&self) {
        let wish = gst_video::UpstreamForceKeyUnitEvent::builder()
            .all_headers(true)
            .build();
        self.exit.push_event(wish);
    }

    fn apply(&self) {
        self.filter.set_property("caps", self.shape.caps());
    }
}

fn codec(settings: &LiveEncode) -> Result<gst::Element, PipelineError> {
    let encoder = match settings.codec {
        Codec::H264 => make_named("x264enc", "encoder")?,
        Codec::H265 => make_named("x265enc", "encoder")?,
    };
    encoder.set_property("bitrate", settings.bitrate);
    encoder.set_property_from_str("speed-preset", settings.speed_preset.nick());
    encoder.set_property_from_str("tune", "zerolatency");
    // Key frames are asked for by the clock.
    encoder.set_property_from_str("key-int-max", &KEY_INT_MAX.to_string());
    Ok(encoder)
}

fn exit(format: &str, coded: impl Fn(Unit) + Send + Sync + 'static) -> gst::Element {
    let caps = gst::Caps::builder(format)
        .field("stream-format", "byte-stream")
        .field("alignment", "au")
        .build();
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if let Some(unit) = unit(&sample) {
                coded(unit);
            }
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    let sink = gst_app::AppSink::builder()
        .name("coded")
        .caps(&caps)
        .sync(false)
        .max_buffers(1)
        .callbacks(callbacks)
        .build();
    sink.upcast()
}

fn unit(sample: &gst::Sample) -> Option<Unit> {
    let buffer = sample.buffer_owned()?;
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let time = segment.to_running_time(buffer.pts())?;
    Some(Unit {
        time: time.nseconds(),
        caps: sample.caps_owned()?,
        is_key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
        // No encoder here reorders frames: zerolatency has none that could be.
        has_dts: true,
        buffer,
    })
}

/// The `gst-launch-1.0` description of a mount's pipeline.
pub(crate) fn mount_launch(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => {
            "( appsrc name=coded is-live=true ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
        }
        Codec::H265 => {
            "( appsrc name=coded is-live=true ! h265parse ! rtph265pay name=pay0 pt=96 config-interval=-1 )"
        }
    }
}

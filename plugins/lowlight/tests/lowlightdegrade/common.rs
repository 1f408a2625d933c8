//! The element in a harness, buffers with known samples, and their light.

use gst::prelude::*;
use gst_check::Harness;
use gst_video::prelude::*;
use gst_video::{VideoFormat, VideoFrameRef, VideoInfo};

pub(crate) const FORMATS: [VideoFormat; 11] = [
    VideoFormat::I420,
    VideoFormat::Nv12,
    VideoFormat::Yv12,
    VideoFormat::Nv21,
    VideoFormat::Gray8,
    VideoFormat::Rgb,
    VideoFormat::Bgr,
    VideoFormat::Rgbx,
    VideoFormat::Bgrx,
    VideoFormat::Rgba,
    VideoFormat::Bgra,
];
pub(crate) const FRAME: gst::ClockTime = gst::ClockTime::from_nseconds(33_333_333);

pub(crate) fn init() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        gst::init().unwrap();
        gstlowlight::plugin_register_static().unwrap();
    });
}

/// A camera without noise: only the named properties differ from a perfect one.
pub(crate) fn camera(properties: &[(&str, &dyn ToValue)]) -> gst::Element {
    init();
    let camera = gst::ElementFactory::make("lowlightdegrade")
        .property("exposure", 1.0)
        .property("shot-noise", 0.0)
        .property("read-noise", 0.0)
        .property("row-noise", 0.0)
        .build()
        .unwrap();
    for (name, value) in properties {
        camera.set_property_from_value(name, &value.to_value());
    }
    camera
}

pub(crate) fn harness(camera: &gst::Element, info: &VideoInfo) -> Harness {
    let mut harness = Harness::with_element(camera, Some("sink"), Some("src"));
    harness.set_src_caps(info.to_caps().unwrap());
    harness
}

pub(crate) fn info(format: VideoFormat, width: u32, height: u32) -> VideoInfo {
    init();
    VideoInfo::builder(format, width, height)
        .fps(gst::Fraction::new(30, 1))
        .build()
        .unwrap()
}

/// A buffer whose samples come from `sample(plane, x, y)` with x in bytes.
pub(crate) fn buffer(
    info: &VideoInfo,
    n: u64,
    sample: impl Fn(usize, usize, usize) -> u8,
) -> gst::Buffer {
    let mut buffer = gst::Buffer::with_size(info.size()).unwrap();
    let target = buffer.get_mut().unwrap();
    target.set_pts(FRAME * n);
    target.set_duration(FRAME);
    let mut frame = VideoFrameRef::from_buffer_ref_writable(target, info).unwrap();
    for plane in 0..info.n_planes() {
        let stride = frame.plane_stride()[plane as usize] as usize;
        let data = frame.plane_data_mut(plane).unwrap();
        for (i, byte) in data.iter_mut().enumerate() {
            *byte = sample(plane as usize, i % stride, i / stride);
        }
    }
    drop(frame);
    buffer
}

pub(crate) fn grey(info: &VideoInfo, n: u64, code: u8) -> gst::Buffer {
    let chroma = |plane: usize| info.is_yuv() && plane > 0;
    buffer(
        info,
        n,
        |plane, _, _| if chroma(plane) { 128 } else { code },
    )
}

/// The bytes of the picture's rows, plane after plane, without padding.
pub(crate) fn pixels(buffer: &gst::BufferRef, info: &VideoInfo) -> Vec<u8> {
    let frame = VideoFrameRef::from_buffer_ref_readable(buffer, info).unwrap();
    let mut bytes = Vec::new();
    for plane in 0..info.n_planes() {
        let mut components = 0..info.n_components() as u8;
        let component = components.find(|&c| info.comp_plane(c) == plane).unwrap();
        let row = info.comp_width(component) as usize * info.comp_pstride(component) as usize;
        let stride = frame.plane_stride()[plane as usize] as usize;
        let data = frame.plane_data(plane).unwrap();
        for y in 0..info.comp_height(component) as usize {
            bytes.extend(&data[y * stride..][..row]);
        }
    }
    bytes
}

pub(crate) fn to_linear(coded: f64) -> f64 {
    if coded <= 0.04045 {
        coded / 12.92
    } else {
        ((coded + 0.055) / 1.055).powf(2.4)
    }
}

pub(crate) fn linear_light(buffer: &gst::BufferRef, info: &VideoInfo) -> Vec<f64> {
    let codes = pixels(buffer, info);
    codes
        .into_iter()
        .map(|code| to_linear(f64::from(code) / 255.0))
        .collect()
}

pub(crate) fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (
        mean,
        values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n,
    )
}

//! GStreamer's description of a picture as the camera's.

use super::pixels::{Coding, Geometry, Layout, Strides};
use gst_video::prelude::*;
use gst_video::{VideoColorRange, VideoFormat, VideoFrameRef, VideoInfo};

/// Formats the element takes, preferred first.
pub(super) const FORMATS: [VideoFormat; 11] = [
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

/// Geometry of pictures described by `info`, which has one of [`FORMATS`].
pub(super) fn geometry(info: &VideoInfo) -> Geometry {
    let at = |component: u8| {
        (
            info.comp_plane(component) as usize,
            info.comp_poffset(component) as usize,
        )
    };
    let step = |component: u8| info.comp_pstride(component).unsigned_abs() as usize;
    let layout = if info.is_gray() {
        Layout::Grey
    } else if info.is_yuv() {
        Layout::Yuv420 {
            chroma: [at(1), at(2)],
            step: step(1),
        }
    } else {
        Layout::Packed {
            step: step(0),
            rgb: [at(0).1, at(1).1, at(2).1],
        }
    };
    let colorimetry = info.colorimetry();
    let full_range = match colorimetry.range() {
        VideoColorRange::Range0_255 => true,
        VideoColorRange::Range16_235 => false,
        _ => !info.is_yuv(),
    };
    // GStreamer fills in a matrix for YUV caps that name none, so BT.709 is only for caps that name an odd one.
    let (kr, kb) = colorimetry.matrix().kr_kb().unwrap_or((0.2126, 0.0722));
    Geometry {
        width: info.width() as usize,
        height: info.height() as usize,
        layout,
        coding: Coding::new(full_range, kr, kb),
    }
}

/// Strides of a mapped frame in bytes, or `None` for a bottom-up one.
pub(super) fn strides<T>(frame: &VideoFrameRef<T>) -> Option<Strides>
where
    VideoFrameRef<T>: VideoFrameExt,
{
    let mut strides = Strides::default();
    for (to, &from) in strides.iter_mut().zip(frame.plane_stride()) {
        *to = usize::try_from(from).ok()?;
    }
    Some(strides)
}

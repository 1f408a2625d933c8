//! GStreamer's video frames as the engine's.

use gst_video::prelude::*;
use gst_video::{VideoColorMatrix, VideoColorRange, VideoFrameRef, VideoInfo};
use lowlight_engine::{Colorimetry, Frame, FrameMut, Matrix, PixelFormat, Plane, Range, Result};

/// Pixels per side that are taken.
pub(super) const SIDE: std::ops::RangeInclusive<i32> = 2..=8192;

/// What caps say about a frame's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) format: PixelFormat,
    pub(super) colorimetry: Colorimetry,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Whether frames come in a GPU's memory, and are wanted there.
    pub(super) is_on_device: bool,
}

impl Layout {
    /// `None` if the engine does not know the format.
    pub(super) fn new(info: &VideoInfo) -> Option<Self> {
        Some(Self {
            format: PixelFormat::from_name(info.format().to_str())?,
            colorimetry: colorimetry(info),
            width: info.width() as usize,
            height: info.height() as usize,
            is_on_device: false,
        })
    }

    /// What a network has to be for: where this differs, another one is needed.
    pub(super) fn network(&self) -> (usize, usize, Option<Range>) {
        let range = self.is_on_device.then_some(self.colorimetry.range);
        (self.width, self.height, range)
    }

    pub(super) fn readable<'a>(
        &self,
        frame: &'a VideoFrameRef<&gst::BufferRef>,
    ) -> Result<Frame<'a>> {
        let planes = frame.planes_data().into_iter().zip(frame.plane_stride());
        let planes = planes.take(self.format.n_planes());
        Frame::new(
            self.format,
            self.width,
            self.height,
            self.colorimetry,
            planes.map(|(data, &stride)| plane(data, stride)),
        )
    }

    pub(super) fn writable<'a>(
        &self,
        frame: &'a mut VideoFrameRef<&mut gst::BufferRef>,
    ) -> Result<FrameMut<'a>> {
        let mut strides = [0; 4];
        let n_planes = self.format.n_planes();
        strides[..n_planes].copy_from_slice(&frame.plane_stride()[..n_planes]);
        let planes = frame.planes_data_mut().into_iter().zip(strides);
        FrameMut::new(
            self.format,
            self.width,
            self.height,
            self.colorimetry,
            planes
                .take(n_planes)
                .map(|(data, stride)| plane(data, stride)),
        )
    }
}

/// A bottom-up frame's negative stride becomes 0, which the engine refuses.
fn plane<D>(data: D, stride: i32) -> Plane<D> {
    Plane {
        data,
        stride: usize::try_from(stride).unwrap_or(0),
    }
}

fn colorimetry(info: &VideoInfo) -> Colorimetry {
    let matrix = match info.colorimetry().matrix() {
        VideoColorMatrix::Bt601 | VideoColorMatrix::Fcc => Matrix::Bt601,
        VideoColorMatrix::Bt2020 => Matrix::Bt2020,
        // SMPTE 240M differs from BT.709 by less than a code value in dark pictures. RGB has no matrix.
        _ => Matrix::Bt709,
    };
    let range = match info.colorimetry().range() {
        _ if info.is_rgb() => Range::Full,
        VideoColorRange::Range0_255 => Range::Full,
        VideoColorRange::Range16_235 => Range::Limited,
        _ if info.is_gray() => Range::Full,
        _ => Range::Limited,
    };
    Colorimetry { matrix, range }
}

/// Everything that the engine takes in system memory, up to `width` × `height` pixels.
pub(super) fn sized_caps(width: i32, height: i32) -> gst::Caps {
    let formats = PixelFormat::ALL.map(|format| gst_video::VideoFormat::from_string(format.name()));
    gst_video::VideoCapsBuilder::new()
        .format_list(formats)
        .width_range(*SIDE.start()..=width.min(*SIDE.end()))
        .height_range(*SIDE.start()..=height.min(*SIDE.end()))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colorimetry_of(caps: &str) -> (Matrix, Range) {
        gst::init().unwrap();
        let caps = format!("video/x-raw,framerate=25/1,{caps}");
        let info = VideoInfo::from_caps(&caps.parse::<gst::Caps>().unwrap()).unwrap();
        let colorimetry = Layout::new(&info).unwrap().colorimetry;
        (colorimetry.matrix, colorimetry.range)
    }

    #[test]
    fn colorimetry_is_taken_from_the_caps() {
        use Matrix::{Bt601, Bt709, Bt2020};
        use Range::{Full, Limited};
        for (caps, wanted) in [
            (
                "format=I420,width=64,height=48,colorimetry=bt601",
                (Bt601, Limited),
            ),
            (
                "format=I420,width=64,height=48,colorimetry=bt709",
                (Bt709, Limited),
            ),
            (
                "format=NV12,width=64,height=48,colorimetry=bt2020",
                (Bt2020, Limited),
            ),
            (
                "format=I420,width=64,height=48,colorimetry=1:4:5:1",
                (Bt601, Full),
            ),
            (
                "format=I420,width=64,height=48,colorimetry=1:3:5:1",
                (Bt709, Full),
            ),
        ] {
            assert_eq!(colorimetry_of(caps), wanted, "{caps}");
        }
    }

    #[test]
    fn without_colorimetry_the_size_decides_and_gray_and_rgb_are_full_range() {
        use Matrix::{Bt601, Bt709};
        use Range::{Full, Limited};
        for (caps, wanted) in [
            ("format=I420,width=720,height=576", (Bt601, Limited)),
            ("format=I420,width=1280,height=720", (Bt709, Limited)),
            ("format=RGB,width=64,height=48", (Bt709, Full)),
        ] {
            assert_eq!(colorimetry_of(caps), wanted, "{caps}");
        }
        assert_eq!(colorimetry_of("format=GRAY8,width=64,height=48").1, Full);
    }

    #[test]
    fn every_format_of_the_engine_is_offered() {
        gst::init().unwrap();
        for format in PixelFormat::ALL {
            let caps = format!(
                "video/x-raw,format={},width=64,height=48,framerate=0/1",
                format.name()
            );
            let caps: gst::Caps = caps.parse().unwrap();
            assert!(
                caps.is_subset(&sized_caps(*SIDE.end(), *SIDE.end())),
                "{caps}"
            );
        }
    }
}

//! Colour conversion between a frame's format and the two that models work in, by the `yuv` crate.

use std::fmt::Debug;

use yuv::{
    BufferStoreMut, YuvBiPlanarImage, YuvBiPlanarImageMut, YuvConversionMode, YuvGrayImage,
    YuvGrayImageMut, YuvPlanarImage, YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
};

use crate::error::{Error, Result};
use crate::frame::{Frame, FrameMut, OwnedFrame};
use crate::pixel::{Colorimetry, Matrix, PixelFormat, Range};

const MODE: YuvConversionMode = YuvConversionMode::Balanced;

fn matrix(colorimetry: Colorimetry) -> YuvStandardMatrix {
    match colorimetry.matrix {
        Matrix::Bt601 => YuvStandardMatrix::Bt601,
        Matrix::Bt709 => YuvStandardMatrix::Bt709,
        Matrix::Bt2020 => YuvStandardMatrix::Bt2020,
    }
}

fn range(colorimetry: Colorimetry) -> YuvRange {
    match colorimetry.range {
        Range::Limited => YuvRange::Limited,
        Range::Full => YuvRange::Full,
    }
}

/// Converts `frame` to packed RGB in `rgb`, rows without padding. Alpha is left out.
pub(crate) fn to_rgb(frame: &Frame<'_>, rgb: &mut [u8]) -> Result<()> {
    let (range, matrix) = (range(frame.colorimetry()), matrix(frame.colorimetry()));
    let (width, height) = (frame.width() as u32, frame.height() as u32);
    let stride = width * 3;
    let [first, second, third] = &frame.planes;
    let done = match frame.format() {
        PixelFormat::I420 => {
            let image = YuvPlanarImage {
                y_plane: first.data,
                y_stride: first.stride as u32,
                u_plane: second.data,
                u_stride: second.stride as u32,
                v_plane: third.data,
                v_stride: third.stride as u32,
                width,
                height,
            };
            yuv::yuv420_to_rgb(&image, rgb, stride, range, matrix)
        }
        PixelFormat::Nv12 => {
            let image = YuvBiPlanarImage {
                y_plane: first.data,
                y_stride: first.stride as u32,
                uv_plane: second.data,
                uv_stride: second.stride as u32,
                width,
                height,
            };
            yuv::yuv_nv12_to_rgb(&image, rgb, stride, range, matrix, MODE)
        }
        PixelFormat::Gray8 => {
            let image = YuvGrayImage {
                y_plane: first.data,
                y_stride: first.stride as u32,
                width,
                height,
            };
            yuv::yuv400_to_rgb(&image, rgb, stride, range, matrix)
        }
        _ => {
            repack_to_rgb(frame, rgb);
            Ok(())
        }
    };
    done.map_err(|error| failed(frame.format(), frame.width(), frame.height(), &error))
}

/// Converts packed RGB (rows without padding) to `frame`. Alpha and padding bytes are left as they are.
pub(crate) fn from_rgb(rgb: &[u8], frame: &mut FrameMut<'_>) -> Result<()> {
    let (format, range, matrix) = (
        frame.format(),
        range(frame.colorimetry()),
        matrix(frame.colorimetry()),
    );
    let (width, height) = (frame.width() as u32, frame.height() as u32);
    let stride = width * 3;
    let [first, second, third] = &mut frame.planes;
    let done = match format {
        PixelFormat::I420 => {
            let mut image = YuvPlanarImageMut {
                y_plane: BufferStoreMut::Borrowed(first.data),
                y_stride: first.stride as u32,
                u_plane: BufferStoreMut::Borrowed(second.data),
                u_stride: second.stride as u32,
                v_plane: BufferStoreMut::Borrowed(third.data),
                v_stride: third.stride as u32,
                width,
                height,
            };
            yuv::rgb_to_yuv420(&mut image, rgb, stride, range, matrix, MODE)
        }
        PixelFormat::Nv12 => {
            let mut image = YuvBiPlanarImageMut {
                y_plane: BufferStoreMut::Borrowed(first.data),
                y_stride: first.stride as u32,
                uv_plane: BufferStoreMut::Borrowed(second.data),
                uv_stride: second.stride as u32,
                width,
                height,
            };
            yuv::rgb_to_yuv_nv12(&mut image, rgb, stride, range, matrix, MODE)
        }
        PixelFormat::Gray8 => {
            let mut image = YuvGrayImageMut {
                y_plane: BufferStoreMut::Borrowed(first.data),
                y_stride: first.stride as u32,
                width,
                height,
            };
            yuv::rgb_to_yuv400(&mut image, rgb, stride, range, matrix)
        }
        _ => {
            repack_from_rgb(rgb, frame);
            Ok(())
        }
    };
    done.map_err(|error| failed(format, width as usize, height as usize, &error))
}

/// Converts a packed RGB frame to I420, through `rgb` as scratch.
pub(crate) fn packed_to_i420(
    frame: &Frame<'_>,
    rgb: &mut [u8],
    i420: &mut OwnedFrame,
) -> Result<()> {
    repack_to_rgb(frame, rgb);
    from_rgb(rgb, &mut i420.as_frame_mut())
}

/// Converts I420 to a packed RGB frame, through `rgb` as scratch.
pub(crate) fn i420_to_packed(
    i420: &Frame<'_>,
    rgb: &mut [u8],
    frame: &mut FrameMut<'_>,
) -> Result<()> {
    to_rgb(i420, rgb)?;
    repack_from_rgb(rgb, frame);
    Ok(())
}

/// Bytes per pixel and the offsets of red, green and blue in a packed format.
fn packing(format: PixelFormat) -> (usize, [usize; 3]) {
    match format {
        PixelFormat::Bgr => (3, [2, 1, 0]),
        PixelFormat::Rgba | PixelFormat::Rgbx => (4, [0, 1, 2]),
        PixelFormat::Bgra | PixelFormat::Bgrx => (4, [2, 1, 0]),
        _ => (3, [0, 1, 2]),
    }
}

fn repack_to_rgb(frame: &Frame<'_>, rgb: &mut [u8]) {
    let (pixel_bytes, [r, g, b]) = packing(frame.format());
    for (row, rgb) in frame.rows(0).zip(rgb.chunks_exact_mut(frame.width() * 3)) {
        for (pixel, rgb) in row.chunks_exact(pixel_bytes).zip(rgb.chunks_exact_mut(3)) {
            rgb.copy_from_slice(&[pixel[r], pixel[g], pixel[b]]);
        }
    }
}

fn repack_from_rgb(rgb: &[u8], frame: &mut FrameMut<'_>) {
    let (pixel_bytes, [r, g, b]) = packing(frame.format());
    let row_bytes = frame.width() * 3;
    for (row, rgb) in frame.rows_mut(0).zip(rgb.chunks_exact(row_bytes)) {
        for (pixel, rgb) in row.chunks_exact_mut(pixel_bytes).zip(rgb.chunks_exact(3)) {
            (pixel[r], pixel[g], pixel[b]) = (rgb[0], rgb[1], rgb[2]);
        }
    }
}

fn failed(format: PixelFormat, width: usize, height: usize, error: &impl Debug) -> Error {
    Error::Frame {
        format: format.name(),
        width,
        height,
        problem: format!("colour conversion failed: {error:?}"),
    }
}

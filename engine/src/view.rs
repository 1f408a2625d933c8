//! Pictures about the restoration: before and after side by side, and the degradation map.

use crate::convert;
use crate::error::Result;
use crate::frame::{Frame, FrameMut};
use crate::pixel::{PixelFormat, Range};
use crate::restorer::DegradationMap;

/// Puts the left half of `original` over the left half of `restored`, with a white line between them.
///
/// # Errors
/// [`crate::Error::Frame`] if format or size differ.
pub fn split(original: &Frame<'_>, restored: &mut FrameMut<'_>) -> Result<()> {
    restored.check_same_layout(original)?;
    // An even middle keeps chroma pairs whole.
    let middle = original.width() / 4 * 2;
    for index in 0..original.format().n_planes() {
        let left = columns(original.format(), index, middle);
        for (to, from) in restored.rows_mut(index).zip(original.rows(index)) {
            to[..left].copy_from_slice(&from[..left]);
        }
    }
    let white = white(restored);
    let start = columns(original.format(), 0, middle);
    let end = columns(original.format(), 0, (middle + 2).min(original.width()));
    restored
        .rows_mut(0)
        .for_each(|row| row[start..end].fill(white));
    Ok(())
}

/// Bytes that the first `columns` pixels of a row take in plane `index`.
fn columns(format: PixelFormat, index: usize, columns: usize) -> usize {
    format.plane_size(index, columns, 1).0
}

fn white(frame: &FrameMut<'_>) -> u8 {
    let is_yuv = matches!(
        frame.format(),
        PixelFormat::I420 | PixelFormat::Nv12 | PixelFormat::Gray8
    );
    if is_yuv && frame.colorimetry().range == Range::Limited {
        235
    } else {
        255
    }
}

/// Paints `map` over `frame`: red where dark, green where blurred, blue where noisy. `rgb` is scratch.
///
/// # Errors
/// [`crate::Error::Frame`] if the colours cannot be converted to the frame's format.
pub fn degradation(
    map: &DegradationMap,
    rgb: &mut Vec<u8>,
    frame: &mut FrameMut<'_>,
) -> Result<()> {
    let (width, height) = (frame.width(), frame.height());
    let patches = map.width * map.height;
    rgb.resize(width * height * 3, 0);
    for (y, row) in rgb.chunks_exact_mut(width * 3).enumerate() {
        let first = y * map.height / height * map.width;
        for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
            let patch = first + x * map.width / width;
            for (channel, code) in pixel.iter_mut().enumerate() {
                *code = (map.values[channel * patches + patch] * 255.0) as u8;
            }
        }
    }
    convert::from_rgb(rgb, frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::OwnedFrame;
    use crate::pixel::Colorimetry;

    fn filled(format: PixelFormat, value: u8) -> OwnedFrame {
        let mut frame = OwnedFrame::zeroed(format, 9, 4, Colorimetry::default()).unwrap();
        (0..format.n_planes()).for_each(|index| frame.data_mut(index).fill(value));
        frame
    }

    #[test]
    fn split_shows_the_original_on_the_left_of_a_line() {
        for format in PixelFormat::ALL {
            let original = filled(format, 10);
            let mut restored = filled(format, 100);
            split(&original.as_frame(), &mut restored.as_frame_mut()).unwrap();
            let row = restored.rows(0).next().unwrap();
            assert_eq!((row[0], row[row.len() - 1]), (10, 100), "{format:?}");
            assert!(
                row.iter().any(|&value| value >= 235),
                "{format:?} has no line"
            );
        }
    }

    #[test]
    fn the_degradation_map_is_painted_patch_by_patch() {
        let map = DegradationMap {
            width: 2,
            height: 1,
            values: vec![1.0, 0.0, 0.0, 0.0, 0.0, 1.0],
        };
        let mut frame = filled(PixelFormat::Rgb, 0);
        degradation(&map, &mut Vec::new(), &mut frame.as_frame_mut()).unwrap();
        let row = frame.rows(0).next().unwrap();
        assert_eq!(
            (&row[..3], &row[24..]),
            (&[255, 0, 0][..], &[0, 0, 255][..])
        );
    }
}

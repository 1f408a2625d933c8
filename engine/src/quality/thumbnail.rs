//! A picture in 32 × 32 values: what the statistics of a frame start from.

use std::ops::Deref;

use crate::frame::Image;
use crate::pixel::PixelFormat;

/// Cells per side.
pub(super) const GRID: usize = 32;

/// Pixels of a cell that are looked at, per side.
const SAMPLES: usize = 4;

/// Mean luma (green of packed formats) of each cell, row by row, in code values.
#[derive(Clone, Debug, PartialEq)]
pub struct Thumbnail {
    pub(super) cells: [f32; GRID * GRID],
}

impl Thumbnail {
    /// Means of GRID × GRID cells over a 4-by-4 sparse sampling of each: noise averages out, and at 1080p only
    /// 16,384 pixels are touched.
    #[must_use]
    pub fn of<D: Deref<Target = [u8]> + Default>(frame: &Image<D>) -> Self {
        let step = frame.format().plane_size(0, 1, 1).0;
        // Green says most about luma in packed formats.
        let offset = usize::from(!matches!(
            frame.format(),
            PixelFormat::I420 | PixelFormat::Nv12 | PixelFormat::Gray8
        ));
        let (data, stride) = (frame.data(0), frame.stride(0));
        let side = GRID * SAMPLES;
        let mut cells = [0.0; GRID * GRID];
        for sample_y in 0..side {
            let row = sample_y * frame.height() / side * stride;
            for sample_x in 0..side {
                let x = sample_x * frame.width() / side;
                cells[sample_y / SAMPLES * GRID + sample_x / SAMPLES] +=
                    f32::from(data[row + x * step + offset]);
            }
        }
        Self {
            cells: cells.map(|sum| sum / (SAMPLES * SAMPLES) as f32),
        }
    }

    /// Mean of the picture, in code values.
    #[must_use]
    pub fn mean(&self) -> f32 {
        self.cells.iter().sum::<f32>() / self.cells.len() as f32
    }
}

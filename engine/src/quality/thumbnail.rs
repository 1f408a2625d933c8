//! A picture in 32 × 32 values: what the statistics of a frame start from.

use std::ops::Deref;

use super::luma_samples::{LumaSamples, SIDE, place};
use crate::frame::Image;
use crate::pixel::PixelFormat;

/// Cells per side.
pub(super) const GRID: usize = 32;

/// Mean luma (green of packed formats) of each cell, row by row, in code values.
#[derive(Clone, Debug, PartialEq)]
pub struct Thumbnail {
    pub(super) cells: [f32; GRID * GRID],
}

impl Thumbnail {
    /// Of the pixels of `frame`.
    #[must_use]
    pub fn of<D: Deref<Target = [u8]> + Default>(frame: &Image<D>) -> Self {
        let step = frame.format().plane_size(0, 1, 1).0;
        // Green says most about luma in packed formats.
        let offset = usize::from(!matches!(
            frame.format(),
            PixelFormat::I420 | PixelFormat::Nv12 | PixelFormat::Gray8
        ));
        let (data, stride) = (frame.data(0), frame.stride(0));
        let (width, height) = (frame.width(), frame.height());
        Self::average(|row, column| {
            data[place(row, height) * stride + place(column, width) * step + offset]
        })
    }

    /// Of a frame whose pixels the CPU does not see.
    #[must_use]
    pub fn of_samples(samples: &LumaSamples<'_>) -> Self {
        Self::average(|row, column| samples.at(row, column))
    }

    /// Means of GRID × GRID cells over a 4-by-4 sparse sampling of each: noise averages out.
    fn average(sample: impl Fn(usize, usize) -> u8) -> Self {
        const SAMPLES: usize = SIDE / GRID;
        let mut cells = [0.0; GRID * GRID];
        for row in 0..SIDE {
            for column in 0..SIDE {
                cells[row / SAMPLES * GRID + column / SAMPLES] += f32::from(sample(row, column));
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

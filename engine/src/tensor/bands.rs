//! A frame and its tensors of blocks, cut into bands of rows for several threads.

use std::sync::Mutex;

use super::blocks::Grid;
use crate::frame::Image;
use crate::frame::bands::Cut;

/// Bands of a frame. More than there are threads: one that comes late, or has to share its core, then does fewer.
const BANDS: usize = 16;
/// Pixels from which on a frame is shared out. One of 640x360 takes a core 0.15 ms, and a thread up to a third of that
/// to wake.
const LEAST: usize = 1 << 18;

/// Some rows of a frame, and their blocks.
#[derive(Debug)]
pub(crate) struct Band<'a, Rows> {
    pub(crate) frame: Image<Rows>,
    pub(crate) tensor: &'a mut [u8],
    pub(crate) answer: &'a [u8],
}

/// The bands of `frame`, each to be taken by whoever comes first. `answer` may be empty.
pub(crate) fn bands<'a, Rows: Cut>(
    mut frame: Image<Rows>,
    (mut tensor, mut answer): (&'a mut [u8], &'a [u8]),
    grid: Grid,
) -> [Mutex<Option<Band<'a, Rows>>>; BANDS] {
    let is_shared_out = frame.width() * frame.height() >= LEAST;
    let wanted = if is_shared_out { BANDS } else { 1 };
    // Rows of blocks that have pixels. Those below them belong to the last band, which repeats its last row.
    let rows = frame.height().div_ceil(grid.side);
    let rows_of_band = rows.div_ceil(wanted);
    let row_of_answer = answer.len() / (tensor.len() / grid.row()).max(1);
    std::array::from_fn(|_| {
        if frame.height() == 0 {
            return Mutex::new(None);
        }
        let band = frame.take_rows(rows_of_band * grid.side);
        let rows = match frame.height() {
            0 => usize::MAX / grid.row().max(row_of_answer),
            _ => rows_of_band,
        };
        let (blocks, rest) = std::mem::take(&mut tensor).cut(rows * grid.row());
        tensor = rest;
        let (answers, rest) = answer.cut(rows * row_of_answer);
        answer = rest;
        Mutex::new(Some(Band {
            frame: band,
            tensor: blocks,
            answer: answers,
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::OwnedFrame;
    use crate::pixel::{Colorimetry, PixelFormat};

    fn rows_of_bands(height: usize, grid_height: usize) -> Vec<(usize, usize, usize)> {
        let grid = Grid {
            width: 320,
            side: 4,
            pictures: 2,
        };
        let format = PixelFormat::I420;
        let frame = OwnedFrame::zeroed(format, 1280, height, Colorimetry::default()).unwrap();
        let mut tensor = vec![0; grid.row() * grid_height];
        let answer = vec![0; 320 * 25 * grid_height];
        let bands = bands(frame.as_frame(), (&mut tensor, &answer), grid);
        let bands = bands
            .into_iter()
            .filter_map(|band| band.into_inner().unwrap());
        bands
            .map(|band| {
                let blocks = (
                    band.tensor.len() / grid.row(),
                    band.answer.len() / (320 * 25),
                );
                (band.frame.height(), blocks.0, blocks.1)
            })
            .collect()
    }

    #[test]
    fn bands_have_the_blocks_of_their_rows_and_the_last_one_those_below() {
        let bands = rows_of_bands(718, 184);
        assert_eq!(bands.len(), 15);
        assert!(bands[..14].iter().all(|&band| band == (48, 12, 12)));
        assert_eq!(bands[14], (718 - 14 * 48, 184 - 14 * 12, 184 - 14 * 12));
    }

    #[test]
    fn a_small_frame_is_one_band() {
        assert_eq!(rows_of_bands(2, 4), [(2, 4, 4)]);
        assert_eq!(rows_of_bands(201, 52), [(201, 52, 52)]);
    }
}

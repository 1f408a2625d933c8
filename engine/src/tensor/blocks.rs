//! 8-bit planes in and out of blocks.
//!
//! Blocks are a frame at 1/s of its resolution (s is 4 or 8): the s x s pixels of luma that belong to one place lie side
//! by side, then the (s/2) x (s/2) ones of U, then those of V, each row by row. A tensor may hold two pictures, whose
//! blocks take turns.
//!
//! Everything goes by one row of blocks at a time, whose lines and values stay in the first cache.

use super::lines::{Lines, Luts};
use super::restore::{Correction, Desk};
use super::weave::{self, Place};
use crate::frame::{Frame, FrameMut};

/// What is where in a tensor of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Blocks per row.
    pub(crate) width: usize,
    /// Pixels of luma per side of a block: 4 or 8.
    pub(crate) side: usize,
    /// Pictures in the tensor.
    pub(crate) pictures: usize,
}

impl Grid {
    /// Values from one block of the tensor to the next.
    pub(crate) fn pitch(self) -> usize {
        self.pictures * values(self.side)
    }

    /// Values of a row of blocks.
    pub(crate) fn row(self) -> usize {
        self.width * self.pitch()
    }

    /// Whether the picture restored last is in the tensor.
    pub(crate) fn remembers(self) -> bool {
        self.pictures > 1
    }

    /// The frame in the tensor.
    fn first(self) -> Place {
        Place {
            pitch: self.pitch(),
            offset: 0,
        }
    }

    /// The picture restored last in the tensor.
    fn last(self) -> Place {
        Place {
            pitch: self.pitch(),
            offset: self.pitch() - values(self.side),
        }
    }

    /// The residual in the answer, which has one value more where there is a past.
    fn residual(self) -> Place {
        Place {
            pitch: values(self.side) + usize::from(self.remembers()),
            offset: 0,
        }
    }
}

/// Values of a block with `side` x `side` pixels of luma, in one picture.
pub(crate) const fn values(side: usize) -> usize {
    side * side * 3 / 2
}

/// Copies `frame` to the first picture of `tensor`, and repeats its last column and row over the rest, so that the
/// network sees no border that the picture does not have.
pub(crate) fn pack(
    frame: &Frame<'_>,
    luts: Luts<'_>,
    tensor: &mut [u8],
    grid: Grid,
    lines: &mut Lines,
) {
    let mut rows = lines.start(frame, grid);
    for blocks in tensor.chunks_exact_mut(grid.row()) {
        lines.read(&mut rows, luts);
        weave::weave(lines, blocks, grid.first());
    }
}

/// Sets the last picture of `tensor` to one colour.
pub(crate) fn fill(tensor: &mut [u8], [y, uv]: [u8; 2], grid: Grid) {
    let values = values(grid.side);
    for block in tensor.chunks_exact_mut(grid.pitch()) {
        let (luma, chroma) = block[grid.pitch() - values..].split_at_mut(values * 2 / 3);
        luma.fill(y);
        chroma.fill(uv);
    }
}

/// Restores the first picture of `tensor` as `answer` says, into `frame`, without the padding. Where the tensor holds the
/// picture restored last, the new one replaces it.
///
/// One pass: a row of blocks is read, restored, and written while it is in the first cache.
pub(crate) fn restore(
    (tensor, answer): (&mut [u8], &[u8]),
    frame: &mut FrameMut<'_>,
    luts: Luts<'_>,
    grid: Grid,
    correction: Correction,
    desk: &mut Desk,
) {
    let mut rows = desk.restored.start_mut(frame, grid);
    desk.lay_out(grid);
    let rows_of_answer = answer.chunks_exact(grid.width * grid.residual().pitch);
    for (blocks, answer) in tensor.chunks_exact_mut(grid.row()).zip(rows_of_answer) {
        weave::unweave(blocks, &mut desk.frame, grid.first());
        weave::unweave(answer, &mut desk.residual, grid.residual());
        if grid.remembers() {
            weave::unweave(blocks, &mut desk.restored, grid.last());
            desk.share_out(answer, grid.residual().pitch, correction);
        }
        desk.restore(correction);
        if grid.remembers() {
            weave::weave(&desk.restored, blocks, grid.last());
        }
        desk.restored.write(&mut rows, luts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::OwnedFrame;
    use crate::pixel::{Colorimetry, PixelFormat};
    use proptest::prelude::*;

    const NO_LUTS: Luts<'_> = Luts {
        luma: None,
        chroma: None,
    };

    /// What a network says that has nothing to say.
    const NOTHING: Correction = Correction {
        gain: 1.0,
        low: 0.0,
        step: 1.0,
        dead_zone: 0.0,
        keep: 1.0,
        keep_limit: 255.0,
    };

    fn noise(format: PixelFormat, (width, height): (usize, usize), seed: u32) -> OwnedFrame {
        let mut frame = OwnedFrame::zeroed(format, width, height, Colorimetry::default()).unwrap();
        for index in 0..format.n_planes() {
            for (i, value) in frame.data_mut(index).iter_mut().enumerate() {
                *value = ((i as u32 ^ seed).wrapping_mul(2_654_435_761) >> 24) as u8;
            }
        }
        frame
    }

    /// The value of `frame` at a place of plane 0 (Y), 1 (U) or 2 (V), or of the nearest one that there is.
    fn value(frame: &OwnedFrame, plane: usize, x: usize, y: usize) -> u8 {
        let (index, step, shift) = match (frame.format(), plane) {
            (PixelFormat::Nv12, 1 | 2) => (1, 2, plane - 1),
            (PixelFormat::Gray8, 1 | 2) => return 128,
            _ => (plane, 1, 0),
        };
        let rows: Vec<_> = frame.rows(index).collect();
        let row = rows[y.min(rows.len() - 1)];
        row[x.min(row.len() / step - 1) * step + shift]
    }

    proptest! {
        #[test]
        fn pixels_go_to_their_blocks_and_back(
            side in prop::sample::select(vec![4_usize, 8]), pictures in 1_usize..3, seed: u32,
            format in prop::sample::select(vec![PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Gray8]),
            width in 1_usize..90, height in 1_usize..60, more in (0_usize..17, 0_usize..17),
        ) {
            let frame = noise(format, (width, height), seed);
            let grid = Grid { width: (width + more.0).div_ceil(side), side, pictures };
            let grid_height = (height + more.1).div_ceil(side);
            let mut tensor = vec![7; grid.row() * grid_height];
            let mut lines = Lines::default();
            pack(&frame.as_frame(), NO_LUTS, &mut tensor, grid, &mut lines);
            for (at, block) in tensor.chunks_exact(grid.pitch()).enumerate() {
                let (bx, by) = (at % grid.width, at / grid.width);
                let mut values = block.iter();
                for (plane, side) in [(0, side), (1, side / 2), (2, side / 2)] {
                    for (y, x) in (0..side).flat_map(|y| (0..side).map(move |x| (y, x))) {
                        let wanted = value(&frame, plane, bx * side + x, by * side + y);
                        prop_assert_eq!(values.next(), Some(&wanted));
                    }
                }
                prop_assert!(values.all(|&other| other == 7), "the other picture is left alone");
            }
            let mut back = noise(format, (width, height), !seed);
            let answer = vec![0; grid.width * grid_height * grid.residual().pitch];
            let tensors = (&mut tensor[..], &answer[..]);
            restore(tensors, &mut back.as_frame_mut(), NO_LUTS, grid, NOTHING, &mut Desk::default());
            if grid.remembers() {
                for block in tensor.chunks_exact(grid.pitch()) {
                    prop_assert_eq!(&block[..values(side)], &block[values(side)..], "it is the past now");
                }
            }
            for index in 0..format.n_planes() {
                prop_assert!(back.rows(index).eq(frame.rows(index)));
            }
        }
    }

    #[test]
    fn filling_the_last_picture_leaves_the_first() {
        let grid = Grid {
            width: 3,
            side: 4,
            pictures: 2,
        };
        let mut tensor = vec![7; grid.row() * 2];
        fill(&mut tensor, [16, 128], grid);
        for block in tensor.chunks_exact(48) {
            assert!(block[..24].iter().all(|&value| value == 7));
            assert!(block[24..40].iter().all(|&value| value == 16));
            assert!(block[40..].iter().all(|&value| value == 128));
        }
    }
}

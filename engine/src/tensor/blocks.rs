//! 8-bit planes in and out of blocks.
//!
//! Blocks are pixels unshuffled: one tensor at 1/s of the frame's resolution (s is 4 or 8), whose channels are the
//! s x s pixels of luma, then the (s/2) x (s/2) ones of U, then those of V, that belong to one place. In each plane,
//! channel `r * side + c` holds the pixels at row `r` and column `c` of the plane's blocks.

use super::planes::{Lut, copy, pad_row};
use super::simd::{self, Kernel};

/// A tensor of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Blocks per row.
    pub(crate) width: usize,
    /// Rows of blocks.
    pub(crate) height: usize,
    /// Pixels of luma per side of a block.
    pub(crate) side: usize,
}

impl Grid {
    /// Bytes of luma, with which the tensor starts. Chroma is the rest.
    pub(crate) fn luma_bytes(self) -> usize {
        self.side * self.side * self.width * self.height
    }

    pub(crate) fn luma(self) -> Part {
        Part {
            grid: self,
            side: self.side,
            first_channel: 0,
            interleaved: 1,
        }
    }

    pub(crate) fn u(self) -> Part {
        Part {
            side: self.side / 2,
            first_channel: self.side * self.side,
            ..self.luma()
        }
    }

    pub(crate) fn v(self) -> Part {
        Part {
            first_channel: self.side * self.side * 5 / 4,
            ..self.u()
        }
    }

    /// U and V of NV12, which take turns in a row.
    pub(crate) fn uv(self) -> Part {
        Part {
            interleaved: 2,
            ..self.u()
        }
    }
}

/// The channels that one plane of a frame goes to and comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    grid: Grid,
    /// Pixels per side of a block in this plane.
    side: usize,
    first_channel: usize,
    /// Colours that take turns in a row.
    interleaved: usize,
}

impl Part {
    /// Bytes of a row after which its channels come round again: 2, 4 or 8.
    fn period(self) -> usize {
        self.side * self.interleaved
    }

    fn row_bytes(self) -> usize {
        self.grid.width * self.period()
    }

    fn rows(self) -> usize {
        self.grid.height * self.side
    }

    /// Where in the tensor the bytes of row `y` are that come `place`th in every period.
    fn channel_row(self, y: usize, place: usize) -> std::ops::Range<usize> {
        let colour = place % self.interleaved;
        let (row, column) = (y % self.side, place / self.interleaved);
        let channel = self.first_channel + (colour * self.side + row) * self.side + column;
        let start = (channel * self.grid.height + y / self.side) * self.grid.width;
        start..start + self.grid.width
    }
}

/// Copies a plane's `rows` to their channels of `tensor`, and repeats the last column and row over the rest, so that
/// the network sees no border that the picture does not have. `line` is scratch.
pub(crate) fn pack<'a>(
    rows: impl Iterator<Item = &'a [u8]>,
    tensor: &mut [u8],
    part: Part,
    lut: Lut<'_>,
    line: &mut Vec<u8>,
) {
    line.resize(part.row_bytes(), 0);
    simd::run(Pack {
        rows,
        tensor,
        part,
        lut,
        line,
    });
}

struct Pack<'a, R> {
    rows: R,
    tensor: &'a mut [u8],
    part: Part,
    lut: Lut<'a>,
    line: &'a mut [u8],
}

impl<'r, R: Iterator<Item = &'r [u8]>> Kernel for Pack<'_, R> {
    #[inline(always)]
    fn run(self) {
        let part = self.part;
        let mut filled = 0;
        for row in self.rows {
            pad_row(row, self.line, part.interleaved, self.lut);
            deal(self.line, self.tensor, part, filled);
            filled += 1;
        }
        for y in filled..part.rows() {
            deal(self.line, self.tensor, part, y);
        }
    }
}

/// Deals the bytes of row `y` out to their channels.
#[inline(always)]
fn deal(line: &[u8], tensor: &mut [u8], part: Part, y: usize) {
    for place in 0..part.period() {
        let to = &mut tensor[part.channel_row(y, place)];
        // A shift of the whole period vectorises; an index into it does not.
        let shift = 8 * place;
        match part.period() {
            2 => pick(line, to, |bytes| (u16::from_le_bytes(bytes) >> shift) as u8),
            4 => pick(line, to, |bytes| (u32::from_le_bytes(bytes) >> shift) as u8),
            _ => pick(line, to, |bytes| (u64::from_le_bytes(bytes) >> shift) as u8),
        }
    }
}

#[inline(always)]
fn pick<const PERIOD: usize>(line: &[u8], to: &mut [u8], one_of: impl Fn([u8; PERIOD]) -> u8) {
    for (to, &bytes) in to.iter_mut().zip(line.as_chunks().0) {
        *to = one_of(bytes);
    }
}

/// Copies a plane's channels of `tensor` to its `rows`, without the padding. `line` is scratch.
pub(crate) fn unpack<'a>(
    tensor: &[u8],
    rows: impl Iterator<Item = &'a mut [u8]>,
    part: Part,
    lut: Lut<'_>,
    line: &mut Vec<u8>,
) {
    line.resize(part.row_bytes(), 0);
    simd::run(Unpack {
        tensor,
        rows,
        part,
        lut,
        line,
    });
}

struct Unpack<'a, R> {
    tensor: &'a [u8],
    rows: R,
    part: Part,
    lut: Lut<'a>,
    line: &'a mut [u8],
}

impl<'r, R: Iterator<Item = &'r mut [u8]>> Kernel for Unpack<'_, R> {
    #[inline(always)]
    fn run(self) {
        for (y, row) in self.rows.enumerate() {
            match self.part.period() {
                2 => collect::<2>(self.tensor, self.line, self.part, y),
                4 => collect::<4>(self.tensor, self.line, self.part, y),
                _ => collect::<8>(self.tensor, self.line, self.part, y),
            }
            copy(&self.line[..row.len()], row, self.lut);
        }
    }
}

/// Collects row `y` from its channels.
#[inline(always)]
fn collect<const PERIOD: usize>(tensor: &[u8], line: &mut [u8], part: Part, y: usize) {
    let channels: [&[u8]; PERIOD] =
        std::array::from_fn(|place| &tensor[part.channel_row(y, place)]);
    for (x, bytes) in line.as_chunks_mut().0.iter_mut().enumerate() {
        *bytes = channels.map(|channel| channel[x]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn noise(bytes: usize, seed: u32) -> Vec<u8> {
        (0..bytes as u32)
            .map(|i| ((i ^ seed).wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect()
    }

    proptest! {
        #[test]
        fn pixels_go_to_their_channels_and_back(
            side in prop::sample::select(vec![4_usize, 8]), part in 0..4, width in 1_usize..90, height in 1_usize..30,
            more_width in 0_usize..17, more_height in 0_usize..17, stride in 0_usize..5, seed: u32,
        ) {
            // In pairs for the plane where two colours take turns.
            let (units, colours) = (width, if part == 3 { 2 } else { 1 });
            let of_plane = if part == 0 { side } else { side / 2 };
            let grid = Grid {
                width: (width + more_width).div_ceil(of_plane),
                height: (height + more_height).div_ceil(of_plane),
                side,
            };
            let (part, first) = match part {
                0 => (grid.luma(), 0),
                1 => (grid.u(), side * side),
                2 => (grid.v(), side * side * 5 / 4),
                _ => (grid.uv(), side * side),
            };
            let stride = width * colours + stride;
            let picture = noise(stride * height, seed);
            let mut tensor = vec![0; grid.luma_bytes() * 3 / 2];
            let rows = picture.chunks(stride).map(|row| &row[..width * colours]);
            pack(rows, &mut tensor, part, None, &mut Vec::new());
            for colour in 0..colours {
                for y in 0..grid.height * of_plane {
                    for x in 0..grid.width * of_plane {
                        let channel = first + colour * of_plane * of_plane + y % of_plane * of_plane + x % of_plane;
                        let got = tensor[(channel * grid.height + y / of_plane) * grid.width + x / of_plane];
                        let (x, y) = (x.min(units - 1), y.min(height - 1));
                        prop_assert_eq!(got, picture[y * stride + x * colours + colour]);
                    }
                }
            }
            let mut back = picture.clone();
            back.chunks_mut(stride).for_each(|row| row[..width * colours].fill(0));
            let rows = back.chunks_mut(stride).map(|row| &mut row[..width * colours]);
            unpack(&tensor, rows, part, None, &mut Vec::new());
            prop_assert_eq!(back, picture);
        }
    }
}

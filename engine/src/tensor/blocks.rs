//! 8-bit planes in and out of blocks.
//!
//! Blocks are a frame at 1/s of its resolution (s is 4 or 8): the s x s pixels of luma that belong to one place lie side
//! by side, then the (s/2) x (s/2) ones of U, then those of V, each row by row. A tensor may hold two pictures, whose
//! blocks take turns.

use super::planes::{Lut, copy, pad_row};
use super::simd::{self, Kernel};

/// One picture in a tensor of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Blocks per row.
    pub(crate) width: usize,
    /// Rows of blocks.
    pub(crate) height: usize,
    /// Pixels of luma per side of a block.
    pub(crate) side: usize,
    /// Pictures in the tensor, and which of them this is.
    pub(crate) pictures: usize,
    pub(crate) picture: usize,
}

impl Grid {
    /// Values of one block of one picture: 24 or 96.
    pub(crate) fn values(self) -> usize {
        values(self.side)
    }

    pub(crate) fn luma(self) -> Part {
        Part {
            grid: self,
            side: self.side,
            first: self.picture * self.values(),
            interleaved: 1,
        }
    }

    pub(crate) fn u(self) -> Part {
        Part {
            side: self.side / 2,
            first: self.luma().first + self.side * self.side,
            ..self.luma()
        }
    }

    pub(crate) fn v(self) -> Part {
        Part {
            first: self.u().first + self.side * self.side / 4,
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

    /// From one block of the tensor to the next.
    fn pitch(self) -> usize {
        self.pictures * self.values()
    }
}

/// Values of a block with `side` x `side` pixels of luma.
pub(crate) const fn values(side: usize) -> usize {
    side * side * 3 / 2
}

/// The values of blocks that one plane of a frame goes to and comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    grid: Grid,
    /// Pixels per side of a block in this plane.
    side: usize,
    /// Place of the plane's first value in a block.
    first: usize,
    /// Colours that take turns in a row.
    interleaved: usize,
}

impl Part {
    /// Bytes of a row that belong to one block: 2, 4 or 8.
    fn period(self) -> usize {
        self.side * self.interleaved
    }

    fn row_bytes(self) -> usize {
        self.grid.width * self.period()
    }

    fn rows(self) -> usize {
        self.grid.height * self.side
    }

    /// Where in the tensor the first pixel of row `y` is, and how far after the row's last one ends.
    fn row(self, y: usize) -> std::ops::Range<usize> {
        let pitch = self.grid.pitch();
        let start = y / self.side * self.grid.width * pitch;
        start + self.first + y % self.side * self.side..start + self.grid.width * pitch
    }
}

/// Copies a plane's `rows` to their places in `tensor`, and repeats the last column and row over the rest, so that
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

/// Sets a whole plane to `value`. `line` is scratch.
pub(crate) fn fill(tensor: &mut [u8], part: Part, value: u8, line: &mut Vec<u8>) {
    line.clear();
    line.resize(part.row_bytes(), value);
    for y in 0..part.rows() {
        deal(line, tensor, part, y);
    }
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

/// Deals the bytes of row `y` out to their blocks.
#[inline(always)]
fn deal(line: &[u8], tensor: &mut [u8], part: Part, y: usize) {
    let to = &mut tensor[part.row(y)];
    let pitch = part.grid.pitch();
    match (part.side, part.interleaved) {
        (2, 1) => put::<2>(line, to, pitch),
        (4, 1) => put::<4>(line, to, pitch),
        (_, 1) => put::<8>(line, to, pitch),
        (2, _) => put_pairs::<2, 4>(line, to, pitch),
        _ => put_pairs::<4, 8>(line, to, pitch),
    }
}

#[inline(always)]
fn put<const SIDE: usize>(line: &[u8], to: &mut [u8], pitch: usize) {
    for (block, pixels) in to.chunks_mut(pitch).zip(line.as_chunks::<SIDE>().0) {
        if let Some(block) = block.first_chunk_mut() {
            *block = *pixels;
        }
    }
}

#[inline(always)]
fn put_pairs<const SIDE: usize, const PERIOD: usize>(line: &[u8], to: &mut [u8], pitch: usize) {
    for (block, pairs) in to.chunks_mut(pitch).zip(line.as_chunks::<PERIOD>().0) {
        let (u, v) = block.split_at_mut(SIDE * SIDE);
        if let (Some(u), Some(v)) = (u.first_chunk_mut::<SIDE>(), v.first_chunk_mut::<SIDE>()) {
            *u = std::array::from_fn(|i| pairs[2 * i]);
            *v = std::array::from_fn(|i| pairs[2 * i + 1]);
        }
    }
}

/// Copies a plane's values in `tensor` to its `rows`, without the padding. `line` is scratch.
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
            collect(self.tensor, self.line, self.part, y);
            copy(&self.line[..row.len()], row, self.lut);
        }
    }
}

/// Collects row `y` from its blocks.
#[inline(always)]
fn collect(tensor: &[u8], line: &mut [u8], part: Part, y: usize) {
    let from = &tensor[part.row(y)];
    let pitch = part.grid.pitch();
    match (part.side, part.interleaved) {
        (2, 1) => take::<2>(from, line, pitch),
        (4, 1) => take::<4>(from, line, pitch),
        (_, 1) => take::<8>(from, line, pitch),
        (2, _) => take_pairs::<2, 4>(from, line, pitch),
        _ => take_pairs::<4, 8>(from, line, pitch),
    }
}

#[inline(always)]
fn take<const SIDE: usize>(from: &[u8], line: &mut [u8], pitch: usize) {
    for (block, pixels) in from.chunks(pitch).zip(line.as_chunks_mut::<SIDE>().0) {
        if let Some(block) = block.first_chunk() {
            *pixels = *block;
        }
    }
}

#[inline(always)]
fn take_pairs<const SIDE: usize, const PERIOD: usize>(from: &[u8], line: &mut [u8], pitch: usize) {
    for (block, pairs) in from.chunks(pitch).zip(line.as_chunks_mut::<PERIOD>().0) {
        let (u, v) = block.split_at(SIDE * SIDE);
        if let (Some(u), Some(v)) = (u.first_chunk::<SIDE>(), v.first_chunk::<SIDE>()) {
            *pairs = std::array::from_fn(|i| if i % 2 == 0 { u[i / 2] } else { v[i / 2] });
        }
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
        fn pixels_go_to_their_blocks_and_back(
            side in prop::sample::select(vec![4_usize, 8]), part in 0..4, width in 1_usize..90, height in 1_usize..30,
            more_width in 0_usize..17, more_height in 0_usize..17, stride in 0_usize..5, seed: u32,
            pictures in 1_usize..3,
        ) {
            // In pairs for the plane where two colours take turns.
            let (units, colours) = (width, if part == 3 { 2 } else { 1 });
            let of_plane = if part == 0 { side } else { side / 2 };
            let grid = Grid {
                width: (width + more_width).div_ceil(of_plane),
                height: (height + more_height).div_ceil(of_plane),
                side,
                pictures,
                picture: pictures - 1,
            };
            let first = (pictures - 1) * values(side);
            let (part, first) = match part {
                0 => (grid.luma(), first),
                1 => (grid.u(), first + side * side),
                2 => (grid.v(), first + side * side * 5 / 4),
                _ => (grid.uv(), first + side * side),
            };
            let stride = width * colours + stride;
            let picture = noise(stride * height, seed);
            let pitch = pictures * values(side);
            let mut tensor = vec![0; grid.width * grid.height * pitch];
            let rows = picture.chunks(stride).map(|row| &row[..width * colours]);
            pack(rows, &mut tensor, part, None, &mut Vec::new());
            for colour in 0..colours {
                for y in 0..grid.height * of_plane {
                    for x in 0..grid.width * of_plane {
                        let place = first + colour * of_plane * of_plane + y % of_plane * of_plane + x % of_plane;
                        let got = tensor[(y / of_plane * grid.width + x / of_plane) * pitch + place];
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

    #[test]
    fn filling_a_plane_leaves_the_others() {
        let grid = Grid {
            width: 3,
            height: 2,
            side: 4,
            pictures: 2,
            picture: 1,
        };
        let mut tensor = vec![7; 3 * 2 * 48];
        fill(&mut tensor, grid.u(), 128, &mut Vec::new());
        for block in tensor.chunks_exact(48) {
            assert!(
                block[..40]
                    .iter()
                    .chain(&block[44..])
                    .all(|&value| value == 7)
            );
            assert_eq!(block[40..44], [128; 4]);
        }
    }
}

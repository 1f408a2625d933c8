//! The lines of a frame that one row of blocks is made of, padded: between a frame's rows and blocks.

use super::blocks::Grid;
use super::planes::{Lut, copy, pad_row};
use super::simd::{self, Kernel};
use crate::frame::{Frame, FrameMut};
use crate::pixel::{NEUTRAL_CHROMA, PixelFormat};

/// What to map luma and chroma by while they are copied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Luts<'a> {
    pub(crate) luma: Lut<'a>,
    pub(crate) chroma: Lut<'a>,
}

/// Scratch for one row of blocks: `side` lines of luma, half as many of U and of V, each a whole number of blocks long.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    side: usize,
    /// Blocks per line.
    width: usize,
    planes: [Vec<u8>; 3],
    /// One line of NV12's U and V, which take turns.
    pairs: Vec<u8>,
}

/// What is left of a frame's rows.
pub(crate) enum Rows<Plane> {
    Planar([Plane; 3]),
    Pairs([Plane; 2]),
    Grey(Plane),
}

impl Lines {
    pub(crate) fn side(&self) -> usize {
        self.side
    }

    /// The lines of luma, by block.
    #[inline(always)]
    pub(crate) fn luma<const SIDE: usize>(&self) -> [&[[u8; SIDE]]; SIDE] {
        by_block(&self.planes[0], self.width)
    }

    /// The lines of U and V, by block.
    #[inline(always)]
    pub(crate) fn chroma<const HALF: usize>(&self) -> [[&[[u8; HALF]]; HALF]; 2] {
        let [_, u, v] = &self.planes;
        [by_block(u, self.width), by_block(v, self.width)]
    }

    /// All lines, by block, to write.
    #[inline(always)]
    #[allow(clippy::type_complexity)] // Slices of lines of blocks: a name for each would say less.
    pub(crate) fn all_mut<const SIDE: usize, const HALF: usize>(
        &mut self,
    ) -> ([&mut [[u8; SIDE]]; SIDE], [[&mut [[u8; HALF]]; HALF]; 2]) {
        let [y, u, v] = &mut self.planes;
        let width = self.width;
        (
            by_block_mut(y, width),
            [by_block_mut(u, width), by_block_mut(v, width)],
        )
    }

    /// Before the first row of blocks of a frame that is read.
    pub(crate) fn start<'a, 'b>(
        &mut self,
        frame: &'a Frame<'b>,
        grid: Grid,
    ) -> Rows<impl Iterator<Item = &'a [u8]> + use<'a, 'b>> {
        self.fit(grid);
        match frame.format() {
            PixelFormat::I420 => Rows::Planar([0, 1, 2].map(|plane| frame.rows(plane))),
            PixelFormat::Nv12 => Rows::Pairs([0, 1].map(|plane| frame.rows(plane))),
            _ => Rows::Grey(frame.rows(0)),
        }
    }

    /// Before the first row of blocks of a frame that is written.
    pub(crate) fn start_mut<'a, 'b>(
        &mut self,
        frame: &'a mut FrameMut<'b>,
        grid: Grid,
    ) -> Rows<impl Iterator<Item = &'a mut [u8]> + use<'a, 'b>> {
        self.fit(grid);
        let format = frame.format();
        let [y, u, v] = frame.rows_of_all_mut();
        match format {
            PixelFormat::I420 => Rows::Planar([y, u, v]),
            PixelFormat::Nv12 => Rows::Pairs([y, u]),
            _ => Rows::Grey(y),
        }
    }

    /// Makes room for a row of blocks. Without colour until chroma is read.
    pub(super) fn fit(&mut self, grid: Grid) {
        (self.side, self.width) = (grid.side, grid.width);
        let luma = grid.side * grid.side * grid.width;
        self.planes[0].resize(luma, 0);
        for chroma in &mut self.planes[1..] {
            chroma.resize(luma / 4, 0);
            chroma.fill(NEUTRAL_CHROMA);
        }
        self.pairs.resize(grid.side * grid.width, 0);
    }

    /// Reads the next lines. The last row is repeated where there are no more.
    pub(crate) fn read<'a>(
        &mut self,
        rows: &mut Rows<impl Iterator<Item = &'a [u8]>>,
        luts: Luts<'_>,
    ) {
        match rows {
            Rows::Planar([y, u, v]) => {
                self.read_plane(0, y, luts.luma);
                self.read_plane(1, u, luts.chroma);
                self.read_plane(2, v, luts.chroma);
            }
            Rows::Pairs([y, uv]) => {
                self.read_plane(0, y, luts.luma);
                self.read_pairs(uv, luts.chroma);
            }
            Rows::Grey(y) => self.read_plane(0, y, luts.luma),
        }
    }

    fn read_plane<'a>(
        &mut self,
        index: usize,
        rows: &mut impl Iterator<Item = &'a [u8]>,
        lut: Lut<'_>,
    ) {
        let (lines, length) = self.size(index);
        let plane = &mut self.planes[index];
        for line in 0..lines {
            match rows.next() {
                Some(row) => pad_row(row, &mut plane[line * length..][..length], 1, lut),
                None => repeat_last(plane, line, length),
            }
        }
    }

    fn read_pairs<'a>(&mut self, rows: &mut impl Iterator<Item = &'a [u8]>, lut: Lut<'_>) {
        let (lines, length) = self.size(1);
        let [_, u, v] = &mut self.planes;
        for line in 0..lines {
            if let Some(row) = rows.next() {
                pad_row(row, &mut self.pairs, 2, lut);
                simd::run(Part {
                    pairs: &self.pairs,
                    u: &mut u[line * length..][..length],
                    v: &mut v[line * length..][..length],
                });
            } else {
                repeat_last(u, line, length);
                repeat_last(v, line, length);
            }
        }
    }

    /// Writes the lines to the next rows, as far as there are any.
    pub(crate) fn write<'a>(
        &mut self,
        rows: &mut Rows<impl Iterator<Item = &'a mut [u8]>>,
        luts: Luts<'_>,
    ) {
        match rows {
            Rows::Planar([y, u, v]) => {
                self.write_plane(0, y, luts.luma);
                self.write_plane(1, u, luts.chroma);
                self.write_plane(2, v, luts.chroma);
            }
            Rows::Pairs([y, uv]) => {
                self.write_plane(0, y, luts.luma);
                self.write_pairs(uv, luts.chroma);
            }
            Rows::Grey(y) => self.write_plane(0, y, luts.luma),
        }
    }

    fn write_plane<'a>(
        &self,
        index: usize,
        rows: &mut impl Iterator<Item = &'a mut [u8]>,
        lut: Lut<'_>,
    ) {
        let (_, length) = self.size(index);
        for (line, row) in self.planes[index].chunks_exact(length).zip(rows) {
            copy(&line[..row.len()], row, lut);
        }
    }

    fn write_pairs<'a>(&mut self, rows: &mut impl Iterator<Item = &'a mut [u8]>, lut: Lut<'_>) {
        let (_, length) = self.size(1);
        let [_, u, v] = &self.planes;
        let lines = u.chunks_exact(length).zip(v.chunks_exact(length));
        for ((u, v), row) in lines.zip(rows) {
            simd::run(Pair {
                u,
                v,
                pairs: &mut self.pairs,
            });
            copy(&self.pairs[..row.len()], row, lut);
        }
    }

    /// The lines of plane `index` one after the other.
    pub(super) fn plane(&self, index: usize) -> &[u8] {
        &self.planes[index]
    }

    pub(super) fn plane_mut(&mut self, index: usize) -> &mut [u8] {
        &mut self.planes[index]
    }

    /// Lines of a plane, and bytes in each.
    pub(super) fn size(&self, index: usize) -> (usize, usize) {
        let side = if index == 0 { self.side } else { self.side / 2 };
        (side, side * self.width)
    }
}

/// The line before `line`, which for the first one is what the last row of blocks ended with.
fn repeat_last(plane: &mut [u8], line: usize, length: usize) {
    let lines = plane.len() / length;
    let last = (line + lines - 1) % lines * length;
    plane.copy_within(last..last + length, line * length);
}

#[inline(always)]
fn by_block<const SIDE: usize>(plane: &[u8], width: usize) -> [&[[u8; SIDE]]; SIDE] {
    std::array::from_fn(|line| &plane[line * SIDE * width..][..SIDE * width].as_chunks().0[..width])
}

#[inline(always)]
fn by_block_mut<const SIDE: usize>(plane: &mut [u8], width: usize) -> [&mut [[u8; SIDE]]; SIDE] {
    let mut lines = plane.chunks_exact_mut(SIDE * width);
    std::array::from_fn(|_| {
        let line = lines.next().unwrap_or_default();
        line.as_chunks_mut().0
    })
}

/// Takes U and V apart.
struct Part<'a> {
    pairs: &'a [u8],
    u: &'a mut [u8],
    v: &'a mut [u8],
}

impl Kernel for Part<'_> {
    #[inline(always)]
    fn run(self) {
        let pairs = self.pairs.as_chunks().0;
        for (&[u, v], (to_u, to_v)) in pairs.iter().zip(self.u.iter_mut().zip(self.v)) {
            (*to_u, *to_v) = (u, v);
        }
    }
}

/// Puts U and V together.
struct Pair<'a> {
    u: &'a [u8],
    v: &'a [u8],
    pairs: &'a mut [u8],
}

impl Kernel for Pair<'_> {
    #[inline(always)]
    fn run(self) {
        let pairs = self.pairs.as_chunks_mut().0;
        for (pair, (&u, &v)) in pairs.iter_mut().zip(self.u.iter().zip(self.v)) {
            *pair = [u, v];
        }
    }
}

//! Where a frame's luma is looked at: a grid so sparse that at 1080p only 16,384 pixels are touched.

/// Samples per side of the grid.
pub(crate) const SIDE: usize = 128;

/// Luma of a frame at 128 × 128 places, row by row: what is seen of a frame that lies in a GPU's memory.
#[derive(Clone, Copy, Debug)]
pub struct LumaSamples<'a>(&'a [u8; SIDE * SIDE]);

impl<'a> LumaSamples<'a> {
    /// `None` if there are not as many as there are places.
    pub(crate) fn new(samples: &'a [u8]) -> Option<Self> {
        samples.try_into().ok().map(Self)
    }

    pub(super) fn at(&self, row: usize, column: usize) -> u8 {
        self.0[row * SIDE + column]
    }
}

/// The rows, or columns, of `pixels` that are looked at.
pub(crate) fn places(pixels: usize) -> impl ExactSizeIterator<Item = usize> {
    (0..SIDE).map(move |sample| place(sample, pixels))
}

/// The row, or column, of `pixels` that sample `sample` is.
pub(super) fn place(sample: usize, pixels: usize) -> usize {
    sample * pixels / SIDE
}

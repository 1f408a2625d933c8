//! Frames cut across: bands of rows that different threads work on.

use std::ops::Deref;

use super::{Image, Plane};

/// Bytes that are borrowed and can be cut in two.
pub(crate) trait Cut: Deref<Target = [u8]> + Default {
    /// The first `at` bytes and the rest; all and nothing where there are not as many.
    fn cut(self, at: usize) -> (Self, Self);
}

impl Cut for &[u8] {
    fn cut(self, at: usize) -> (Self, Self) {
        self.split_at(at.min(self.len()))
    }
}

impl Cut for &mut [u8] {
    fn cut(self, at: usize) -> (Self, Self) {
        let at = at.min(self.len());
        self.split_at_mut(at)
    }
}

impl<D> Image<D> {
    /// Takes the first `rows` rows off, an even number (chroma has half as many); all of them if there are no more.
    pub(crate) fn take_rows(&mut self, rows: usize) -> Self
    where
        D: Cut,
    {
        let rows = rows.min(self.height);
        let mut index = 0;
        let planes = self.planes.each_mut().map(|plane| {
            let is_there = index < self.format.n_planes();
            let rows = match is_there {
                true => self.format.plane_size(index, self.width, rows).1,
                false => 0,
            };
            index += 1;
            let (data, rest) = std::mem::take(&mut plane.data).cut(rows * plane.stride);
            plane.data = rest;
            Plane {
                data,
                stride: plane.stride,
            }
        });
        self.height -= rows;
        Self {
            height: rows,
            planes,
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::frame::OwnedFrame;
    use crate::pixel::{Colorimetry, PixelFormat};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bands_are_the_frame_row_by_row(
            format in prop::sample::select(PixelFormat::ALL.to_vec()),
            width in 1_usize..20, height in 1_usize..20, half in 1_usize..12,
        ) {
            let mut whole = OwnedFrame::zeroed(format, width, height, Colorimetry::default()).unwrap();
            for plane in 0..format.n_planes() {
                whole.data_mut(plane).iter_mut().enumerate().for_each(|(i, value)| *value = i as u8);
            }
            let mut copy = whole.clone();
            let (mut rest, mut rest_of_copy) = (whole.as_frame(), copy.as_frame_mut());
            let mut seen = vec![Vec::new(); format.n_planes()];
            let mut heights = 0;
            while rest.height() > 0 {
                let (band, band_of_copy) = (rest.take_rows(2 * half), rest_of_copy.take_rows(2 * half));
                prop_assert_eq!((band.width(), band.height()), (band_of_copy.width(), band_of_copy.height()));
                heights += band.height();
                for (plane, seen) in seen.iter_mut().enumerate() {
                    seen.extend(band.rows(plane).map(<[u8]>::to_vec));
                    prop_assert!(band.rows(plane).eq(band_of_copy.rows(plane)));
                }
            }
            prop_assert_eq!(heights, height);
            for (plane, seen) in seen.iter().enumerate() {
                prop_assert!(whole.rows(plane).eq(seen.iter().map(Vec::as_slice)));
            }
        }
    }
}

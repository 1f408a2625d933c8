//! Packed RGB pictures in and out of float tensors, channels first or last.

/// Where a picture lies in a float tensor, and what black and white are there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Layout {
    /// Tensor columns.
    pub(crate) width: usize,
    /// Tensor rows.
    pub(crate) height: usize,
    /// [1,H,W,3] rather than [1,3,H,W].
    pub(crate) channels_last: bool,
    /// Float values of 0 and 255.
    pub(crate) value_range: (f32, f32),
}

impl Layout {
    /// Offset of a pixel's red, and the distance to its green and blue.
    fn index(&self, x: usize, y: usize) -> (usize, usize) {
        let pixel = y * self.width + x;
        if self.channels_last {
            (pixel * 3, 1)
        } else {
            (pixel, self.width * self.height)
        }
    }
}

/// Fills `tensor` with the RGB picture of `width` × `height` pixels at `rgb` (rows packed) and repeats its
/// last column and row over the rest.
pub(crate) fn load(rgb: &[u8], width: usize, height: usize, tensor: &mut [f32], layout: Layout) {
    let (black, white) = layout.value_range;
    let table: [f32; 256] =
        std::array::from_fn(|code| black + code as f32 / 255.0 * (white - black));
    for y in 0..layout.height {
        let row = &rgb[y.min(height - 1) * width * 3..][..width * 3];
        for x in 0..layout.width {
            let from = x.min(width - 1) * 3;
            let (to, step) = layout.index(x, y);
            for channel in 0..3 {
                tensor[to + channel * step] = table[usize::from(row[from + channel])];
            }
        }
    }
}

/// Rounds and clips the top left of `tensor` to the RGB picture at `rgb`. Returns how many values were not finite
/// (they become black).
pub(crate) fn store(tensor: &[f32], layout: Layout, rgb: &mut [u8], width: usize) -> usize {
    let (black, white) = layout.value_range;
    let scale = 255.0 / (white - black);
    let mut not_finite = 0;
    for (y, row) in rgb.chunks_exact_mut(width * 3).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
            let (from, step) = layout.index(x, y);
            for (channel, code) in pixel.iter_mut().enumerate() {
                let value = tensor[from + channel * step];
                not_finite += usize::from(!value.is_finite());
                *code = ((value - black) * scale + 0.5) as u8;
            }
        }
    }
    not_finite
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn storing_undoes_loading(
            width in 1_usize..20, height in 1_usize..12, more in 0_usize..9,
            channels_last: bool, signed: bool, seed in any::<u8>(),
        ) {
            let rgb: Vec<u8> = (0..width * height * 3).map(|i| (i as u8).wrapping_mul(37).wrapping_add(seed)).collect();
            let value_range = if signed { (-1.0, 1.0) } else { (0.0, 1.0) };
            let layout = Layout { width: width + more, height: height + more, channels_last, value_range };
            let mut tensor = vec![f32::NAN; layout.width * layout.height * 3];
            load(&rgb, width, height, &mut tensor, layout);
            let mut back = vec![0; rgb.len()];
            prop_assert_eq!(store(&tensor, layout, &mut back, width), 0);
            prop_assert_eq!(back, rgb);
        }
    }

    #[test]
    fn values_outside_the_range_clip_and_nan_is_counted() {
        let layout = Layout {
            width: 1,
            height: 1,
            channels_last: true,
            value_range: (0.0, 1.0),
        };
        let mut rgb = [7; 3];
        assert_eq!(store(&[-3.0, 9.0, f32::NAN], layout, &mut rgb, 1), 1);
        assert_eq!(rgb, [0, 255, 0]);
    }
}

//! Random numbers by position: each draw is a function of (seed, frame, row, column) alone.
//!
//! No generator state means the same noise whatever the order of the work, the number of threads
//! or the stride of the plane.

const ENTRIES: usize = 4096;
const INDEX_BITS: u32 = 12;
/// The increment of splitmix64 (2⁶⁴ divided by the golden ratio).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// Column of the row-noise draw: no picture is this wide.
const ROW_COLUMN: usize = 1 << 40;

/// Standard normal numbers from a table of quantiles, exact in mean and variance; |z| ≤ 3.7.
pub(super) struct Gauss {
    table: Box<[f32; ENTRIES]>,
}

impl Default for Gauss {
    fn default() -> Self {
        let quantile = |i: usize| inverse_normal_cdf((i as f64 + 0.5) / ENTRIES as f64);
        let exact: [f64; ENTRIES] = std::array::from_fn(quantile);
        let variance = exact.iter().map(|z| z * z).sum::<f64>() / ENTRIES as f64;
        let scale = variance.sqrt().recip();
        Self {
            table: Box::new(exact.map(|z| (z * scale) as f32)),
        }
    }
}

impl Gauss {
    /// Fills up to three channels of one row with independent standard normal numbers.
    pub(super) fn fill(
        &self,
        key: RowKey,
        channels: &mut [Vec<f32>; 3],
        count: usize,
        width: usize,
    ) {
        let [first, second, third] = channels;
        if count == 1 {
            for (column, z) in first[..width].iter_mut().enumerate() {
                *z = self.at(key.draw(column), 0);
            }
            return;
        }
        let columns = first[..width]
            .iter_mut()
            .zip(&mut second[..width])
            .zip(&mut third[..width]);
        for (column, ((r, g), b)) in columns.enumerate() {
            let bits = key.draw(column);
            *r = self.at(bits, 0);
            *g = self.at(bits, 1);
            *b = self.at(bits, 2);
        }
    }

    /// The standard normal number of a whole row.
    pub(super) fn row(&self, key: RowKey) -> f32 {
        self.at(key.draw(ROW_COLUMN), 0)
    }

    fn at(&self, bits: u64, channel: u32) -> f32 {
        self.table[(bits >> (INDEX_BITS * channel)) as usize & (ENTRIES - 1)]
    }
}

/// What all draws of one row of one frame have in common.
#[derive(Clone, Copy)]
pub(super) struct RowKey(u64);

impl RowKey {
    /// Key of row `row` of output frame `frame` under `seed`.
    pub(super) fn new(seed: u64, frame: u64, row: usize) -> Self {
        let frame_key = mix(mix(seed.wrapping_add(GOLDEN)) ^ frame);
        Self(mix(frame_key ^ (row as u64).wrapping_mul(GOLDEN)))
    }

    fn draw(self, column: usize) -> u64 {
        mix(self
            .0
            .wrapping_add((column as u64).wrapping_add(1).wrapping_mul(GOLDEN)))
    }
}

/// The finaliser of splitmix64.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Quantile of the standard normal distribution for 0 < `p` < 1 (P. J. Acklam's rational
/// approximation, relative error below 1.2e-9).
fn inverse_normal_cdf(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.38357751867269e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 6] = [
        -5.447609879822406e1,
        1.615858368580409e2,
        -1.556989798598866e2,
        6.680131188771972e1,
        -1.328068155288572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 5] = [
        7.784695709041462e-3,
        3.224671290700398e-1,
        2.445134137142996,
        3.754408661907416,
        1.0,
    ];
    const TAIL: f64 = 0.02425;
    let polynomial =
        |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    if p < TAIL {
        let q = (-2.0 * p.ln()).sqrt();
        polynomial(&C, q) / polynomial(&D, q)
    } else if p > 1.0 - TAIL {
        -inverse_normal_cdf(1.0 - p)
    } else {
        let q = p - 0.5;
        q * polynomial(&A, q * q) / polynomial(&B, q * q)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 200_000;

    fn row(seed: u64, frame: u64, row: usize) -> [Vec<f32>; 3] {
        let mut channels = std::array::from_fn(|_| vec![0.0; WIDTH]);
        Gauss::default().fill(RowKey::new(seed, frame, row), &mut channels, 3, WIDTH);
        channels
    }

    fn correlation(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>() / a.len() as f32
    }

    #[test]
    fn quantiles_are_the_textbook_ones() {
        for (p, z) in [
            (0.5, 0.0),
            (0.975, 1.959964),
            (0.01, -2.326348),
            (0.8413447, 1.0),
        ] {
            assert!((inverse_normal_cdf(p) - z).abs() < 1e-5, "p {p}");
        }
    }

    #[test]
    fn draws_are_standard_normal() {
        for channel in row(1, 2, 3) {
            let mean = channel.iter().sum::<f32>() / WIDTH as f32;
            assert!(mean.abs() < 0.01, "mean {mean}");
            assert!((correlation(&channel, &channel) - 1.0).abs() < 0.02);
        }
    }

    #[test]
    fn channels_rows_frames_seeds_and_neighbours_are_independent() {
        let base = row(1, 2, 3);
        let others = [row(1, 2, 4), row(1, 3, 3), row(2, 2, 3)];
        assert!(correlation(&base[0], &base[1]).abs() < 0.01);
        assert!(correlation(&base[0], &base[2]).abs() < 0.01);
        assert!(correlation(&base[0][1..], &base[0][..WIDTH - 1]).abs() < 0.01);
        for other in others {
            assert!(correlation(&base[0], &other[0]).abs() < 0.01);
        }
    }

    #[test]
    fn grey_draws_are_the_first_channel_of_colour_draws() {
        let mut grey = std::array::from_fn(|_| vec![0.0; WIDTH]);
        Gauss::default().fill(RowKey::new(1, 2, 3), &mut grey, 1, WIDTH);
        assert_eq!(grey[0], row(1, 2, 3)[0]);
    }
}

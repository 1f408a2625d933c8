//! Full-reference picture measures.

/// Largest code value.
const PEAK: f64 = 255.0;

/// Peak signal-to-noise ratio of two equally long runs of 8-bit code values, in dB; infinite if they are equal.
///
/// The mean squared error runs over all values (all channels of RGB together). Panics if the lengths differ.
#[must_use]
#[track_caller]
pub fn psnr(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len(), "psnr compares pictures of one size");
    let sum: u64 = a
        .iter()
        .zip(b)
        .map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2))
        .sum();
    10.0 * (PEAK * PEAK * a.len() as f64 / sum as f64).log10()
}

/// Structural similarity of two 8-bit luma pictures, mean over all 8×8 windows at a step of 4; 1 if they are equal.
///
/// After Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity",
/// IEEE TIP 13 (2004), with uniform windows and the paper's constants K1 = 0.01, K2 = 0.03. Pictures smaller
/// than a window are one window. Panics if the lengths are not `width` × `height`.
#[must_use]
#[track_caller]
pub fn ssim_luma(a: &[u8], b: &[u8], width: usize, height: usize) -> f64 {
    assert_eq!(
        (a.len(), b.len()),
        (width * height, width * height),
        "ssim compares pictures of one size"
    );
    let (window_width, window_height) = (8.min(width), 8.min(height));
    let (mut sum, mut windows) = (0.0, 0_u32);
    for y in (0..=height - window_height).step_by(4) {
        for x in (0..=width - window_width).step_by(4) {
            let rows =
                (y..y + window_height).map(|row| row * width + x..row * width + x + window_width);
            sum += window_ssim(rows.map(|row| (&a[row.clone()], &b[row])));
            windows += 1;
        }
    }
    sum / f64::from(windows)
}

fn window_ssim<'a>(rows: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> f64 {
    const C1: f64 = (0.01 * PEAK) * (0.01 * PEAK);
    const C2: f64 = (0.03 * PEAK) * (0.03 * PEAK);
    let (mut n, mut sum_a, mut sum_b, mut sum_aa, mut sum_bb, mut sum_ab) =
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (a, b) in rows.flat_map(|(a, b)| a.iter().zip(b)) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        n += 1.0;
        sum_a += a;
        sum_b += b;
        sum_aa += a * a;
        sum_bb += b * b;
        sum_ab += a * b;
    }
    let (mean_a, mean_b) = (sum_a / n, sum_b / n);
    let (var_a, var_b) = (sum_aa / n - mean_a * mean_a, sum_bb / n - mean_b * mean_b);
    let covariance = sum_ab / n - mean_a * mean_b;
    (2.0 * mean_a * mean_b + C1) * (2.0 * covariance + C2)
        / ((mean_a * mean_a + mean_b * mean_b + C1) * (var_a + var_b + C2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn psnr_of_one_code_value_everywhere_is_48_db() {
        assert!((psnr(&[10; 64], &[11; 64]) - 48.130_803_6).abs() < 1e-6);
        assert_eq!(psnr(&[10; 64], &[10; 64]), f64::INFINITY);
    }

    #[test]
    fn ssim_is_one_for_equal_pictures_and_falls_with_structure() {
        let picture: Vec<u8> = (0..32 * 24).map(|i| (i * 7 % 251) as u8).collect();
        let inverted: Vec<u8> = picture.iter().map(|value| 255 - value).collect();
        assert!((ssim_luma(&picture, &picture, 32, 24) - 1.0).abs() < 1e-12);
        assert!(ssim_luma(&picture, &inverted, 32, 24) < 0.0);
    }

    #[test]
    fn ssim_of_flat_pictures_is_the_luminance_term() {
        // (2·100·200 + C1) / (100² + 200² + C1)
        let c1 = 6.502_5;
        let wanted = (40_000.0 + c1) / (50_000.0 + c1);
        assert!((ssim_luma(&[100; 64], &[200; 64], 8, 8) - wanted).abs() < 1e-9);
    }
}

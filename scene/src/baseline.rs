//! The remedy everybody has at hand: one gamma for the whole frame. What a restorer must beat.

/// Mean luma that auto-gamma aims at (0…1), the same as in the training's evaluation.
const TARGET: f32 = 0.45;
/// Exponents tried: 3 darkens a lot, 0.08 turns nearly black into grey.
const EXPONENTS: (f32, f32) = (0.08, 3.0);
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];
/// Levels of the means of 4×4 pixels.
const LEVELS: usize = 4081;

/// Brightens packed RGB by the exponent `g` in `out = in^g` (values 0…1) that brings the mean luma of the frame,
/// taken over means of 4×4 pixels, to 0.45; `g` lies between 0.08 and 3.
///
/// Any noise is brightened with it. A frame smaller than 4×4 pixels, or a buffer shorter than
/// `width * height * 3` bytes, comes back unchanged.
#[must_use]
pub fn auto_gamma(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    if rgb.len() < width * height * 3 || width < 4 || height < 4 {
        return rgb.to_vec();
    }
    let blocks = block_means(rgb, width, height);
    let (mut low, mut high) = EXPONENTS;
    for _ in 0..20 {
        let middle = (low + high) * 0.5;
        if mean_luma(&blocks, middle) > TARGET {
            low = middle;
        } else {
            high = middle;
        }
    }
    let exponent = (low + high) * 0.5;
    let table: Vec<u8> = (0..256u16)
        .map(|v| ((f32::from(v) / 255.0).powf(exponent) * 255.0).round() as u8)
        .collect();
    rgb.iter().map(|&v| table[usize::from(v)]).collect()
}

/// Sums of 4×4 pixels per channel, 0…4080.
fn block_means(rgb: &[u8], width: usize, height: usize) -> Vec<[usize; 3]> {
    let mut blocks = Vec::with_capacity(width * height / 16);
    for by in 0..height / 4 {
        for bx in 0..width / 4 {
            let mut sums = [0usize; 3];
            for y in 0..4 {
                let start = ((by * 4 + y) * width + bx * 4) * 3;
                for (i, &v) in rgb[start..start + 12].iter().enumerate() {
                    sums[i % 3] += usize::from(v);
                }
            }
            blocks.push(sums);
        }
    }
    blocks
}

fn mean_luma(blocks: &[[usize; 3]], exponent: f32) -> f32 {
    let table: Vec<f32> = (0..LEVELS)
        .map(|v| (v as f32 / (LEVELS - 1) as f32).powf(exponent))
        .collect();
    let luma = |b: &[usize; 3]| (0..3).map(|c| LUMA[c] * table[b[c]]).sum::<f32>();
    let sum: f64 = blocks.iter().map(|b| f64::from(luma(b))).sum();
    (sum / blocks.len() as f64) as f32
}

/// The luma plane of packed RGB (BT.601 weights), one byte a pixel.
#[must_use]
pub fn luma(rgb: &[u8]) -> Vec<u8> {
    let weigh = |p: &[u8]| (0..3).map(|c| LUMA[c] * f32::from(p[c])).sum::<f32>();
    rgb.chunks_exact(3)
        .map(|p| weigh(p).round() as u8)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(rgb: &[u8]) -> f64 {
        rgb.iter().map(|&v| f64::from(v)).sum::<f64>() / rgb.len() as f64 / 255.0
    }

    #[test]
    fn dark_and_bright_frames_end_at_the_target_brightness() {
        for scale in [20, 90, 255] {
            let frame: Vec<u8> = (0..64 * 48 * 3)
                .map(|i| ((i / 3 % 64) * scale / 64 + 1).min(255) as u8)
                .collect();
            let mended = auto_gamma(&frame, 64, 48);
            assert!(
                (mean(&mended) - 0.45).abs() < 0.02,
                "{scale}: {}",
                mean(&mended)
            );
        }
    }

    #[test]
    fn frames_too_small_to_judge_are_left_alone() {
        assert_eq!(auto_gamma(&[9; 27], 3, 3), [9; 27]);
        assert_eq!(auto_gamma(&[9; 5], 64, 64), [9; 5]);
    }
}

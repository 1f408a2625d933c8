//! The transfer curve: coded values (what 8 bits store) to linear light and back.
//!
//! One curve, sRGB's, for every format: the training simulation uses the same, and a simulated
//! camera that answered differently for RGB and I420 of one picture would be useless as a test.

/// Coded level from which a source pixel counts as clipped (see [`clip_reverse`]).
const CLIP_FROM: f32 = 0.98;

/// Decode entries: 16 per 8-bit step, so that full-range codes fall on entries exactly.
const DECODE_LAST: f32 = 16.0 * 255.0;
/// Encode entries, spaced evenly in the square root of linear light: the curve is nearly straight
/// there, and half an entry is 0.06 of an 8-bit step at most.
const ENCODE_LAST: f32 = 4095.0;
const ENTRIES: usize = 4096;

/// Linear light (0–1) of a coded value (0–1), by the sRGB definition.
pub(super) fn to_linear(coded: f64) -> f64 {
    if coded <= 0.04045 {
        coded / 12.92
    } else {
        ((coded + 0.055) / 1.055).powf(2.4)
    }
}

/// Coded value (0–1) of linear light (0–1): the inverse of [`to_linear`].
pub(super) fn to_coded(linear: f64) -> f64 {
    if linear <= 0.003_130_8 {
        linear * 12.92
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    }
}

/// Raises nearly clipped linear light in place: from the threshold (coded 0.98) on, a straight ramp
/// that ends at `peak` for 1.0, because a source that clipped there saw more light than it could
/// say. Without it a moving lamp leaves a streak as dim as a moving sheet of paper.
pub(super) fn clip_reverse(light: &mut [f32], peak: f32) {
    let threshold = to_linear(f64::from(CLIP_FROM)) as f32;
    let slope = (peak - 1.0) / (1.0 - threshold);
    for value in light {
        *value += (*value - threshold).max(0.0) * slope;
    }
}

/// Both curves as tables.
pub(super) struct Transfer {
    decode: Box<[f32; ENTRIES]>,
    encode: Box<[f32; ENTRIES]>,
}

impl Default for Transfer {
    fn default() -> Self {
        let decode = |i: usize| to_linear((i as f64 / f64::from(DECODE_LAST)).min(1.0)) as f32;
        let encode = |i: usize| to_coded((i as f64 / f64::from(ENCODE_LAST)).powi(2)) as f32;
        Self {
            decode: Box::new(std::array::from_fn(decode)),
            encode: Box::new(std::array::from_fn(encode)),
        }
    }
}

impl Transfer {
    /// Replaces coded values (clamped to 0–1) by linear light.
    pub(super) fn decode(&self, values: &mut [f32]) {
        for value in values {
            *value = self.decode[nearest(value.clamp(0.0, 1.0) * DECODE_LAST)];
        }
    }

    /// Replaces linear light (clamped to 0–1) by coded values.
    pub(super) fn encode(&self, values: &mut [f32]) {
        for value in values {
            *value = self.encode[nearest(value.clamp(0.0, 1.0).sqrt() * ENCODE_LAST)];
        }
    }
}

/// The table index nearest to `position` (0–4095).
fn nearest(position: f32) -> usize {
    rounded(position) as usize & (ENTRIES - 1)
}

/// `value` (0 to 2²¹) rounded to the nearest integer. Adding 1.5 × 2²³ leaves that integer in the low
/// mantissa bits; a saturating `as` cast instead makes the whole element 1.7 times slower.
pub(super) fn rounded(value: f32) -> u32 {
    const MANTISSA: u32 = (1 << 22) - 1;
    (value + 12_582_912.0).to_bits() & MANTISSA
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_8_bit_code_survives_the_round_trip() {
        let transfer = Transfer::default();
        let mut codes: Vec<f32> = (0..=255).map(|c| c as f32 / 255.0).collect();
        transfer.decode(&mut codes);
        transfer.encode(&mut codes);
        for (code, value) in codes.iter().enumerate() {
            assert_eq!((value * 255.0).round() as usize, code);
        }
    }

    #[test]
    fn tables_stay_within_a_tenth_of_a_code_of_the_curve() {
        let transfer = Transfer::default();
        for i in 0..=10_000 {
            let linear = f64::from(i) / 10_000.0;
            let mut value = [linear as f32];
            transfer.encode(&mut value);
            assert!(
                (f64::from(value[0]) - to_coded(linear)).abs() * 255.0 < 0.1,
                "linear {linear}"
            );
        }
    }

    #[test]
    fn clip_reverse_touches_only_the_top() {
        let threshold = to_linear(0.98) as f32;
        let mut light = [0.0, 0.5, threshold, 1.0];
        clip_reverse(&mut light, 4.0);
        assert_eq!(light[..3], [0.0, 0.5, threshold]);
        assert!((light[3] - 4.0).abs() < 1e-5);
    }
}

//! The one way from a float to an 8-bit code value.

/// Clips `value` to 0–255 and rounds it to the nearest code value, halves to the even one as ONNX's `Round` does.
#[inline(always)]
pub(crate) fn code(value: f32) -> u8 {
    nearest(value.clamp(0.0, 255.0))
}

/// Rounds `value`, which must be from 0 to 255, as [`code`] does.
#[inline(always)]
pub(crate) fn nearest(value: f32) -> u8 {
    // From 2^23 on floats are whole numbers: the addition rounds, and the low byte of the bits is the code value.
    // Vectorises on every processor; `round_ties_even` is a call of libm where SSE 4.1 may be missing.
    const WHOLE: f32 = 8_388_608.0;
    (value + WHOLE).to_bits() as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn code_values_are_clipped_and_rounded_halves_to_even(value in -300_f32..600.0) {
            prop_assert_eq!(code(value), value.clamp(0.0, 255.0).round_ties_even() as u8);
            let half = value.floor() + 0.5;
            prop_assert_eq!(code(half), half.clamp(0.0, 255.0).round_ties_even() as u8);
        }
    }
}

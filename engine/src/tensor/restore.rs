//! What the network says of a frame, applied to its code values.

use super::round::code;
use super::simd::{self, Kernel};

/// The network's gain for a frame, and how to read its residuals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Correction {
    /// Light is multiplied by this.
    pub(crate) gain: f32,
    /// Code values that a residual of 0 adds, and that every step from there adds.
    pub(crate) low: f32,
    pub(crate) step: f32,
    /// Residuals are shrunk by this many code values.
    pub(crate) dead_zone: f32,
}

/// Restores `values` in place: their distance from `zero` (no light in luma, no colour in chroma) is multiplied, and
/// `residual` is added.
pub(crate) fn restore(values: &mut [u8], residual: &[u8], zero: u8, correction: Correction) {
    simd::run(Restore {
        values,
        residual,
        zero: f32::from(zero),
        correction,
    });
}

struct Restore<'a> {
    values: &'a mut [u8],
    residual: &'a [u8],
    zero: f32,
    correction: Correction,
}

impl Kernel for Restore<'_> {
    #[inline(always)]
    fn run(self) {
        let Correction {
            gain,
            low,
            step,
            dead_zone,
        } = self.correction;
        for (value, &residual) in self.values.iter_mut().zip(self.residual) {
            let residual = low + f32::from(residual) * step;
            let residual = residual - residual.clamp(-dead_zone, dead_zone);
            let light = (f32::from(*value) - self.zero) * gain + self.zero;
            *value = code(light + residual);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// The formula of `docs/reference/modelinfo.md`, as it stands there.
    fn formula(value: u8, residual: u8, zero: u8, correction: Correction) -> u8 {
        let Correction {
            gain,
            low,
            step,
            dead_zone,
        } = correction;
        let (value, zero) = (f32::from(value), f32::from(zero));
        let residual = low + f32::from(residual) * step;
        let shrunk = residual.signum() * (residual.abs() - dead_zone).max(0.0);
        ((value - zero) * gain + zero + shrunk)
            .clamp(0.0, 255.0)
            .round_ties_even() as u8
    }

    proptest! {
        #[test]
        fn restoring_is_the_formula_with_every_kind_of_vectors(
            pairs in vec(any::<(u8, u8)>(), 0..300), gain in 0.5_f32..25.0, low in -130_f32..0.0, high in 0_f32..130.0,
            dead_zone in 0_f32..5.0, zero in prop::sample::select(vec![16_u8, 128]),
        ) {
            let (values, residual): (Vec<u8>, Vec<u8>) = pairs.into_iter().unzip();
            let correction = Correction { gain, low, step: (high - low) / 255.0, dead_zone };
            let wanted: Vec<u8> = values.iter().zip(&residual)
                .map(|(&value, &residual)| formula(value, residual, zero, correction)).collect();
            let mut widest = values.clone();
            restore(&mut widest, &residual, zero, correction);
            prop_assert_eq!(&widest, &wanted);
            let mut any = values;
            Restore { values: &mut any, residual: &residual, zero: f32::from(zero), correction }.run();
            prop_assert_eq!(&any, &wanted);
        }

        #[test]
        fn a_gain_of_one_and_residuals_in_the_dead_zone_change_nothing(
            pairs in vec(any::<(u8, u8)>(), 0..300), low in -50_f32..0.0, high in 0_f32..50.0, zero: u8,
        ) {
            let (values, residual): (Vec<u8>, Vec<u8>) = pairs.into_iter().unzip();
            let correction = Correction { gain: 1.0, low, step: (high - low) / 255.0, dead_zone: 50.1 };
            let mut restored = values.clone();
            restore(&mut restored, &residual, zero, correction);
            prop_assert_eq!(restored, values);
        }
    }
}

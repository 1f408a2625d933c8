//! Mixing the input back into the output: strength.

use crate::error::Result;
use crate::frame::{Frame, FrameMut};
use crate::tensor::round::code;
use crate::tensor::simd::{self, Kernel};

/// Moves `output` back toward `input`: 0 gives the input bit by bit, 1 leaves `output` alone.
pub(crate) fn toward(input: &Frame<'_>, output: &mut FrameMut<'_>, strength: f32) -> Result<()> {
    output.check_same_layout(input)?;
    let strength = strength.clamp(0.0, 1.0);
    for index in 0..input.format().n_planes() {
        simd::run(Mix {
            input: input.rows(index),
            output: output.rows_mut(index),
            strength,
        });
    }
    Ok(())
}

struct Mix<I, O> {
    input: I,
    output: O,
    strength: f32,
}

impl<'a, I, O> Kernel for Mix<I, O>
where
    I: Iterator<Item = &'a [u8]>,
    O: Iterator<Item = &'a mut [u8]>,
{
    #[inline(always)]
    fn run(self) {
        for (to, from) in self.output.zip(self.input) {
            for (to, &from) in to.iter_mut().zip(from) {
                let (original, restored) = (f32::from(from), f32::from(*to));
                *to = code(original + self.strength * (restored - original));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::OwnedFrame;
    use crate::pixel::{Colorimetry, PixelFormat};
    use proptest::prelude::*;

    fn gray(values: &[u8]) -> OwnedFrame {
        OwnedFrame::packed(
            PixelFormat::Gray8,
            values.len(),
            1,
            Colorimetry::default(),
            values.to_vec(),
        )
        .unwrap()
    }

    #[test]
    fn strength_moves_between_input_and_output() {
        let input = gray(&[0, 100, 255, 7]);
        for (strength, wanted) in [
            (0.0, [0, 100, 255, 7]),
            (0.5, [100, 50, 128, 8]),
            (1.0, [200, 0, 0, 8]),
        ] {
            let mut output = gray(&[200, 0, 0, 8]);
            toward(&input.as_frame(), &mut output.as_frame_mut(), strength).unwrap();
            assert_eq!(output.data(0), wanted, "strength {strength}");
        }
    }

    proptest! {
        #[test]
        fn what_is_mixed_is_rounded_once(strength in 0_f32..=1.0, from: [u8; 32], to: [u8; 32]) {
            let (input, mut output) = (gray(&from), gray(&to));
            toward(&input.as_frame(), &mut output.as_frame_mut(), strength).unwrap();
            for ((&got, from), to) in output.data(0).iter().zip(from.map(f32::from)).zip(to.map(f32::from)) {
                prop_assert_eq!(f32::from(got), (from + strength * (to - from)).round_ties_even());
            }
        }
    }
}

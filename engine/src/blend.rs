//! Mixing the input back into the output: strength, and the views that show both.

use crate::error::Result;
use crate::frame::{Frame, FrameMut};

/// Moves `output` back toward `input`: 0 gives the input bit by bit, 1 leaves `output` alone.
pub(crate) fn toward(input: &Frame<'_>, output: &mut FrameMut<'_>, strength: f32) -> Result<()> {
    output.check_same_layout(input)?;
    // 8 fractional bits: enough that the ends are exact and a step of 1/256 is below one code value.
    let weight = (strength.clamp(0.0, 1.0) * 256.0).round() as i32;
    for index in 0..input.format().n_planes() {
        for (to, from) in output.rows_mut(index).zip(input.rows(index)) {
            for (to, &from) in to.iter_mut().zip(from) {
                let (original, restored) = (i32::from(from), i32::from(*to));
                *to = (original + (((restored - original) * weight + 128) >> 8)) as u8;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::OwnedFrame;
    use crate::pixel::{Colorimetry, PixelFormat};

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
}

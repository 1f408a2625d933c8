//! How far two pictures may be apart.

use crate::error::Result;
use crate::frame::OwnedFrame;

/// How far pictures are apart: the worst of what was compared, in 8-bit code values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Largest difference of any value.
    pub max: u8,
    /// Mean absolute difference over all values of a frame.
    pub mean: f64,
}

impl Agreement {
    /// Compares two frames of one layout, all planes together.
    ///
    /// # Errors
    /// [`crate::Error::Frame`] if format or size differ.
    pub fn of(a: &OwnedFrame, b: &OwnedFrame) -> Result<Self> {
        a.check_same_layout(b)?;
        let (mut max, mut sum, mut count) = (0, 0_u64, 0_u64);
        for index in 0..a.format().n_planes() {
            for (a, b) in a.rows(index).zip(b.rows(index)) {
                for (a, b) in a.iter().zip(b) {
                    let difference = a.abs_diff(*b);
                    max = max.max(difference);
                    sum += u64::from(difference);
                }
                count += a.len() as u64;
            }
        }
        Ok(Self {
            max,
            mean: sum as f64 / count.max(1) as f64,
        })
    }

    /// The larger figure of both.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        Self {
            max: self.max.max(other.max),
            mean: self.mean.max(other.mean),
        }
    }
}

impl std::fmt::Display for Agreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "largest difference {}, mean {:.3} code values",
            self.max, self.mean
        )
    }
}

/// How far a provider's pictures may be from the CPU provider's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bars {
    /// Largest difference of any value.
    pub max: u8,
    /// Mean absolute difference over all values of a frame.
    pub mean: f64,
}

impl Bars {
    /// Three times what OpenVINO was seen to differ by: 8 and 0.58. Providers compute fp32 in shorter formats where the
    /// hardware has them, in bf16 (OpenVINO on AMX and AVX-512 BF16) or TF32 (CUDA), so fp32 files have no narrower bars
    /// than fp16 files (5 and 0.17).
    const FLOAT: Self = Self {
        max: 24,
        mean: 1.75,
    };
    /// Three times 15 and 1.22. An activation that falls on the other side of a rounding step moves by a whole step, and
    /// those after it with it.
    const INT8: Self = Self { max: 45, mean: 3.5 };

    /// For a model whose sidecar says `precision`: a precision that is not known counts as the coarsest.
    #[must_use]
    pub fn of(precision: &str) -> Self {
        match precision {
            "fp32" | "fp16" | "float32" | "float16" => Self::FLOAT,
            _ => Self::INT8,
        }
    }

    /// Whether `agreement` is within the bars.
    ///
    /// # Errors
    /// What is beyond them, with the figures.
    pub fn check(&self, agreement: &Agreement) -> Result<(), String> {
        if agreement.max <= self.max && agreement.mean <= self.mean {
            return Ok(());
        }
        Err(format!(
            "its pictures are not those of the CPU provider: {agreement} (at most {} and {} are right)",
            self.max, self.mean
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::{Colorimetry, PixelFormat};

    fn frame(bytes: &[u8]) -> OwnedFrame {
        let color = Colorimetry::default();
        OwnedFrame::packed(PixelFormat::Gray8, bytes.len() / 2, 2, color, bytes.into()).unwrap()
    }

    #[test]
    fn the_largest_and_the_mean_difference_are_taken() {
        let agreement = Agreement::of(&frame(&[10, 20, 30, 40]), &frame(&[10, 26, 28, 40]));
        assert_eq!(agreement.unwrap(), Agreement { max: 6, mean: 2.0 });
    }

    #[test]
    fn the_worst_frame_counts() {
        let (a, b) = (
            Agreement { max: 6, mean: 0.1 },
            Agreement { max: 2, mean: 2.0 },
        );
        assert_eq!(a.worst(b), Agreement { max: 6, mean: 2.0 });
    }

    #[test]
    fn pictures_of_other_sizes_cannot_be_compared() {
        assert!(Agreement::of(&frame(&[0; 4]), &frame(&[0; 6])).is_err());
    }

    #[test]
    fn either_bar_refuses_with_both_figures() {
        let bars = Bars { max: 4, mean: 0.5 };
        assert_eq!(bars.check(&Agreement { max: 4, mean: 0.5 }), Ok(()));
        for agreement in [
            Agreement { max: 5, mean: 0.0 },
            Agreement { max: 0, mean: 0.6 },
        ] {
            let text = bars.check(&agreement).unwrap_err();
            assert!(text.contains(&agreement.to_string()), "{text}");
            assert!(text.contains("at most 4 and 0.5"), "{text}");
        }
    }

    #[test]
    fn a_coarser_precision_has_wider_bars_and_an_unknown_one_the_widest() {
        for (float, int8) in [("fp32", "int8"), ("fp16", "unknown")] {
            let (float, int8) = (Bars::of(float), Bars::of(int8));
            assert!(float.max < int8.max && float.mean < int8.mean);
        }
    }
}

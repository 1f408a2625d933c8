//! What the network says of a frame, applied to its code values.

use super::blocks::values;
use super::round::code;
use super::simd::{self, Kernel};
use crate::pixel::{BLACK, NEUTRAL_CHROMA};

/// The code from which on a block keeps a share of its past; as many codes above it are its most.
const KEEPS_NOTHING: u8 = 128;

/// The network's gain for a frame, and how to read the rest of its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Correction {
    /// Light is multiplied by this.
    pub(crate) gain: f32,
    /// Code values that a residual of 0 adds, and that every step from there adds.
    pub(crate) low: f32,
    pub(crate) step: f32,
    /// Residuals are shrunk by this many code values.
    pub(crate) dead_zone: f32,
    /// Most that a block keeps of the picture restored last, 0 to 1. 0: there is no such picture.
    pub(crate) keep: f32,
    /// Code values by which that moves a value at most.
    pub(crate) keep_limit: f32,
}

/// Restores a row of blocks with `side` x `side` pixels of luma.
///
/// A value's distance from zero (no light in luma, no colour in chroma) is multiplied, the residual is added, and the
/// share that the block keeps is taken of the value that was restored last. Where the blocks hold the picture
/// restored last (`remembers`), the new one replaces it; otherwise it replaces the frame.
pub(crate) fn restore(
    blocks: &mut [u8],
    answer: &[u8],
    side: usize,
    remembers: bool,
    correction: Correction,
) {
    simd::run(Restore {
        blocks,
        answer,
        side,
        remembers,
        correction,
    });
}

struct Restore<'a> {
    blocks: &'a mut [u8],
    answer: &'a [u8],
    side: usize,
    remembers: bool,
    correction: Correction,
}

impl Kernel for Restore<'_> {
    #[inline(always)]
    fn run(self) {
        match self.side {
            4 => self.blocks_of::<{ values(4) }>(),
            _ => self.blocks_of::<{ values(8) }>(),
        }
    }
}

impl Restore<'_> {
    /// `VALUES` to a block: a constant, so that the loops over them become vectors.
    #[inline(always)]
    fn blocks_of<const VALUES: usize>(self) {
        let zeros: [f32; VALUES] = std::array::from_fn(|i| {
            f32::from(if i < VALUES * 2 / 3 {
                BLACK
            } else {
                NEUTRAL_CHROMA
            })
        });
        let pitch = VALUES * (1 + usize::from(self.remembers));
        let answers = self
            .answer
            .chunks_exact(VALUES + usize::from(self.remembers));
        let correction = self.correction;
        for (block, answer) in self.blocks.chunks_exact_mut(pitch).zip(answers) {
            let Some((frame, last)) = block.split_first_chunk_mut::<VALUES>() else {
                return;
            };
            let Some((residual, kept)) = answer.split_first_chunk::<VALUES>() else {
                return;
            };
            let now: [f32; VALUES] =
                std::array::from_fn(|i| correction.apply(frame[i], residual[i], zeros[i]));
            match (last.first_chunk_mut::<VALUES>(), kept.first()) {
                (Some(last), Some(&kept)) => {
                    let share = correction.share(kept);
                    *last = std::array::from_fn(|i| code(correction.mix(now[i], last[i], share)));
                }
                _ => *frame = now.map(code),
            }
        }
    }
}

impl Correction {
    #[inline(always)]
    fn apply(self, value: u8, residual: u8, zero: f32) -> f32 {
        let residual = self.low + f32::from(residual) * self.step;
        let residual = residual - residual.clamp(-self.dead_zone, self.dead_zone);
        let light = (f32::from(value) - zero) * self.gain + zero;
        (light + residual).clamp(0.0, 255.0)
    }

    #[inline(always)]
    fn mix(self, now: f32, last: u8, share: f32) -> f32 {
        let moved = share * (f32::from(last) - now);
        now + moved.clamp(-self.keep_limit, self.keep_limit)
    }

    /// Of the past, for a block that answers with `code`.
    #[inline(always)]
    fn share(self, code: u8) -> f32 {
        let most = f32::from(u8::MAX - KEEPS_NOTHING);
        self.keep * f32::from(code.saturating_sub(KEEPS_NOTHING)) / most
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// The formula of `docs/reference/modelinfo.md`, as it stands there.
    fn formula(value: u8, last: u8, (residual, kept): (u8, u8), zero: u8, c: Correction) -> u8 {
        let (value, last, zero) = (f32::from(value), f32::from(last), f32::from(zero));
        let residual = c.low + f32::from(residual) * c.step;
        let shrunk = residual.signum() * (residual.abs() - c.dead_zone).max(0.0);
        let now = ((value - zero) * c.gain + zero + shrunk).clamp(0.0, 255.0);
        let share = c.keep * (f32::from(kept) - 128.0).max(0.0) / 127.0;
        let moved = share * (last - now);
        let moved = moved.signum() * moved.abs().min(c.keep_limit);
        (now + moved).round_ties_even() as u8
    }

    fn correction() -> impl Strategy<Value = Correction> {
        let parts = (
            0.5_f32..25.0,
            -130_f32..0.0,
            0_f32..130.0,
            0_f32..5.0,
            (0_f32..1.0, 0_f32..255.0),
        );
        parts.prop_map(
            |(gain, low, high, dead_zone, (keep, keep_limit))| Correction {
                gain,
                low,
                step: (high - low) / 255.0,
                dead_zone,
                keep,
                keep_limit,
            },
        )
    }

    proptest! {
        #[test]
        fn restoring_is_the_formula_with_every_kind_of_vectors(
            side in prop::sample::select(vec![4_usize, 8]), remembers: bool, correction in correction(),
            bytes in vec(any::<u8>(), 97 * 7..97 * 8),
        ) {
            let (n, m) = (values(side), usize::from(remembers));
            let tensor: Vec<u8> = bytes.iter().copied().cycle().take(n * (1 + m) * 5).collect();
            let answer: Vec<u8> = bytes.iter().rev().copied().cycle().take((n + m) * 5).collect();
            let mut wanted = tensor.clone();
            for (block, answer) in wanted.chunks_exact_mut(n * (1 + m)).zip(answer.chunks_exact(n + m)) {
                for i in 0..n {
                    let zero = if i < side * side { 16 } else { 128 };
                    let kept = if remembers { answer[n] } else { 0 };
                    let last = block[m * n + i];
                    block[m * n + i] = formula(block[i], last, (answer[i], kept), zero, correction);
                }
            }
            let mut widest = tensor.clone();
            restore(&mut widest, &answer, side, remembers, correction);
            prop_assert_eq!(&widest, &wanted);
            let mut any = tensor;
            Restore { blocks: &mut any, answer: &answer, side, remembers, correction }.run();
            prop_assert_eq!(&any, &wanted);
        }

        #[test]
        fn a_gain_of_one_and_residuals_in_the_dead_zone_change_nothing(
            frame in vec(any::<u8>(), 24 * 5), low in -50_f32..0.0, high in 0_f32..50.0,
        ) {
            let step = (high - low) / 255.0;
            let correction = Correction { gain: 1.0, low, step, dead_zone: 50.1, keep: 0.0, keep_limit: 255.0 };
            let answer: Vec<u8> = frame.iter().rev().copied().collect();
            let mut restored = frame.clone();
            restore(&mut restored, &answer, 4, false, correction);
            prop_assert_eq!(restored, frame);
        }
    }
}

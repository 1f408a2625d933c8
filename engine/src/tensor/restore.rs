//! What the network says of a frame, applied to its code values.

use super::blocks::Grid;
use super::lines::Lines;
use super::round::nearest;
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

/// The pictures that a row of blocks is restored from and to, as lines: wherever values lie side by side in the same
/// plane, the widest vectors are full.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk {
    pub(super) frame: Lines,
    pub(super) residual: Lines,
    /// The picture restored last, then the new one.
    pub(super) restored: Lines,
    /// What each pixel keeps of the picture restored last, for a line of luma and for one of chroma.
    shares: [Vec<f32>; 2],
}

impl Desk {
    /// Makes room for rows of `grid`, and has nothing kept.
    pub(super) fn lay_out(&mut self, grid: Grid) {
        self.frame.fit(grid);
        self.residual.fit(grid);
        for (shares, side) in self.shares.iter_mut().zip([grid.side, grid.side / 2]) {
            shares.clear();
            shares.resize(grid.width * side, 0.0);
        }
    }

    /// Reads what blocks keep: the last of every `pitch` values of `answer`.
    pub(super) fn share_out(&mut self, answer: &[u8], pitch: usize, correction: Correction) {
        let [luma, chroma] = &mut self.shares;
        let shares = answer
            .chunks_exact(pitch)
            .map(|answer| correction.share(answer[pitch - 1]));
        match self.frame.side() {
            4 => spread::<4, 2>(shares, luma, chroma),
            _ => spread::<8, 4>(shares, luma, chroma),
        }
    }

    /// Restores the lines.
    ///
    /// A value's distance from zero (no light in luma, no colour in chroma) is multiplied, the residual is added, and the
    /// share that is kept is taken of the value that was restored last.
    pub(super) fn restore(&mut self, correction: Correction) {
        simd::run(Restore {
            desk: self,
            correction,
        });
    }
}

/// Each share over the pixels of its block in a line.
fn spread<const SIDE: usize, const HALF: usize>(
    shares: impl Iterator<Item = f32>,
    luma: &mut [f32],
    chroma: &mut [f32],
) {
    let places = luma.as_chunks_mut().0.iter_mut();
    let places = places.zip(chroma.as_chunks_mut().0);
    for (share, (luma, chroma)) in shares.zip(places) {
        (*luma, *chroma) = ([share; SIDE], [share; HALF]);
    }
}

struct Restore<'a> {
    desk: &'a mut Desk,
    correction: Correction,
}

impl Kernel for Restore<'_> {
    #[inline(always)]
    fn run(self) {
        let desk = self.desk;
        for (index, zero) in [BLACK, NEUTRAL_CHROMA, NEUTRAL_CHROMA]
            .into_iter()
            .enumerate()
        {
            let (_, length) = desk.frame.size(index);
            let shares = &desk.shares[index.min(1)];
            let seen = desk.frame.plane(index).chunks_exact(length);
            let seen = seen.zip(desk.residual.plane(index).chunks_exact(length));
            let restored = desk.restored.plane_mut(index).chunks_exact_mut(length);
            for ((frame, residual), restored) in seen.zip(restored) {
                restore_line(frame, residual, shares, restored, zero, self.correction);
            }
        }
    }
}

/// `restored` is the line that was restored last, then the new one.
#[inline(always)]
fn restore_line(
    frame: &[u8],
    residual: &[u8],
    shares: &[f32],
    restored: &mut [u8],
    zero: u8,
    correction: Correction,
) {
    let zero = f32::from(zero);
    let seen = frame.iter().zip(residual).zip(shares);
    for (restored, ((&value, &residual), &share)) in restored.iter_mut().zip(seen) {
        let now = correction.apply(value, residual, zero);
        // Between two code values, or one of them.
        *restored = nearest(correction.mix(now, *restored, share));
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

    /// A desk for a row of `codes.len()` blocks that say what they keep, full of `bytes`.
    fn desk(side: usize, codes: &[u8], bytes: &[u8], correction: Correction) -> Desk {
        let grid = Grid {
            width: codes.len(),
            side,
            pictures: 2,
        };
        let mut desk = Desk::default();
        desk.restored.fit(grid);
        desk.lay_out(grid);
        for (seed, lines) in [&mut desk.frame, &mut desk.residual, &mut desk.restored]
            .into_iter()
            .enumerate()
        {
            for plane in 0..3 {
                let bytes = bytes.iter().cycle().skip(seed * 31 + plane * 7);
                lines
                    .plane_mut(plane)
                    .iter_mut()
                    .zip(bytes)
                    .for_each(|(to, &from)| *to = from);
            }
        }
        desk.share_out(codes, 1, correction);
        desk
    }

    proptest! {
        #[test]
        fn restoring_is_the_formula_with_every_kind_of_vectors(
            side in prop::sample::select(vec![4_usize, 8]), correction in correction(),
            codes in vec(any::<u8>(), 1..40), bytes in vec(any::<u8>(), 997),
        ) {
            let before = desk(side, &codes, &bytes, correction);
            let (mut widest, mut any) = (before.clone(), before.clone());
            widest.restore(correction);
            Restore { desk: &mut any, correction }.run();
            for (plane, zero) in [16, 128, 128].into_iter().enumerate() {
                let (_, length) = before.frame.size(plane);
                let side = length / codes.len();
                for i in 0..before.frame.plane(plane).len() {
                    let of = |lines: &Lines| lines.plane(plane)[i];
                    let answer = (of(&before.residual), codes[i % length / side]);
                    let wanted = formula(of(&before.frame), of(&before.restored), answer, zero, correction);
                    prop_assert_eq!((of(&widest.restored), of(&any.restored)), (wanted, wanted));
                }
            }
        }

        #[test]
        fn a_gain_of_one_and_residuals_in_the_dead_zone_change_nothing(
            bytes in vec(any::<u8>(), 997), low in -50_f32..0.0, high in 0_f32..50.0,
        ) {
            let step = (high - low) / 255.0;
            let correction = Correction { gain: 1.0, low, step, dead_zone: 50.1, keep: 0.0, keep_limit: 255.0 };
            let mut desk = desk(4, &[255; 9], &bytes, correction);
            desk.restore(correction);
            for plane in 0..3 {
                prop_assert_eq!(desk.restored.plane(plane), desk.frame.plane(plane));
            }
        }
    }
}

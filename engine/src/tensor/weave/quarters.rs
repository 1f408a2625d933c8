//! Blocks of 4 x 4, four at a time, in the registers that every x86-64 has.

// Every x86-64 has SSE2, which is all that is asked for below; only the first call has to say so.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m128i, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_unpackhi_epi16, _mm_unpackhi_epi32,
    _mm_unpackhi_epi64, _mm_unpacklo_epi16, _mm_unpacklo_epi32, _mm_unpacklo_epi64,
};

use super::{Lines, Place, by_block};

/// Values of a block, and of its luma.
const VALUES: usize = 24;
const LUMA: usize = 16;

pub(super) fn weave(lines: &Lines, blocks: &mut [u8], place: Place) {
    // SAFETY: every x86-64 has SSE2.
    let done = unsafe { weave_fours(lines, blocks, place) };
    by_block::weave::<4, 2>(lines, done, &mut blocks[done * place.pitch..], place);
}

pub(super) fn unweave(blocks: &[u8], lines: &mut Lines, place: Place) {
    // SAFETY: every x86-64 has SSE2.
    let done = unsafe { unweave_fours(blocks, lines, place) };
    by_block::unweave::<4, 2>(&blocks[done * place.pitch..], lines, done, place);
}

/// As many blocks as make fours; says how many.
#[target_feature(enable = "sse2")]
fn weave_fours(lines: &Lines, blocks: &mut [u8], Place { pitch, offset }: Place) -> usize {
    let luma = lines
        .luma::<4>()
        .map(|line| line.as_flattened().as_chunks().0);
    let [u, v] = lines
        .chroma::<2>()
        .map(|plane| plane.map(|line| line.as_flattened().as_chunks().0));
    let fours = luma[0].len();
    for (at, four) in blocks.chunks_exact_mut(4 * pitch).take(fours).enumerate() {
        let luma = transposed(luma.map(|line| load(&line[at])));
        let u = _mm_unpacklo_epi16(load_half(&u[0][at]), load_half(&u[1][at]));
        let v = _mm_unpacklo_epi16(load_half(&v[0][at]), load_half(&v[1][at]));
        let chroma = [_mm_unpacklo_epi32(u, v), _mm_unpackhi_epi32(u, v)];
        for block in 0..4 {
            let to = &mut four[block * pitch + offset..][..VALUES];
            store(&mut to[..LUMA], luma[block]);
            let both = chroma[block / 2];
            store_half(
                &mut to[LUMA..],
                match block % 2 {
                    0 => both,
                    _ => _mm_unpackhi_epi64(both, both),
                },
            );
        }
    }
    4 * fours
}

/// As many blocks as make fours; says how many.
#[target_feature(enable = "sse2")]
fn unweave_fours(blocks: &[u8], lines: &mut Lines, Place { pitch, offset }: Place) -> usize {
    let (luma, [u, v]) = lines.all_mut::<4, 2>();
    let mut luma = luma.map(|line| line.as_flattened_mut().as_chunks_mut().0);
    let mut chroma =
        [u, v].map(|plane| plane.map(|line| line.as_flattened_mut().as_chunks_mut().0));
    let fours = luma[0].len();
    for (at, four) in blocks.chunks_exact(4 * pitch).take(fours).enumerate() {
        let block = |block: usize| &four[block * pitch + offset..][..VALUES];
        let rows = transposed([0, 1, 2, 3].map(|index| load_slice(&block(index)[..LUMA])));
        for (line, row) in luma.iter_mut().zip(rows) {
            let to: &mut [u8; 16] = &mut line[at];
            store(to, row);
        }
        let pairs = [0, 1, 2, 3].map(|index| load_half_slice(&block(index)[LUMA..]));
        let even = _mm_unpacklo_epi16(pairs[0], pairs[2]);
        let odd = _mm_unpacklo_epi16(pairs[1], pairs[3]);
        let planes = [_mm_unpacklo_epi16(even, odd), _mm_unpackhi_epi16(even, odd)];
        for (lines, both) in chroma.iter_mut().zip(planes) {
            let to: &mut [u8; 8] = &mut lines[0][at];
            store_half(to, both);
            store_half(&mut lines[1][at], _mm_unpackhi_epi64(both, both));
        }
    }
    4 * fours
}

/// A 4 x 4 matrix of four bytes each.
#[inline]
#[target_feature(enable = "sse2")]
fn transposed([a, b, c, d]: [__m128i; 4]) -> [__m128i; 4] {
    let (first, second) = (_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
    let (third, fourth) = (_mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d));
    [
        _mm_unpacklo_epi64(first, third),
        _mm_unpackhi_epi64(first, third),
        _mm_unpacklo_epi64(second, fourth),
        _mm_unpackhi_epi64(second, fourth),
    ]
}

// The compiler makes one move of each of these.

#[inline]
#[target_feature(enable = "sse2")]
fn load(from: &[u8; 16]) -> __m128i {
    let whole = u128::from_le_bytes(*from);
    _mm_set_epi64x((whole >> 64) as i64, whole as i64)
}

#[inline]
#[target_feature(enable = "sse2")]
fn load_slice(from: &[u8]) -> __m128i {
    from.first_chunk()
        .map_or(_mm_set_epi64x(0, 0), |from| load(from))
}

#[inline]
#[target_feature(enable = "sse2")]
fn load_half(from: &[u8; 8]) -> __m128i {
    _mm_set_epi64x(0, i64::from_le_bytes(*from))
}

#[inline]
#[target_feature(enable = "sse2")]
fn load_half_slice(from: &[u8]) -> __m128i {
    from.first_chunk()
        .map_or(_mm_set_epi64x(0, 0), |from| load_half(from))
}

#[inline]
#[target_feature(enable = "sse2")]
fn store(to: &mut [u8], value: __m128i) {
    let (low, high) = to.split_at_mut(8);
    store_half(low, value);
    store_half(high, _mm_unpackhi_epi64(value, value));
}

#[inline]
#[target_feature(enable = "sse2")]
fn store_half(to: &mut [u8], value: __m128i) {
    to.copy_from_slice(&_mm_cvtsi128_si64(value).to_le_bytes());
}

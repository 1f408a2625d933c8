//! Blocks of 4 x 4, four at a time, in the registers that every x86-64 has.

// Every x86-64 has SSE2, which is all that is asked for below; only the first call has to say so.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m128i, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_unpackhi_epi16, _mm_unpackhi_epi32,
    _mm_unpackhi_epi64, _mm_unpacklo_epi16, _mm_unpacklo_epi32, _mm_unpacklo_epi64,
};

use super::{Lines, Place, by_block};

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

// Arrays are spelt out below: `array::map` is a call in a loop, and registers would go through memory.

/// As many blocks as make fours; says how many.
#[target_feature(enable = "sse2")]
fn weave_fours(lines: &Lines, blocks: &mut [u8], Place { pitch, offset }: Place) -> usize {
    let luma = lines.luma::<4>().map(fours::<16, 4>);
    let [u, v] = lines.chroma::<2>().map(|plane| plane.map(fours::<8, 2>));
    let count = luma[0].len();
    for (at, four) in blocks.chunks_exact_mut(4 * pitch).take(count).enumerate() {
        let [a, b, c, d] = transposed([
            load(&luma[0][at]),
            load(&luma[1][at]),
            load(&luma[2][at]),
            load(&luma[3][at]),
        ]);
        let u = _mm_unpacklo_epi16(load_half(&u[0][at]), load_half(&u[1][at]));
        let v = _mm_unpacklo_epi16(load_half(&v[0][at]), load_half(&v[1][at]));
        let (first, second) = (_mm_unpacklo_epi32(u, v), _mm_unpackhi_epi32(u, v));
        store_block(&mut four[offset..], a, first);
        store_block(&mut four[pitch + offset..], b, upper(first));
        store_block(&mut four[2 * pitch + offset..], c, second);
        store_block(&mut four[3 * pitch + offset..], d, upper(second));
    }
    4 * count
}

/// As many blocks as make fours; says how many.
#[target_feature(enable = "sse2")]
fn unweave_fours(blocks: &[u8], lines: &mut Lines, Place { pitch, offset }: Place) -> usize {
    let (luma, [u, v]) = lines.all_mut::<4, 2>();
    let luma = luma.map(fours_mut::<16, 4>);
    let [u, v] = [u, v].map(|plane| plane.map(fours_mut::<8, 2>));
    let count = luma[0].len();
    for (at, four) in blocks.chunks_exact(4 * pitch).take(count).enumerate() {
        let (a, first) = load_block(&four[offset..]);
        let (b, second) = load_block(&four[pitch + offset..]);
        let (c, third) = load_block(&four[2 * pitch + offset..]);
        let (d, fourth) = load_block(&four[3 * pitch + offset..]);
        let [a, b, c, d] = transposed([a, b, c, d]);
        store(&mut luma[0][at], a);
        store(&mut luma[1][at], b);
        store(&mut luma[2][at], c);
        store(&mut luma[3][at], d);
        let even = _mm_unpacklo_epi16(first, third);
        let odd = _mm_unpacklo_epi16(second, fourth);
        let (both_u, both_v) = (_mm_unpacklo_epi16(even, odd), _mm_unpackhi_epi16(even, odd));
        store_half(&mut u[0][at], both_u);
        store_half(&mut u[1][at], upper(both_u));
        store_half(&mut v[0][at], both_v);
        store_half(&mut v[1][at], upper(both_v));
    }
    4 * count
}

/// A line of blocks' rows as rows of four blocks; what is left over is left out.
fn fours<const FOUR: usize, const ONE: usize>(line: &[[u8; ONE]]) -> &[[u8; FOUR]] {
    line.as_flattened().as_chunks().0
}

fn fours_mut<const FOUR: usize, const ONE: usize>(line: &mut [[u8; ONE]]) -> &mut [[u8; FOUR]] {
    line.as_flattened_mut().as_chunks_mut().0
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
fn load_half(from: &[u8; 8]) -> __m128i {
    _mm_set_epi64x(0, i64::from_le_bytes(*from))
}

#[inline]
#[target_feature(enable = "sse2")]
fn store(to: &mut [u8; 16], value: __m128i) {
    let low = u128::from(_mm_cvtsi128_si64(value) as u64);
    let high = u128::from(_mm_cvtsi128_si64(upper(value)) as u64);
    *to = (high << 64 | low).to_le_bytes();
}

#[inline]
#[target_feature(enable = "sse2")]
fn store_half(to: &mut [u8; 8], value: __m128i) {
    *to = _mm_cvtsi128_si64(value).to_le_bytes();
}

/// The luma of the block that `from` begins with, and its chroma.
#[inline]
#[target_feature(enable = "sse2")]
fn load_block(from: &[u8]) -> (__m128i, __m128i) {
    let nothing = _mm_set_epi64x(0, 0);
    let Some((luma, rest)) = from.split_first_chunk() else {
        return (nothing, nothing);
    };
    match rest.first_chunk() {
        Some(chroma) => (load(luma), load_half(chroma)),
        None => (nothing, nothing),
    }
}

/// To the block that `to` begins with.
#[inline]
#[target_feature(enable = "sse2")]
fn store_block(to: &mut [u8], luma: __m128i, chroma: __m128i) {
    if let Some((to, rest)) = to.split_first_chunk_mut() {
        store(to, luma);
        if let Some(to) = rest.first_chunk_mut() {
            store_half(to, chroma);
        }
    }
}

/// The upper half, in the place of the lower.
#[inline]
#[target_feature(enable = "sse2")]
fn upper(value: __m128i) -> __m128i {
    _mm_unpackhi_epi64(value, value)
}

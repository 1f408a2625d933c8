//! 8-bit planes in and out of padded tensors.

/// Maps code values while they are copied; `None` copies.
pub(crate) type Lut<'a> = Option<&'a [u8; 256]>;

/// Copies `rows` to the top left of `tensor` (`width` bytes a row) and repeats the last column and row
/// over the rest, so that the network sees no border that the picture does not have.
pub(crate) fn pad<'a>(
    rows: impl Iterator<Item = &'a [u8]>,
    tensor: &mut [u8],
    width: usize,
    lut: Lut<'_>,
) {
    let mut filled = 0;
    for (row, to) in rows.zip(tensor.chunks_exact_mut(width)) {
        pad_row(row, to, 1, lut);
        filled += width;
    }
    repeat_last_row(tensor, filled, width);
}

/// Copies `row` to the start of `to` and repeats its last `period` bytes (1 in a plane, 2 where two planes take turns)
/// over the rest.
#[inline(always)]
pub(super) fn pad_row(row: &[u8], to: &mut [u8], period: usize, lut: Lut<'_>) {
    copy(row, &mut to[..row.len()], lut);
    for x in row.len()..to.len() {
        to[x] = to[x - period];
    }
}

/// Copies the top left of `tensor` (`width` bytes a row) to `rows`.
pub(crate) fn crop<'a>(
    tensor: &[u8],
    width: usize,
    rows: impl Iterator<Item = &'a mut [u8]>,
    lut: Lut<'_>,
) {
    for (from, row) in tensor.chunks_exact(width).zip(rows) {
        copy(&from[..row.len()], row, lut);
    }
}

/// Splits rows of interleaved UV into two padded tensors of `width` bytes a row.
pub(crate) fn deinterleave<'a>(
    rows: impl Iterator<Item = &'a [u8]>,
    u: &mut [u8],
    v: &mut [u8],
    width: usize,
    lut: Lut<'_>,
) {
    let mut filled = 0;
    for ((row, u), v) in rows
        .zip(u.chunks_exact_mut(width))
        .zip(v.chunks_exact_mut(width))
    {
        let n = row.len() / 2;
        for ((pair, u), v) in row.chunks_exact(2).zip(&mut *u).zip(&mut *v) {
            (*u, *v) = (pair[0], pair[1]);
        }
        for plane in [u, v] {
            let (picture, rest) = plane.split_at_mut(n);
            apply(picture, lut);
            if let Some(&last) = picture.last() {
                rest.fill(last);
            }
        }
        filled += width;
    }
    repeat_last_row(u, filled, width);
    repeat_last_row(v, filled, width);
}

/// Interleaves the top left of two tensors of `width` bytes a row into rows of UV.
pub(crate) fn interleave<'a>(
    u: &[u8],
    v: &[u8],
    width: usize,
    rows: impl Iterator<Item = &'a mut [u8]>,
    lut: Lut<'_>,
) {
    for ((u, v), row) in u.chunks_exact(width).zip(v.chunks_exact(width)).zip(rows) {
        for ((pair, &u), &v) in row.chunks_exact_mut(2).zip(u).zip(v) {
            pair.copy_from_slice(&[u, v]);
        }
        apply(row, lut);
    }
}

fn repeat_last_row(tensor: &mut [u8], filled: usize, width: usize) {
    let (picture, rest) = tensor.split_at_mut(filled);
    let last = &picture[filled - width..];
    rest.chunks_exact_mut(width)
        .for_each(|row| row.copy_from_slice(last));
}

#[inline(always)]
pub(super) fn copy(from: &[u8], to: &mut [u8], lut: Lut<'_>) {
    match lut {
        None => to.copy_from_slice(from),
        Some(lut) => to
            .iter_mut()
            .zip(from)
            .for_each(|(to, &from)| *to = lut[usize::from(from)]),
    }
}

fn apply(values: &mut [u8], lut: Lut<'_>) {
    if let Some(lut) = lut {
        values
            .iter_mut()
            .for_each(|value| *value = lut[usize::from(*value)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cropping_undoes_padding(
            width in 1_usize..40, height in 1_usize..12, more_width in 0_usize..17, more_height in 0_usize..17,
            seed in any::<u8>(),
        ) {
            let picture: Vec<u8> = (0..width * height).map(|i| (i as u8).wrapping_mul(31).wrapping_add(seed)).collect();
            let padded_width = width + more_width;
            let mut tensor = vec![0; padded_width * (height + more_height)];
            pad(picture.chunks(width), &mut tensor, padded_width, None);
            let mut back = vec![0; picture.len()];
            crop(&tensor, padded_width, back.chunks_mut(width), None);
            prop_assert_eq!(&back, &picture);
            prop_assert_eq!(tensor.last(), picture.last());
            prop_assert_eq!(tensor[padded_width - 1], picture[width - 1]);
        }

        #[test]
        fn interleaving_undoes_deinterleaving(width in 1_usize..40, height in 1_usize..12, more in 0_usize..17) {
            let picture: Vec<u8> = (0..width * height * 2).map(|i| (i as u8).wrapping_mul(7)).collect();
            let size = (width + more) * (height + more);
            let (mut u, mut v) = (vec![0; size], vec![0; size]);
            deinterleave(picture.chunks(width * 2), &mut u, &mut v, width + more, None);
            let mut back = vec![0; picture.len()];
            interleave(&u, &v, width + more, back.chunks_mut(width * 2), None);
            prop_assert_eq!(back, picture);
        }
    }
}

//! What a viewer sees when a camera is gone: its last picture, dimmed, and since when.

use crate::font::TextLine;

/// What is left of each byte's brightness, in 256ths.
const DIM: u16 = 80;
/// The text's brightness.
const WHITE: u8 = 235;
/// Share of the picture's height that a capital takes, if the text's width allows it.
const CAP: f32 = 1.0 / 14.0;
/// Share of the picture's width that the text may take.
const WIDTH: f32 = 0.8;
/// Pen diameter in cap heights.
const PEN: f32 = 0.14;

/// Dims packed RGB (3 bytes a pixel, rows `stride` bytes apart) to a third and writes `text` into its middle.
///
/// Characters that the font does not have are blank. A buffer shorter than `stride * height` bytes, or a stride
/// shorter than a row, comes back unchanged.
pub fn dim_and_label(rgb: &mut [u8], width: usize, height: usize, stride: usize, text: &str) {
    if rgb.len() < stride * height || stride < width * 3 {
        return;
    }
    for byte in rgb.iter_mut() {
        *byte = (u16::from(*byte) * DIM / 256) as u8;
    }
    let line = TextLine::new(text);
    if line.width <= 0.0 {
        return;
    }
    let cap = (height as f32 * CAP).min(width as f32 * WIDTH / line.width);
    let left = (width as f32 - line.width * cap) * 0.5;
    let top = (height as f32 - cap) * 0.5;
    let margin = cap * PEN;
    let inside = |start: f32, length: f32, limit: usize| {
        let from = (start - margin).max(0.0) as usize;
        from.min(limit)..((start + length + margin).ceil().max(0.0) as usize).min(limit)
    };
    for y in inside(top, cap * 1.2, height) {
        for x in inside(left, line.width * cap, width) {
            let (u, v) = ((x as f32 + 0.5 - left) / cap, (y as f32 + 0.5 - top) / cap);
            if line.covers(u, v, PEN) {
                let at = y * stride + x * 3;
                rgb[at..at + 3].fill(WHITE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize, usize) = (160, 90, 484);

    fn labelled(text: &str) -> Vec<u8> {
        let (width, height, stride) = SIZE;
        let mut rgb = vec![200; stride * height];
        dim_and_label(&mut rgb, width, height, stride, text);
        rgb
    }

    #[test]
    fn picture_is_dimmed_and_the_text_stands_in_its_middle() {
        let rgb = labelled("NO SIGNAL SINCE 12:00:00");
        let (_, height, stride) = SIZE;
        let bright = |row: usize| {
            rgb[row * stride..][..480]
                .iter()
                .filter(|byte| **byte == WHITE)
                .count()
        };
        assert_eq!(rgb[0], (200 * DIM / 256) as u8);
        assert!((height / 2 - 3..height / 2 + 3).any(|row| bright(row) > 20));
        assert_eq!(bright(0) + bright(height - 1), 0);
    }

    #[test]
    fn another_time_is_another_picture() {
        assert_ne!(labelled("SINCE 12:00:00"), labelled("SINCE 12:00:01"));
        assert_eq!(labelled(""), labelled(" "));
    }

    #[test]
    fn a_buffer_that_is_too_short_is_left_alone() {
        let mut rgb = [9; 30];
        dim_and_label(&mut rgb, 4, 3, 12, "X");
        assert_eq!(rgb, [9; 30]);
    }
}

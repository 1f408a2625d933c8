//! Pictures side by side under captions, for comparisons.

use crate::font::TextLine;

/// Ground, caption ink and the gap between cells.
const GROUND: [u8; 3] = [22, 24, 27];
const INK: [u8; 3] = [236, 232, 222];
const GAP: usize = 8;
/// Height of a caption's bar and of its capitals, pixels.
const BAR: usize = 30;
const CAP: f32 = 13.0;

/// A packed RGB picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// `width * height * 3` bytes, rows top to bottom.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// Wraps a frame; bytes that are missing are black, bytes too many are dropped.
    #[must_use]
    pub fn new(width: usize, height: usize, rgb: &[u8]) -> Picture {
        let mut rgb = rgb.to_vec();
        rgb.resize(width * height * 3, 0);
        Picture { width, height, rgb }
    }

    /// The part of the picture that starts at (`x`, `y`), `width`×`height` pixels or what is there of it.
    #[must_use]
    pub fn crop(&self, x: usize, y: usize, width: usize, height: usize) -> Picture {
        let (x, y) = (x.min(self.width), y.min(self.height));
        let (width, height) = (width.min(self.width - x), height.min(self.height - y));
        let row = |r: usize| &self.rgb[((y + r) * self.width + x) * 3..][..width * 3];
        Picture {
            width,
            height,
            rgb: (0..height).flat_map(row).copied().collect(),
        }
    }

    /// The picture at another width, the height in proportion: means where it shrinks, straight lines where it grows.
    #[must_use]
    pub fn scaled(&self, width: usize) -> Picture {
        let height = (self.height * width / self.width.max(1)).max(1);
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        let step = self.width as f32 / width as f32;
        let taps = (step.ceil() as usize).max(1);
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                rgb.extend(self.mean_around(x as f32 * step, y as f32 * step, step, taps));
            }
        }
        Picture { width, height, rgb }
    }

    fn mean_around(&self, left: f32, top: f32, step: f32, taps: usize) -> [u8; 3] {
        let mut sum = [0.0f32; 3];
        for j in 0..taps {
            for i in 0..taps {
                let offset = |k: usize| (k as f32 + 0.5) * step / taps as f32 - 0.5;
                let sample = self.between(left + offset(i), top + offset(j));
                (0..3).for_each(|c| sum[c] += sample[c]);
            }
        }
        sum.map(|v| (v / (taps * taps) as f32).round() as u8)
    }

    fn between(&self, x: f32, y: f32) -> [f32; 3] {
        let (x, y) = (
            x.clamp(0.0, (self.width - 1) as f32),
            y.clamp(0.0, (self.height - 1) as f32),
        );
        let (x0, y0) = (x as usize, y as usize);
        let (tx, ty) = (x - x0 as f32, y - y0 as f32);
        let at = |x: usize, y: usize, c: usize| {
            f32::from(
                self.rgb[(y.min(self.height - 1) * self.width + x.min(self.width - 1)) * 3 + c],
            )
        };
        std::array::from_fn(|c| {
            let upper = at(x0, y0, c) + (at(x0 + 1, y0, c) - at(x0, y0, c)) * tx;
            let lower = at(x0, y0 + 1, c) + (at(x0 + 1, y0 + 1, c) - at(x0, y0 + 1, c)) * tx;
            upper + (lower - upper) * ty
        })
    }

    fn paste(&mut self, other: &Picture, x: usize, y: usize) {
        for row in 0..other.height.min(self.height.saturating_sub(y)) {
            let bytes = other.width.min(self.width.saturating_sub(x)) * 3;
            let to = ((y + row) * self.width + x) * 3;
            let from = row * other.width * 3;
            self.rgb[to..to + bytes].copy_from_slice(&other.rgb[from..from + bytes]);
        }
    }

    /// Writes a caption, antialiased, its capitals starting at (`x`, `y`).
    fn write(&mut self, text: &str, x: usize, y: usize) {
        const SUB: usize = 4;
        let line = TextLine::new(text);
        let columns = (line.width * CAP).ceil() as usize + 4;
        for row in 0..(CAP as usize + 4).min(self.height.saturating_sub(y)) {
            for column in 0..columns.min(self.width.saturating_sub(x)) {
                let place = |pixel: usize, sub: usize| {
                    (pixel as f32 - 1.0 + (sub as f32 + 0.5) / SUB as f32) / CAP
                };
                let hits = (0..SUB * SUB)
                    .filter(|s| line.covers(place(column, s % SUB), place(row, s / SUB), 0.15))
                    .count();
                let at = ((y + row) * self.width + x + column) * 3;
                for (value, ink) in self.rgb[at..at + 3].iter_mut().zip(INK) {
                    let (old, new, share) = (usize::from(*value), usize::from(ink), SUB * SUB);
                    *value = ((old * (share - hits) + new * hits) / share) as u8;
                }
            }
        }
    }
}

/// Lays rows of captioned pictures on a sheet `width` pixels wide; all cells of a row are equally wide.
///
/// Captions are drawn in capitals. An even height comes out, as video encoders want it.
#[must_use]
pub fn sheet(rows: &[Vec<(String, &Picture)>], width: usize) -> Picture {
    let placed: Vec<Vec<Picture>> = rows
        .iter()
        .map(|row| {
            let cell = (width.saturating_sub(GAP * (row.len() + 1)) / row.len().max(1)).max(1);
            row.iter()
                .map(|(_, picture)| picture.scaled(cell))
                .collect()
        })
        .collect();
    let row_height = |row: &Vec<Picture>| BAR + row.iter().map(|p| p.height).max().unwrap_or(0);
    let height = (placed.iter().map(row_height).sum::<usize>() + GAP).next_multiple_of(2);
    let mut sheet = Picture {
        width,
        height,
        rgb: GROUND.repeat(width * height),
    };
    let mut y = 0;
    for (row, pictures) in rows.iter().zip(&placed) {
        let mut x = GAP;
        for ((caption, _), picture) in row.iter().zip(pictures) {
            sheet.write(caption, x, y + (BAR - CAP as usize) / 2 + 1);
            sheet.paste(picture, x, y + BAR);
            x += picture.width + GAP;
        }
        y += row_height(pictures);
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_keeps_flat_colours_and_proportions() {
        let picture = Picture::new(40, 30, &[77; 3600]);
        for width in [13, 40, 95] {
            let scaled = picture.scaled(width);
            assert_eq!((scaled.width, scaled.height), (width, 30 * width / 40));
            assert!(scaled.rgb.iter().all(|&v| v == 77));
        }
    }

    #[test]
    fn crops_end_at_the_border() {
        let crop = Picture::new(8, 8, &[1; 192]).crop(6, 2, 10, 3);
        assert_eq!((crop.width, crop.height, crop.rgb.len()), (2, 3, 18));
    }

    #[test]
    fn a_sheet_holds_its_pictures_and_captions() {
        let (bright, dark) = (
            Picture::new(20, 10, &[200; 600]),
            Picture::new(20, 10, &[0; 600]),
        );
        let sheet = sheet(&[vec![("A".into(), &bright), ("B".into(), &dark)]], 200);
        assert_eq!((sheet.width, sheet.height % 2), (200, 0));
        let at = |x: usize, y: usize| sheet.rgb[(y * 200 + x) * 3];
        assert_eq!((at(GAP + 5, BAR + 5), at(150, BAR + 5)), (200, 0));
        assert!(sheet.rgb[..BAR * 600].contains(&INK[0]), "no caption");
    }
}

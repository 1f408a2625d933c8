//! Is what the network gave a picture of what it was given?

use super::thumbnail::{GRID, Thumbnail};

/// What is wrong with a restored picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Implausible {
    /// One value everywhere, where the input shows something.
    Flat,
    /// Far darker than the input.
    Dark,
    /// White nearly everywhere, where the input is not.
    White,
}

impl Implausible {
    /// In words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Flat => "the restored picture is flat, and the input is not",
            Self::Dark => "the restored picture is far darker than the input",
            Self::White => "the restored picture is white, and the input is not",
        }
    }
}

/// Cells of a region, per side. A region's 16 cells of 16 samples take the noise of a dark camera (8 code values) down to 0.5.
const REGION: usize = 4;
const REGIONS: usize = GRID / REGION;

/// Code values by which regions of an input differ that shows something. Noise alone stays below 4.
const STRUCTURE: f32 = 8.0;
/// Code values by which the cells of a flat picture differ at most.
const FLATNESS: f32 = 1.0;
/// A restored picture is brighter than its input, or as bright; this share of it is no restoration.
const DARK_SHARE: f32 = 0.25;
/// Code values that black may lie at, and inputs that say nothing about what is too dark.
const BLACK: f32 = 16.0;
/// Code values from which on a mean is white.
const WHITE: f32 = 240.0;
/// Code values of an input that may become white: a bright picture with clipped lights.
const BRIGHT: f32 = 190.0;

/// Looks at thumbnails alone: a picture that is wrong in a few places passes. That is the self-test's to find, before
/// the first frame; this finds a session that breaks down later.
#[must_use]
pub fn implausible(input: &Thumbnail, output: &Thumbnail) -> Option<Implausible> {
    let (before, after) = (input.mean(), output.mean());
    if range(&output.cells) <= FLATNESS && range(&regions(input)) >= STRUCTURE {
        Some(Implausible::Flat)
    } else if before > 2.0 * BLACK && after - BLACK < DARK_SHARE * (before - BLACK) {
        Some(Implausible::Dark)
    } else if after >= WHITE && before < BRIGHT {
        Some(Implausible::White)
    } else {
        None
    }
}

fn range(values: &[f32]) -> f32 {
    let least = values.iter().copied().fold(f32::MAX, f32::min);
    values.iter().copied().fold(f32::MIN, f32::max) - least
}

/// Means over REGION × REGION cells.
fn regions(thumbnail: &Thumbnail) -> [f32; REGIONS * REGIONS] {
    let mut regions = [0.0; REGIONS * REGIONS];
    for (index, cell) in thumbnail.cells.iter().enumerate() {
        let (x, y) = (index % GRID, index / GRID);
        regions[y / REGION * REGIONS + x / REGION] += cell / (REGION * REGION) as f32;
    }
    regions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::OwnedFrame;
    use crate::pixel::{Colorimetry, PixelFormat};
    use crate::selftest;

    const SIZE: (usize, usize) = (320, 180);

    fn gray(value: impl Fn(usize, usize) -> f32) -> Thumbnail {
        let (width, height) = SIZE;
        let pixels =
            (0..width * height).map(|i| value(i % width, i / width).clamp(0.0, 255.0) as u8);
        let color = Colorimetry::default();
        let bytes = pixels.collect();
        let frame = OwnedFrame::packed(PixelFormat::Gray8, width, height, color, bytes);
        Thumbnail::of(&frame.unwrap())
    }

    /// Grain of a dark camera, from −`most` to `most`.
    fn grain(x: usize, y: usize, most: f32) -> f32 {
        let hash = ((x * 7919 + y * 104_729) as u32).wrapping_mul(2_654_435_761) >> 8;
        (hash as f32 / (1 << 23) as f32 - 1.0) * most
    }

    fn night() -> Thumbnail {
        Thumbnail::of(&selftest::frame(0, SIZE.0, SIZE.1).unwrap())
    }

    #[test]
    fn a_brighter_picture_is_a_restoration() {
        let night = night();
        assert_eq!(implausible(&night, &night), None);
        let bright = Thumbnail {
            cells: night.cells.map(|cell| (cell * 3.0).min(255.0)),
        };
        assert_eq!(implausible(&night, &bright), None);
    }

    #[test]
    fn flat_black_and_white_pictures_of_something_are_none() {
        let flat = |value: f32| gray(move |_, _| value);
        assert_eq!(implausible(&night(), &flat(90.0)), Some(Implausible::Flat));
        let ramp = |from: f32, to: f32| gray(move |x, _| from + (to - from) * x as f32 / 320.0);
        let day = ramp(40.0, 200.0);
        let wrong = |output| implausible(&day, &output);
        assert_eq!(wrong(ramp(14.0, 22.0)), Some(Implausible::Dark));
        assert_eq!(wrong(ramp(235.0, 255.0)), Some(Implausible::White));
    }

    #[test]
    fn nothing_but_noise_may_become_flat() {
        let covered = gray(|x, y| 20.0 + grain(x, y, 14.0));
        assert_eq!(implausible(&covered, &gray(|_, _| 17.0)), None);
    }

    #[test]
    fn a_black_frame_stays_black_and_a_bright_one_may_clip() {
        let black = gray(|_, _| 16.0);
        assert_eq!(implausible(&black, &black), None);
        let bright = gray(|x, _| 180.0 + x as f32 / 4.0);
        let clipped = gray(|x, _| 220.0 + x as f32 / 4.0);
        assert_eq!(implausible(&bright, &clipped), None);
    }
}

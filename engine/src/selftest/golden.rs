//! The frames of the self-test: a night that is drawn, so that it is the same on every machine and needs no file.

use crate::error::Result;
use crate::frame::OwnedFrame;
use crate::pixel::{Colorimetry, PixelFormat};

/// Frames of a self-test. The first has no past, the second an empty one's; with the fourth a wrong state has had time to
/// show.
pub const FRAMES: usize = 4;

/// Pixels that what moves moves by, from frame to frame.
const SPEED: usize = 4;

/// Golden frame `index`, I420, BT.709, limited range.
///
/// A dark gradient with a lamp, edges in three directions, stripes, something that moves, and grain: whatever the network
/// is to tell apart. Integers only.
///
/// # Errors
/// [`crate::Error::Frame`] if the size is zero.
pub fn frame(index: usize, width: usize, height: usize) -> Result<OwnedFrame> {
    let color = Colorimetry::default();
    let mut frame = OwnedFrame::zeroed(PixelFormat::I420, width, height, color)?;
    for (y, row) in frame.rows_mut(0).enumerate() {
        for (x, value) in row.iter_mut().enumerate() {
            let light = light(x, y, index, width, height);
            let grain = grain(x, y, index);
            *value = (light + grain).clamp(16, 235) as u8;
        }
    }
    for plane in [1, 2] {
        let (columns, rows) = PixelFormat::I420.plane_size(plane, width, height);
        for (y, row) in frame.rows_mut(plane).enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                // Warm on one side and cold on the other, in each plane along another axis.
                let slope = match plane {
                    1 => (x * 24 / columns) as i32 - 12,
                    _ => 12 - (y * 24 / rows) as i32,
                };
                let grain = grain(x, y, index + plane * FRAMES) / 2;
                *value = (128 + slope + grain).clamp(16, 240) as u8;
            }
        }
    }
    Ok(frame)
}

/// Luma without grain.
fn light(x: usize, y: usize, index: usize, width: usize, height: usize) -> i32 {
    let night = 18 + (y * 40 / height) as i32;
    let side = width.min(height);
    let moving = (width / 8 + index * SPEED, height / 2);
    let is_moving = (moving.0..moving.0 + side / 6 + 1).contains(&x)
        && (moving.1..moving.1 + side / 6 + 1).contains(&y);
    // A lamp: bright in the middle, and dim around.
    let far = |a: usize, b: usize| a.abs_diff(b).pow(2);
    let distance = far(x, width / 4) + far(y, height / 4);
    let glow = (180 * side * side / 64 / (distance + side * side / 64 + 1)) as i32;
    let is_striped = x > width * 5 / 8 && y < height / 2 && (x / 6).is_multiple_of(2);
    let is_below_diagonal = x * height + y * width > width * height * 3 / 2;
    night
        + glow
        + if is_moving { 70 } else { 0 }
        + if is_striped { 25 } else { 0 }
        + if is_below_diagonal { 12 } else { 0 }
}

/// Noise from −6 to 6, with its middle values more often, hashed from place and time.
fn grain(x: usize, y: usize, index: usize) -> i32 {
    // SplitMix64's finaliser.
    let seed = (x as u64) << 40 ^ (y as u64) << 16 ^ index as u64;
    let mut hash = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    hash = (hash ^ hash >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^= hash >> 31;
    (hash % 7) as i32 - (hash >> 32) as i32 % 7
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selftest::Agreement;

    #[test]
    fn frames_are_the_same_every_time_and_differ_from_each_other() {
        let frames = || (0..FRAMES).map(|index| frame(index, 96, 64).unwrap());
        for (a, b) in frames().zip(frames()) {
            assert_eq!(Agreement::of(&a, &b).unwrap().max, 0);
        }
        for (a, b) in frames().zip(frames().skip(1)) {
            assert!(Agreement::of(&a, &b).unwrap().mean > 1.0);
        }
    }

    #[test]
    fn a_night_is_dark_and_has_a_lamp() {
        let frame = frame(0, 320, 180).unwrap();
        let luma = frame.data(0);
        let mean = luma.iter().map(|&value| u64::from(value)).sum::<u64>() / luma.len() as u64;
        assert!((20..70).contains(&mean), "{mean}");
        assert!(luma.iter().any(|&value| value > 150));
    }

    #[test]
    fn every_size_can_be_drawn() {
        for (width, height) in [(1, 1), (2, 2), (3, 200), (8192, 2)] {
            frame(FRAMES - 1, width, height).unwrap();
        }
    }
}

//! The picture in linear light, and its way to 8 bits.

use std::sync::LazyLock;

use crate::math::{V3, linear_to_srgb, v3};

/// Highest linear value the tone curve tells apart; lamps beyond it are white.
const WHITE: f32 = 2.5;
const STEPS: usize = 16_384;

/// Linear light to an sRGB byte: straight up to 0.6, then a soft shoulder, so that lamps saturate as in a camera.
static TONE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..STEPS)
        .map(|i| (tone((i as f32 + 0.5) * WHITE / STEPS as f32) * 255.0 + 0.5) as u8)
        .collect()
});

fn tone(linear: f32) -> f32 {
    const KNEE: f32 = 0.6;
    let rest = 1.0 - KNEE;
    let v = if linear < KNEE {
        linear
    } else {
        KNEE + rest * ((linear - KNEE) / rest).tanh()
    };
    // A little more contrast than the scene has, as cameras add.
    linear_to_srgb(v.powf(1.10)).clamp(0.0, 1.0)
}

/// A linear-light RGB picture; rows top to bottom, no padding.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<V3>,
}

impl Canvas {
    pub(crate) fn new(width: usize, height: usize) -> Canvas {
        Canvas {
            width,
            height,
            pixels: vec![V3::default(); width * height],
        }
    }

    pub(crate) fn copy_from(&mut self, other: &Canvas) {
        self.pixels.copy_from_slice(&other.pixels);
    }

    /// Fills every pixel with the mean of `grid`×`grid` jittered samples of `shade(x, y)`, on all cores.
    ///
    /// `shade` takes pixel coordinates: the top-left corner of the picture is (0, 0).
    pub(crate) fn supersample(&mut self, grid: usize, shade: impl Fn(f32, f32) -> V3 + Sync) {
        let (width, height) = (self.width, self.height);
        let threads = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(height.max(1));
        let rows = height.div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            for (chunk, pixels) in self.pixels.chunks_mut(rows * width).enumerate() {
                let shade = &shade;
                scope.spawn(move || {
                    for (i, pixel) in pixels.iter_mut().enumerate() {
                        *pixel = mean_of_samples(i % width, chunk * rows + i / width, grid, shade);
                    }
                });
            }
        });
    }

    /// Writes sRGB bytes, three a pixel, into `out` (`width * height * 3` bytes), all light multiplied by `exposure`.
    pub(crate) fn to_rgb8(&self, exposure: f32, out: &mut [u8]) {
        let table: &[u8] = &TONE;
        let scale = exposure * STEPS as f32 / WHITE;
        let index = |v: f32| ((v * scale) as usize).min(STEPS - 1);
        for (pixel, bytes) in self.pixels.iter().zip(out.chunks_exact_mut(3)) {
            bytes[0] = table[index(pixel.x)];
            bytes[1] = table[index(pixel.y)];
            bytes[2] = table[index(pixel.z)];
        }
    }
}

fn mean_of_samples(x: usize, y: usize, grid: usize, shade: &impl Fn(f32, f32) -> V3) -> V3 {
    let step = 1.0 / grid as f32;
    let mut sum = V3::default();
    for j in 0..grid {
        for i in 0..grid {
            // A sheared grid: every sample has its own row and column, so near-vertical edges get grid² levels.
            let (shear_x, shear_y) = ((j as f32 + 0.5) * step, (i as f32 + 0.5) * step);
            sum += shade(
                x as f32 + (i as f32 + shear_x) * step,
                y as f32 + (j as f32 + shear_y) * step,
            );
        }
    }
    sum * (step * step)
}

/// Converts packed RGB to planar I420, BT.601 limited range (what `videoconvert` assumes for small pictures).
///
/// `out` is Y, then U, then V, without padding; odd sizes round the chroma planes up.
pub fn rgb_to_i420(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    let (cw, ch) = (width.div_ceil(2), height.div_ceil(2));
    let at = |x: usize, y: usize| {
        let i = (y.min(height - 1) * width + x.min(width - 1)) * 3;
        v3(
            f32::from(rgb[i]),
            f32::from(rgb[i + 1]),
            f32::from(rgb[i + 2]),
        )
    };
    let byte = |offset: f32, v: f32| (offset + v / 255.0).round().clamp(0.0, 255.0) as u8;
    let mut out = Vec::with_capacity(width * height + 2 * cw * ch);
    for i in 0..width * height {
        out.push(byte(
            16.0,
            at(i % width, i / width).dot(v3(65.481, 128.553, 24.966)),
        ));
    }
    for weights in [v3(-37.797, -74.203, 112.0), v3(112.0, -93.786, -18.214)] {
        for i in 0..cw * ch {
            let (x, y) = (i % cw * 2, i / cw * 2);
            let mean = (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) * 0.25;
            out.push(byte(128.0, mean.dot(weights)));
        }
    }
    out
}

//! Pictures that only slide sideways, resampled exactly: every row is kept as a running integral.
//!
//! A pixel of the sliding picture is the mean of the stretch of the original under it, which is a difference
//! of two values of the integral, so motion by a hundredth of a pixel is a hundredth of a pixel.

use crate::canvas::Canvas;
use crate::math::V3;

/// Samples across one pixel in the original.
const FINE: usize = 4;

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    color: V3,
    alpha: f32,
}

/// A picture `width`×`height` pixels, finer sideways; premultiplied by its opacity.
#[derive(Clone, Debug)]
pub(crate) struct Strip {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Repeats endlessly sideways.
    repeats: bool,
    /// `height` rows of `width * FINE + 1` running sums.
    sums: Vec<Sum>,
}

impl Strip {
    /// Samples `paint(x, y)` (pixels of the strip, giving colour and opacity) finely, on all cores.
    pub(crate) fn new(
        width: usize,
        height: usize,
        repeats: bool,
        paint: impl Fn(f32, f32) -> (V3, f32) + Sync,
    ) -> Strip {
        const DOWN: usize = 3;
        let columns = width * FINE + 1;
        let mut sums = vec![Sum::default(); columns * height];
        let threads = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(height.max(1));
        let rows = height.div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            for (chunk, block) in sums.chunks_mut(columns * rows).enumerate() {
                let paint = &paint;
                scope.spawn(move || {
                    for (row, line) in block.chunks_exact_mut(columns).enumerate() {
                        let y = (chunk * rows + row) as f32;
                        for i in 1..columns {
                            let mut cell = line[i - 1];
                            for k in 0..DOWN {
                                let shear = ((i * 5 + k * 3) % 7) as f32 / 7.0;
                                let x = (i as f32 - 1.0 + shear) / FINE as f32;
                                let (color, alpha) = paint(x, y + (k as f32 + 0.5) / DOWN as f32);
                                let weight = alpha / (DOWN * FINE) as f32;
                                cell.color += color * weight;
                                cell.alpha += weight;
                            }
                            line[i] = cell;
                        }
                    }
                });
            }
        });
        Strip {
            width,
            height,
            repeats,
            sums,
        }
    }

    /// Draws the strip with its left edge at `left` (pixels, any fraction) and its top row at `top`.
    ///
    /// A repeating strip covers the whole width of the canvas.
    pub(crate) fn draw(&self, canvas: &mut Canvas, left: f64, top: i64) {
        let (from, to) = if self.repeats {
            (0, canvas.width as i64)
        } else {
            (
                (left.floor() as i64).max(0),
                ((left + self.width as f64).ceil() as i64).min(canvas.width as i64),
            )
        };
        if from >= to {
            return;
        }
        let columns = self.width * FINE + 1;
        for row in 0..self.height {
            let y = top + row as i64;
            if y < 0 || y >= canvas.height as i64 {
                continue;
            }
            let line = &self.sums[row * columns..(row + 1) * columns];
            let start = y as usize * canvas.width;
            let mut before = self.integral(line, from as f64 - left);
            for x in from..to {
                let after = self.integral(line, (x + 1) as f64 - left);
                let pixel = &mut canvas.pixels[start + x as usize];
                *pixel =
                    *pixel * (1.0 - (after.alpha - before.alpha)) + (after.color - before.color);
                before = after;
            }
        }
    }

    /// The integral of a row from its left edge to `x` pixels, interpolated.
    fn integral(&self, line: &[Sum], x: f64) -> Sum {
        let (turns, x) = if self.repeats {
            let turns = (x / self.width as f64).floor();
            (turns as f32, x - turns * self.width as f64)
        } else {
            (0.0, x.clamp(0.0, self.width as f64))
        };
        let position = x as f32 * FINE as f32;
        let index = (position as usize).min(line.len() - 2);
        let part = position - index as f32;
        let (a, b, whole) = (line[index], line[index + 1], line[line.len() - 1]);
        Sum {
            color: a.color.mix(b.color, part) + whole.color * turns,
            alpha: a.alpha + (b.alpha - a.alpha) * part + whole.alpha * turns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::grey;

    #[test]
    fn the_light_of_a_sliding_strip_is_the_same_at_every_position() {
        let strip = Strip::new(9, 3, false, |x, _| {
            (grey(0.2 + 0.05 * x), if x < 7.3 { 1.0 } else { 0.0 })
        });
        let light = |left: f64| {
            let mut canvas = Canvas::new(24, 3);
            strip.draw(&mut canvas, left, 0);
            canvas.pixels.iter().map(|p| p.x).sum::<f32>()
        };
        for step in 0..10 {
            assert!((light(3.0 + 0.13 * f64::from(step)) - light(3.0)).abs() < 1e-3);
        }
    }

    #[test]
    fn a_repeating_strip_covers_the_picture_without_seams() {
        let strip = Strip::new(7, 2, true, |_, _| (grey(0.5), 1.0));
        let mut canvas = Canvas::new(40, 2);
        strip.draw(&mut canvas, -13.37, 0);
        assert!(canvas.pixels.iter().all(|p| (p.x - 0.5).abs() < 1e-3));
    }
}

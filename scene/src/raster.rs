//! Polygons with exact area coverage, so that an edge moving by a tenth of a pixel changes the picture by a tenth.

use crate::canvas::Canvas;
use crate::math::V3;

/// A point of the picture in pixels; the top-left corner is (0, 0).
pub(crate) type Point = (f32, f32);

/// Collects polygons and fills their union. Keep one and reuse it: it owns the scratch memory.
#[derive(Debug, Default)]
pub(crate) struct Raster {
    cover: Vec<f32>,
}

struct Bounds {
    x0: usize,
    y0: usize,
    width: usize,
    height: usize,
}

impl Raster {
    /// Fills the union of `polygons`; `paint(x, y)` gives colour and opacity at a pixel centre.
    ///
    /// Polygons may wind either way: each is turned the same way round, so overlaps do not cancel.
    pub(crate) fn fill_with(
        &mut self,
        canvas: &mut Canvas,
        polygons: &[Vec<Point>],
        paint: impl Fn(f32, f32) -> (V3, f32),
    ) {
        let Some(bounds) = bounds(canvas, polygons) else {
            return;
        };
        let stride = bounds.width + 2;
        self.cover.clear();
        self.cover.resize(stride * bounds.height, 0.0);
        for polygon in polygons {
            self.add(polygon, &bounds, stride);
        }
        for row in 0..bounds.height {
            let mut sum = 0.0f32;
            let start = (bounds.y0 + row) * canvas.width + bounds.x0;
            let pixels = &mut canvas.pixels[start..start + bounds.width];
            for (i, pixel) in pixels.iter_mut().enumerate() {
                sum += self.cover[row * stride + i];
                let coverage = sum.abs().min(1.0);
                if coverage > 0.002 {
                    let (color, alpha) =
                        paint((bounds.x0 + i) as f32 + 0.5, (bounds.y0 + row) as f32 + 0.5);
                    *pixel = pixel.mix(color, alpha * coverage);
                }
            }
        }
    }

    /// Fills the union of `polygons` with one opaque colour.
    pub(crate) fn fill(&mut self, canvas: &mut Canvas, polygons: &[Vec<Point>], color: V3) {
        self.fill_with(canvas, polygons, |_, _| (color, 1.0));
    }

    fn add(&mut self, polygon: &[Point], bounds: &Bounds, stride: usize) {
        let forward = signed_area(polygon) >= 0.0;
        for (i, &a) in polygon.iter().enumerate() {
            let b = polygon[(i + 1) % polygon.len()];
            let (from, to) = if forward { (a, b) } else { (b, a) };
            let shift = |p: Point| (p.0 - bounds.x0 as f32, p.1 - bounds.y0 as f32);
            self.edge(shift(from), shift(to), bounds, stride);
        }
    }

    /// Adds an edge's signed area to the cells it crosses (the accumulation buffer of font-rs).
    fn edge(&mut self, a: Point, b: Point, bounds: &Bounds, stride: usize) {
        if a.1 == b.1 {
            return;
        }
        let (sign, top, bottom) = if a.1 < b.1 { (1.0, a, b) } else { (-1.0, b, a) };
        let slope = (bottom.0 - top.0) / (bottom.1 - top.1);
        let y_start = top.1.max(0.0);
        let y_end = bottom.1.min(bounds.height as f32);
        let limit = bounds.width as f32;
        let mut y = y_start;
        while y < y_end {
            let row = y as usize;
            let next = ((row + 1) as f32).min(y_end);
            let height = sign * (next - y);
            let x0 = (top.0 + slope * (y - top.1)).clamp(0.0, limit);
            let x1 = (top.0 + slope * (next - top.1)).clamp(0.0, limit);
            let cells = &mut self.cover[row * stride..(row + 1) * stride];
            spread(cells, x0.min(x1), x0.max(x1), height);
            if next <= y {
                break;
            }
            y = next;
        }
    }
}

/// Spreads one row's piece of an edge, running from `left` to `right`, over its cells.
fn spread(cells: &mut [f32], left: f32, right: f32, height: f32) {
    let first = left as usize;
    if right <= (first + 1) as f32 {
        let covered = 1.0 - ((left + right) * 0.5 - first as f32);
        cells[first] += height * covered;
        cells[first + 1] += height * (1.0 - covered);
        return;
    }
    // Cumulative area up to each cell's right side; differences go into the cells.
    let run = right - left;
    let mut before = 0.0;
    let last = (right as usize).min(cells.len() - 2);
    for (cell, sum) in cells.iter_mut().enumerate().take(last + 1).skip(first) {
        let end = ((cell + 1) as f32).min(right);
        let begin = (cell as f32).max(left);
        let (f0, f1) = ((begin - left) / run, (end - left) / run);
        let inside = (f1 - f0) * (cell as f32 + 1.0 - (begin + end) * 0.5) + f0;
        *sum += height * (inside - before);
        before = inside;
    }
    cells[last + 1] += height * (1.0 - before);
}

fn signed_area(polygon: &[Point]) -> f32 {
    let pairs = polygon.iter().zip(polygon.iter().cycle().skip(1));
    pairs.map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum()
}

fn bounds(canvas: &Canvas, polygons: &[Vec<Point>]) -> Option<Bounds> {
    let points = || polygons.iter().flatten();
    if points().any(|p| !p.0.is_finite() || !p.1.is_finite()) {
        return None;
    }
    let fold = |pick: fn(&Point) -> f32, f: fn(f32, f32) -> f32, start: f32| {
        points().map(pick).fold(start, f)
    };
    let x0 = fold(|p| p.0, f32::min, f32::MAX).floor().max(0.0);
    let y0 = fold(|p| p.1, f32::min, f32::MAX).floor().max(0.0);
    let x1 = fold(|p| p.0, f32::max, f32::MIN)
        .ceil()
        .min(canvas.width as f32);
    let y1 = fold(|p| p.1, f32::max, f32::MIN)
        .ceil()
        .min(canvas.height as f32);
    (x1 > x0 && y1 > y0).then_some(Bounds {
        x0: x0 as usize,
        y0: y0 as usize,
        width: (x1 - x0) as usize,
        height: (y1 - y0) as usize,
    })
}

/// A thick line with round ends, as a polygon.
pub(crate) fn capsule(a: Point, b: Point, radius_a: f32, radius_b: f32) -> Vec<Point> {
    const ARC: usize = 5;
    let along = if a == b {
        0.0
    } else {
        (b.1 - a.1).atan2(b.0 - a.0)
    };
    let arc = |center: Point, radius: f32, start: f32| {
        (0..=ARC).map(move |i| {
            let angle = start + std::f32::consts::PI * i as f32 / ARC as f32;
            (
                center.0 + radius * angle.cos(),
                center.1 + radius * angle.sin(),
            )
        })
    };
    let half = std::f32::consts::FRAC_PI_2;
    arc(b, radius_b, along - half)
        .chain(arc(a, radius_a, along + half))
        .collect()
}

/// A circle as a polygon.
pub(crate) fn disc(center: Point, radius_x: f32, radius_y: f32) -> Vec<Point> {
    (0..24)
        .map(|i| {
            let (sin, cos) = (i as f32 * std::f32::consts::TAU / 24.0).sin_cos();
            (center.0 + radius_x * cos, center.1 + radius_y * sin)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::grey;

    fn light(polygon: Vec<Point>) -> f32 {
        let mut canvas = Canvas::new(16, 12);
        Raster::default().fill(&mut canvas, &[polygon], grey(1.0));
        canvas.pixels.iter().map(|p| p.x).sum()
    }

    #[test]
    fn coverage_is_the_exact_area_wherever_the_polygon_lies() {
        for step in 0..10 {
            let d = step as f32 * 0.1;
            let square = vec![
                (2.0 + d, 3.0),
                (7.0 + d, 3.0),
                (7.0 + d, 6.5),
                (2.0 + d, 6.5),
            ];
            assert!((light(square) - 17.5).abs() < 1e-3);
            let triangle = vec![(1.3 + d, 1.1), (13.2 + d, 4.7), (5.0, 11.0)];
            let area = signed_area(&triangle).abs() * 0.5;
            assert!((light(triangle) - area).abs() < 0.02, "step {step}");
        }
    }

    #[test]
    fn polygons_outside_the_canvas_are_clipped() {
        assert!(
            (light(vec![
                (-50.0, -50.0),
                (50.0, -50.0),
                (50.0, 50.0),
                (-50.0, 50.0)
            ]) - 192.0)
                .abs()
                < 1e-2
        );
        assert_eq!(light(vec![(20.0, 2.0), (30.0, 2.0), (30.0, 9.0)]), 0.0);
    }
}

//! Smoothly shaded closed shapes: stacks of rounded rectangles, as car bodies are.

use super::camera::Camera;
use crate::canvas::Canvas;
use crate::math::{V3, v3};
use crate::raster::{Point, Raster};

/// Points on one rounded corner.
pub(crate) const ARC: usize = 4;
/// Points of a whole ring.
pub(crate) const RING: usize = ARC * 4;

/// A rounded rectangle at height `y`: half width, rear and front z, corner radius (metres).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ring {
    pub(crate) y: f32,
    pub(crate) half: f32,
    pub(crate) rear: f32,
    pub(crate) front: f32,
    pub(crate) radius: f32,
    /// How much lower the ring lies at the front end than at the rear.
    pub(crate) slope: f32,
}

/// A vertex with its outward normal, in the body's own space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vertex {
    pub(crate) point: V3,
    pub(crate) normal: V3,
}

impl Ring {
    /// The ring's points, counter-clockwise seen from above, starting at the front right corner.
    fn outline(&self) -> [Vertex; RING] {
        std::array::from_fn(|i| {
            let (corner, step) = (i / ARC, i % ARC);
            let angle =
                std::f32::consts::FRAC_PI_2 * (corner as f32 + step as f32 / (ARC - 1) as f32);
            let (sin, cos) = angle.sin_cos();
            let x_side = if corner == 0 || corner == 3 {
                self.half - self.radius
            } else {
                self.radius - self.half
            };
            let z_side = if corner < 2 {
                self.front - self.radius
            } else {
                self.rear + self.radius
            };
            let z = z_side + self.radius * sin;
            let forward = ((z - self.rear) / (self.front - self.rear)).clamp(0.0, 1.0);
            let y = self.y - self.slope * forward * forward;
            Vertex {
                point: v3(x_side + self.radius * cos, y, z),
                normal: v3(cos, 0.0, sin),
            }
        })
    }
}

/// Rings from the bottom up, with a cap on the last.
pub(crate) fn loft(rings: &[Ring]) -> Vec<[Vertex; RING]> {
    let mut outlines: Vec<[Vertex; RING]> = rings.iter().map(Ring::outline).collect();
    for level in 0..outlines.len() {
        let (below, above) = (level.saturating_sub(1), (level + 1).min(outlines.len() - 1));
        for i in 0..RING {
            let rise = outlines[above][i].point - outlines[below][i].point;
            let flat = outlines[level][i].normal;
            let inward = -(rise.x * flat.x + rise.z * flat.z);
            let top = if level + 1 == outlines.len() {
                0.7
            } else {
                0.0
            };
            outlines[level][i].normal =
                (flat * rise.y.max(0.01) + v3(0.0, inward, 0.0) + v3(0.0, top * rise.y, 0.0))
                    .unit();
        }
    }
    outlines
}

/// The convex hull of the projected points: painted first, so that no seam between facets shows the background.
pub(crate) fn hull(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let half = |points: &mut dyn Iterator<Item = Point>| {
        let mut chain: Vec<Point> = Vec::new();
        for p in points {
            while let [.., a, b] = chain[..] {
                if (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0) > 0.0 {
                    break;
                }
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        chain
    };
    let mut lower = half(&mut points.iter().copied());
    lower.extend(half(&mut points.iter().rev().copied()));
    lower
}

/// Fills a world-space polygon whose corners have their own colours, blended linearly across it.
pub(crate) fn facet(
    raster: &mut Raster,
    canvas: &mut Canvas,
    camera: &Camera,
    corners: &[(V3, V3)],
) {
    let points: Vec<V3> = corners.iter().map(|c| c.0).collect();
    let mut polygon = camera.polygon(&points);
    if polygon.len() < 3 {
        return;
    }
    swell(&mut polygon);
    let screen: Option<Vec<Point>> = points.iter().map(|&p| camera.project(p)).collect();
    let mean =
        corners.iter().fold(V3::default(), |sum, c| sum + c.1) * (1.0 / corners.len() as f32);
    let gradient = screen.and_then(|screen| fit(&screen, corners, mean));
    match gradient {
        Some((center, gx, gy)) => raster.fill_with(canvas, &[polygon], |x, y| {
            let color = mean + gx * (x - center.0) + gy * (y - center.1);
            (
                v3(color.x.max(0.0), color.y.max(0.0), color.z.max(0.0)),
                1.0,
            )
        }),
        None => raster.fill(canvas, &[polygon], mean),
    }
}

/// Moves the corners half a pixel outwards, so that neighbouring facets overlap instead of leaving a seam.
fn swell(polygon: &mut [Point]) {
    let n = polygon.len() as f32;
    let center = polygon
        .iter()
        .fold((0.0, 0.0), |sum, p| (sum.0 + p.0 / n, sum.1 + p.1 / n));
    for p in polygon {
        let (dx, dy) = (p.0 - center.0, p.1 - center.1);
        let grow = 0.5 / dx.hypot(dy).max(0.5);
        *p = (p.0 + dx * grow, p.1 + dy * grow);
    }
}

/// Least squares: the plane through the corners' colours.
fn fit(screen: &[Point], corners: &[(V3, V3)], mean: V3) -> Option<(Point, V3, V3)> {
    let n = screen.len() as f32;
    let center = (
        screen.iter().map(|p| p.0).sum::<f32>() / n,
        screen.iter().map(|p| p.1).sum::<f32>() / n,
    );
    let (mut xx, mut xy, mut yy, mut cx, mut cy) = (0.0, 0.0, 0.0, V3::default(), V3::default());
    for (p, c) in screen.iter().zip(corners) {
        let (dx, dy, dc) = (p.0 - center.0, p.1 - center.1, c.1 - mean);
        (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
        (cx, cy) = (cx + dc * dx, cy + dc * dy);
    }
    let det = xx * yy - xy * xy;
    (det > 1.0).then(|| {
        (
            center,
            (cx * yy - cy * xy) * (1.0 / det),
            (cy * xx - cx * xy) * (1.0 / det),
        )
    })
}

//! A pinhole camera on a pole: world metres (x right, y up, z down the street) to pixels and back.

use crate::math::{V3, v3};
use crate::raster::Point;

/// Nothing nearer than this is drawn, metres.
const NEAR: f32 = 0.6;

#[derive(Clone, Debug)]
pub(crate) struct Camera {
    pub(crate) position: V3,
    right: V3,
    up: V3,
    forward: V3,
    /// Focal length in pixels.
    pub(crate) focal: f32,
    center: Point,
}

impl Camera {
    /// The street's camera: 2.6 m up, looking slightly down and to the left, about 53° wide.
    pub(crate) fn new(width: usize, height: usize) -> Camera {
        let (pitch, yaw) = (0.062f32, -0.035f32);
        let forward = v3(
            yaw.sin() * pitch.cos(),
            -pitch.sin(),
            yaw.cos() * pitch.cos(),
        );
        let right = v3(0.0, 1.0, 0.0).cross(forward).unit();
        let focal = (width as f32).max(height as f32 * 1.5);
        Camera {
            position: v3(0.9, 2.6, 0.0),
            right,
            up: forward.cross(right),
            forward,
            focal,
            center: (width as f32 * 0.5, height as f32 * 0.5),
        }
    }

    /// The direction seen at a pixel position, not normalised: its component along the view axis is 1.
    pub(crate) fn ray(&self, x: f32, y: f32) -> V3 {
        self.forward
            + self.right * ((x - self.center.0) / self.focal)
            + self.up * ((self.center.1 - y) / self.focal)
    }

    pub(crate) fn depth(&self, p: V3) -> f32 {
        (p - self.position).dot(self.forward)
    }

    /// Where a point lands, if it lies in front of the camera.
    pub(crate) fn project(&self, p: V3) -> Option<Point> {
        (self.depth(p) >= NEAR).then(|| self.project_unchecked(p))
    }

    fn project_unchecked(&self, p: V3) -> Point {
        let d = p - self.position;
        let scale = self.focal / d.dot(self.forward).max(NEAR * 0.5);
        (
            self.center.0 + d.dot(self.right) * scale,
            self.center.1 - d.dot(self.up) * scale,
        )
    }

    /// A polygon in the picture, cut at the near plane; empty when it lies wholly behind.
    pub(crate) fn polygon(&self, corners: &[V3]) -> Vec<Point> {
        let mut points = Vec::with_capacity(corners.len() + 1);
        for (i, &a) in corners.iter().enumerate() {
            let b = corners[(i + 1) % corners.len()];
            let (da, db) = (self.depth(a) - NEAR, self.depth(b) - NEAR);
            if da >= 0.0 {
                points.push(self.project_unchecked(a));
            }
            if (da >= 0.0) != (db >= 0.0) {
                points.push(self.project_unchecked(a.mix(b, da / (da - db))));
            }
        }
        points
    }

    /// Pixels a metre takes at a point.
    pub(crate) fn scale(&self, p: V3) -> f32 {
        self.focal / self.depth(p).max(NEAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_projected_point_lies_on_its_own_ray() {
        let camera = Camera::new(640, 360);
        let point = v3(-2.0, 0.4, 14.0);
        let (x, y) = camera.project(point).unwrap();
        let along = camera.position + camera.ray(x, y) * camera.depth(point);
        assert!((along - point).length() < 1e-3);
        assert!(camera.project(v3(0.0, 0.0, -3.0)).is_none());
    }
}

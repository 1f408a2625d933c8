//! Light added to the picture: lamps' haloes and their streaks on the wet road.

use crate::canvas::Canvas;
use crate::math::V3;
use crate::raster::Point;

/// Adds a soft halo: `color` in the middle, falling off over the radii (pixels).
pub(crate) fn add(canvas: &mut Canvas, center: Point, radius: (f32, f32), color: V3) {
    const REACH: f32 = 3.0;
    let clip = |v: f32, limit: usize| v.clamp(0.0, limit as f32) as usize;
    let (x0, x1) = (
        clip(center.0 - REACH * radius.0, canvas.width),
        clip(center.0 + REACH * radius.0 + 1.0, canvas.width),
    );
    let (y0, y1) = (
        clip(center.1 - REACH * radius.1, canvas.height),
        clip(center.1 + REACH * radius.1 + 1.0, canvas.height),
    );
    for y in y0..y1 {
        let dy = (y as f32 + 0.5 - center.1) / radius.1;
        for (x, pixel) in canvas.pixels[y * canvas.width + x0..y * canvas.width + x1]
            .iter_mut()
            .enumerate()
        {
            let dx = ((x0 + x) as f32 + 0.5 - center.0) / radius.0;
            // A compact bell: smooth to zero at REACH, so that no edge of the sprite shows.
            let d2 = (dx * dx + dy * dy) / (REACH * REACH);
            if d2 < 1.0 {
                let bell = (1.0 - d2) * (1.0 - d2);
                *pixel += color * (bell * bell * bell);
            }
        }
    }
}

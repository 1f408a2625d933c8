//! What belongs to a car but not to its body: shadow, wheels and lamps.

use super::car::{Painter, Pose};
use super::glow;
use crate::math::{V3, grey, smoothstep, v3};

pub(super) fn shadow(p: &mut Painter, pose: Pose) {
    let (hx, hz, soft) = (0.84, 2.1, 0.95);
    let corner = |sx: f32, sz: f32| v3(pose.x + sx * (hx + soft), 0.0, pose.z + sz * (hz + soft));
    let polygon = p.camera.polygon(&[
        corner(-1.0, -1.0),
        corner(1.0, -1.0),
        corner(1.0, 1.0),
        corner(-1.0, 1.0),
    ]);
    if polygon.len() < 3 {
        return;
    }
    let camera = p.camera;
    p.raster.fill_with(p.canvas, &[polygon], |x, y| {
        let ray = camera.ray(x, y);
        let ground = camera.position + ray * (camera.position.y / (-ray.y).max(1e-4));
        let outside = ((ground.x - pose.x).abs() - hx)
            .max(0.0)
            .hypot(((ground.z - pose.z).abs() - hz).max(0.0));
        (grey(0.004), 0.94 * smoothstep(soft, -0.30, outside))
    });
}

pub(super) fn wheels_below(p: &mut Painter, pose: Pose) {
    for (x, z) in [(-0.74, 1.3), (0.74, 1.3), (-0.74, -1.3), (0.74, -1.3)] {
        let at = |dx: f32, y: f32| v3(pose.x + x + dx, y, pose.z + z - 0.22);
        let polygon = p.camera.polygon(&[
            at(-0.11, 0.0),
            at(0.11, 0.0),
            at(0.11, 0.42),
            at(-0.11, 0.42),
        ]);
        if polygon.len() > 2 {
            p.raster.fill(p.canvas, &[polygon], grey(0.008));
        }
    }
}

pub(super) fn wheels_beside(p: &mut Painter, pose: Pose) {
    let side = (p.camera.position.x - pose.x).signum();
    if (p.camera.position.x - pose.x).abs() < 0.92 {
        return;
    }
    for z in [1.32, -1.32] {
        for (radius, color) in [
            (0.38, 0.004),
            (0.33, 0.012),
            (0.22, 0.24),
            (0.17, 0.05),
            (0.07, 0.20),
        ] {
            let ring: Vec<V3> = (0..20)
                .map(|i| {
                    let (sin, cos) = (i as f32 * std::f32::consts::TAU / 20.0).sin_cos();
                    v3(
                        pose.x + side * 0.915,
                        0.33 + radius * sin,
                        pose.z + z + radius * cos,
                    )
                })
                .collect();
            let polygon = p.camera.polygon(&ring);
            if polygon.len() > 2 {
                p.raster.fill(p.canvas, &[polygon], grey(color));
            }
        }
    }
}

/// Head or tail lamps, their haloes, and their streaks on the wet road.
pub(super) fn lamps(p: &mut Painter, pose: Pose) {
    let (color, y, strength) = if pose.oncoming {
        (v3(3.2, 2.9, 2.4), 0.66, 0.9)
    } else {
        (v3(1.9, 0.10, 0.06), 0.70, 0.22)
    };
    for side in [-1.0f32, 1.0] {
        let middle = v3(pose.x + side * 0.66, y, pose.z - 2.08);
        let Some(center) = p.camera.project(middle) else {
            continue;
        };
        let scale = p.camera.scale(middle);
        let at = |dx: f32, dy: f32| v3(middle.x + side * dx, y + dy, middle.z + 0.12 * (dx + 0.15));
        let lens = p.camera.polygon(&[
            at(-0.16, 0.05),
            at(0.14, 0.07),
            at(0.15, -0.07),
            at(-0.15, -0.06),
        ]);
        if lens.len() > 2 {
            p.raster.fill(p.canvas, &[lens], color);
        }
        glow::add(
            p.canvas,
            center,
            (0.34 * scale, 0.30 * scale),
            color * (0.20 * strength),
        );
        glow::add(
            p.canvas,
            center,
            (1.1 * scale, 0.9 * scale),
            color * (0.025 * strength),
        );
        if let Some(image) = p.camera.project(v3(middle.x, -y, middle.z)) {
            glow::add(
                p.canvas,
                image,
                (0.10 * scale, 0.55 * scale),
                color * (0.10 * strength),
            );
        }
    }
}

//! What stands at the kerb or hangs over it: signs, trees and a railing. Each answers one ray.

use super::light::arriving;
use super::town::{Blade, KERB, KERB_LEFT, LEFT, RIGHT, Town, Tree};
use crate::math::{V3, grey, inside, rgb, smoothstep, v3};
use crate::noise::{fbm, value};

/// Colour and distance along the ray where a sign (or its bracket) is hit.
pub(super) fn hit_blade(town: &Town, blade: &Blade, from: V3, ray: V3) -> Option<(f32, V3)> {
    let t = (blade.z - from.z) / ray.z;
    let p = from + ray * t;
    let right = blade.x0 > 0.0;
    let bracket = inside(p.y, blade.y1 - 0.16, blade.y1 - 0.10)
        && if right {
            inside(p.x, blade.x1, RIGHT)
        } else {
            inside(p.x, LEFT, blade.x0)
        };
    if t > 0.5 && bracket {
        return Some((t, grey(0.05)));
    }
    if t < 0.5 || !inside(p.x, blade.x0, blade.x1) || !inside(p.y, blade.y0, blade.y1) {
        return None;
    }
    let (w, h) = (blade.x1 - blade.x0, blade.y1 - blade.y0);
    let (u, v) = (p.x - blade.x0, blade.y1 - p.y);
    let rim = u.min(w - u).min(v.min(h - v));
    let cap = 0.42;
    let pitch = (h - 0.2) / blade.lines.len() as f32;
    let line = (((v - 0.1) / pitch) as usize).min(blade.lines.len() - 1);
    let text = &blade.lines[line];
    let local = (
        (u - (w - text.width * cap) * 0.5) / cap,
        (v - 0.1 - line as f32 * pitch - (pitch - cap) * 0.5) / cap,
    );
    let paint = if rim < 0.035 {
        blade.ink * 0.8
    } else if text.covers(local.0, local.1, 0.20) {
        blade.ink
    } else {
        blade.color
    };
    let bulbs = 0.85 + 0.25 * (1.0 - (2.0 * v / h - 1.0).powi(2));
    Some((
        t,
        paint.times(
            arriving(town, p, v3(0.0, 0.0, -1.0)) + v3(1.0, 0.93, 0.82) * (blade.glow * bulbs),
        ),
    ))
}

/// Colour and distance where a tree's leaves or trunk are hit; its gaps let the ray through.
pub(super) fn hit_tree(town: &Town, tree: &Tree, from: V3, ray: V3) -> Option<(f32, V3)> {
    let t = (tree.z - from.z) / ray.z;
    let p = from + ray * t;
    let (u, v) = (p.x - tree.x, p.y - tree.height);
    if t < 0.5 || u.abs() > tree.radius * 1.3 || v > tree.radius * 1.5 {
        return None;
    }
    let lobes = fbm(u * 1.1, v * 1.1, 3, tree.seed);
    let edge = (u / 1.1).hypot(v / 1.15) / tree.radius + 0.9 * (lobes - 0.5);
    let leaf = fbm(u * 8.5, v * 8.5, 2, tree.seed ^ 5);
    if leaf < 0.28 + 0.36 * smoothstep(0.45, 1.0, edge) || edge > 1.02 || p.y < 1.4 {
        return trunk(town, tree, t, p);
    }
    let depth = fbm(u * 2.6, v * 2.6 + 0.5, 3, tree.seed ^ 9);
    let speck = value(u * 26.0, v * 26.0, tree.seed ^ 12);
    let shade = (0.35 + 0.85 * depth) * (0.60 + 0.65 * speck) * (0.75 + 0.3 * v / tree.radius);
    let green = v3(0.17, 0.23, 0.065).mix(v3(0.36, 0.26, 0.07), smoothstep(0.4, 0.75, lobes));
    Some((
        t,
        green.times(arriving(town, p, v3(0.0, 0.45, -0.6))) * (shade * 1.5),
    ))
}

fn trunk(town: &Town, tree: &Tree, t: f32, p: V3) -> Option<(f32, V3)> {
    let sway = 0.06 * (p.y * 1.7).sin();
    let bark = 0.13 - 0.016 * p.y + 0.05 * (value(3.0, p.y * 3.0, tree.seed) - 0.5);
    let fork = (p.y - tree.height + 0.9).max(0.0) * 0.55;
    let u = (p.x - tree.x - sway).abs() - fork;
    if u.abs() > bark.max(0.03) || p.y < 0.0 || p.y > tree.height + 0.4 {
        return None;
    }
    let ridges = 0.6 + 0.6 * value(u * 60.0, p.y * 7.0, tree.seed);
    let round = 0.4 + 0.6 * (1.0 - (u / bark).powi(2)).max(0.0);
    Some((
        t,
        v3(0.13, 0.10, 0.075).times(arriving(town, p, v3(0.0, 0.3, -0.8))) * (ridges * round),
    ))
}

/// A railing along the left kerb: posts, bars and a handrail.
pub(super) fn railing(town: &Town, from: V3, ray: V3) -> Option<(f32, V3)> {
    let t = (KERB_LEFT - 0.25 - from.x) / ray.x;
    let p = from + ray * t;
    let y = p.y - KERB;
    if t < 0.5 || !inside(p.z, 27.5, 70.0) || !inside(y, 0.0, 1.05) {
        return None;
    }
    let bar = (p.z / 0.16).fract() < 0.22 && inside(y, 0.12, 1.0);
    let post = (p.z / 2.0).fract() < 0.045;
    let rail = y > 0.98 || inside(y, 0.10, 0.15);
    (bar || post || rail).then(|| {
        (
            t,
            rgb(0x33443f).times(arriving(town, p, v3(1.0, 0.2, 0.0))) * 1.3,
        )
    })
}

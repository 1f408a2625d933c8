//! Dusk: a sky that fades from blue to peach, and warm lamps.

use super::town::{KERB_LEFT, KERB_RIGHT, LEFT, RIGHT, Town};
use crate::math::{V3, smoothstep, v3};
use crate::noise::fbm;

/// Light of a street lamp.
pub(crate) const LAMP: V3 = v3(1.0, 0.66, 0.34);

/// The cloudless sky's colour in a direction of unit length: enough for what a moving car mirrors.
pub(crate) fn clear_sky(d: V3) -> V3 {
    let up = d.y.max(0.0);
    let toward_sun = smoothstep(-0.6, 0.5, d.x * 0.6 + 0.3) * smoothstep(-0.2, 1.0, d.z);
    let zenith = v3(0.13, 0.24, 0.50);
    let middle = v3(0.46, 0.50, 0.66);
    let horizon = v3(1.25, 0.66, 0.34).mix(v3(0.95, 0.70, 0.55), 1.0 - toward_sun);
    middle
        .mix(zenith, smoothstep(0.16, 0.62, up))
        .mix(horizon, (1.0 - up / 0.26).clamp(0.0, 1.0).powi(2))
}

/// The sky's colour in a direction (need not be normalised), with thin clouds lit from below.
pub(crate) fn sky(direction: V3, seed: u32) -> V3 {
    let d = direction.unit();
    let up = d.y.max(0.0);
    let spread = 1.0 / (up + 0.10);
    let cloud = fbm(
        d.x * spread * 1.3 + 7.0,
        d.z * spread * 0.42 + up * 5.0,
        5,
        seed ^ 0xC10D,
    );
    let amount = smoothstep(0.50, 0.74, cloud) * smoothstep(0.02, 0.12, up) * 0.75;
    clear_sky(d).mix(
        v3(1.05, 0.62, 0.50).mix(v3(0.62, 0.60, 0.72), smoothstep(0.1, 0.5, up)),
        amount,
    )
}

/// Light arriving at a point with a given surface normal: sky seen between the houses, plus the lamps near it.
pub(crate) fn arriving(town: &Town, p: V3, normal: V3) -> V3 {
    let open = 0.62 + 0.38 * smoothstep(0.0, 9.0, p.y);
    let from_sky = v3(0.36, 0.43, 0.60) * (0.62 + 0.38 * normal.y.max(0.0)) * open;
    // The low western sky at the end of the street.
    let from_west = v3(0.62, 0.38, 0.22) * (0.30 * (normal.z * 0.5 + 0.5) + 0.12);
    let corner = (p.x - LEFT).min(RIGHT - p.x).max(0.0);
    let near_corner = if normal.y > 0.5 {
        0.55 + 0.45 * smoothstep(0.0, 1.2, corner)
    } else {
        1.0
    };
    let near_ground = if normal.y > 0.5 {
        1.0
    } else {
        0.65 + 0.35 * smoothstep(0.0, 1.3, p.y)
    };
    let mut light = (from_sky + from_west) * (near_corner * near_ground);
    for &lamp in &town.lamps {
        let to = lamp - p;
        if to.z.abs() > 12.3 {
            continue;
        }
        let distance2 = to.dot(to);
        if distance2 < 150.0 {
            let facing = (to.dot(normal) / distance2.sqrt()).max(0.0) * 0.9 + 0.1;
            let downward = smoothstep(-0.25, 0.35, to.y / distance2.sqrt());
            light += LAMP
                * (13.0 * facing * downward / (distance2 + 2.5)
                    * smoothstep(150.0, 60.0, distance2));
        }
    }
    light + shop_light(p)
}

/// Warm light that falls out of the shop windows onto the sidewalks.
fn shop_light(p: V3) -> V3 {
    if p.y > 0.5 || (p.x > KERB_LEFT - 0.4 && p.x < KERB_RIGHT + 0.4) {
        return V3::default();
    }
    let distance = (p.x - LEFT).min(RIGHT - p.x).max(0.0);
    let along = 0.55 + 0.45 * (p.z * 0.9).sin();
    v3(1.0, 0.72, 0.42) * (0.55 * along * (-distance * 0.9).exp())
}

/// Fades a colour into the evening haze with distance.
pub(crate) fn haze(color: V3, distance: f32) -> V3 {
    color.mix(
        v3(0.74, 0.52, 0.42),
        1.0 - (-(distance - 8.0).max(0.0) / 420.0).exp(),
    )
}

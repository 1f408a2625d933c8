//! Road, kerbs and sidewalks.

use super::town::{KERB, KERB_LEFT, KERB_RIGHT, Town};
use crate::math::{V3, grey, inside, rgb, smoothstep, v3};
use crate::noise::{fbm, unit, value};

/// Where the zebra crossing lies, metres down the street.
pub(crate) const CROSSING: (f32, f32) = (22.0, 25.5);

/// What the ground is made of at a point: its colour and how mirror-like its wet film is (0…1).
pub(crate) fn material(town: &Town, x: f32, z: f32, footprint: f32) -> (V3, f32) {
    if !(KERB_LEFT..=KERB_RIGHT).contains(&x) {
        sidewalk(town, x, z, footprint)
    } else {
        road(town, x, z, footprint)
    }
}

/// Height of the ground: the sidewalks lie a kerb higher.
pub(crate) fn height(x: f32) -> f32 {
    if !(KERB_LEFT..=KERB_RIGHT).contains(&x) {
        KERB
    } else {
        0.0
    }
}

/// Fades fine detail out where a pixel covers much more than `size` metres, before it can alias.
fn detail(size: f32, footprint: f32) -> f32 {
    1.0 / (1.0 + (footprint / size).powi(2) * 0.3)
}

fn road(town: &Town, x: f32, z: f32, footprint: f32) -> (V3, f32) {
    let seed = town.seed;
    let grit = (unit((x * 70.0).floor() as i32, (z * 70.0).floor() as i32, seed) - 0.5)
        * detail(0.014, footprint)
        + (value(x * 22.0, z * 22.0, seed ^ 3) - 0.5) * detail(0.05, footprint);
    let patches = fbm(x * 0.45, z * 0.22, 4, seed ^ 5);
    let tracks = [-2.55, -1.05, 1.05, 2.55]
        .iter()
        .map(|t| (-((x - t) / 0.28).powi(2)).exp())
        .sum::<f32>();
    let mut albedo = grey(0.155 + 0.085 * (patches - 0.5) + 0.10 * grit - 0.018 * tracks)
        .times(v3(1.0, 0.98, 0.96));
    let repair = inside(x, -3.1, -1.9) && inside(z, 10.2, 14.6)
        || inside(x, 1.6, 2.9) && inside(z, 29.0, 33.0);
    if repair {
        albedo = albedo * 0.72;
    }
    let crack = (fbm(x * 0.8, z * 0.8, 4, seed ^ 9) - 0.5).abs();
    albedo = albedo * (0.55 + 0.45 * smoothstep(0.0, 0.012, crack));
    let worn = smoothstep(0.30, 0.52, fbm(x * 4.0, z * 2.2, 3, seed ^ 11) + 0.10);
    if painted(x, z) {
        albedo = albedo.mix(rgb(0xe6e2d6), 0.55 + 0.40 * worn);
    }
    if (x + 1.75).hypot(z - 17.6) < 0.38 {
        albedo = manhole(x + 1.75, z - 17.6);
    }
    let puddle = smoothstep(0.54, 0.68, fbm(x * 0.55 + 3.0, z * 0.30, 3, seed ^ 21));
    let gutter = smoothstep(0.5, 0.0, (x - KERB_LEFT).min(KERB_RIGHT - x));
    (
        albedo * (1.0 - 0.35 * puddle),
        0.06 + 0.62 * puddle.max(0.6 * gutter),
    )
}

fn painted(x: f32, z: f32) -> bool {
    let dash = inside(x, -0.07, 0.07)
        && (z / 6.0).fract() < 0.5
        && z > 2.0
        && !inside(z, CROSSING.0 - 3.0, CROSSING.1 + 3.0);
    let bay_edge = inside(x, 3.45, 3.55) && !inside(z, CROSSING.0 - 5.0, CROSSING.1 + 5.0);
    let bay_mark = inside(x, 3.55, 5.6)
        && ((z + 2.4) / 6.2).fract() * 6.2 < 0.1
        && !inside(z, CROSSING.0 - 5.0, CROSSING.1 + 5.0);
    let zebra = inside(z, CROSSING.0, CROSSING.1)
        && inside(x, KERB_LEFT + 0.3, KERB_RIGHT - 0.3)
        && (x + 100.0).rem_euclid(1.0) < 0.5;
    let stop = inside(z, CROSSING.0 - 1.6, CROSSING.0 - 1.2) && inside(x, 0.15, 3.4);
    dash || bay_edge || bay_mark || zebra || stop
}

fn manhole(x: f32, z: f32) -> V3 {
    let ring = x.hypot(z) > 0.33;
    let bump = (x * 16.0).sin() * (z * 16.0).sin() > 0.0;
    grey(if ring {
        0.06
    } else if bump {
        0.16
    } else {
        0.09
    })
}

fn sidewalk(town: &Town, x: f32, z: f32, footprint: f32) -> (V3, f32) {
    let kerb = (x - KERB_LEFT).abs().min((x - KERB_RIGHT).abs());
    let seed = town.seed ^ 31;
    let grit = (value(x * 40.0, z * 40.0, seed) - 0.5) * detail(0.03, footprint);
    if kerb < 0.22 {
        let joint = (z / 0.9).fract() < 0.025;
        return (
            grey(0.42 + 0.09 * grit) * if joint { 0.45 } else { 1.0 },
            0.04,
        );
    }
    let (u, v) = (x / 0.5, z / 0.5 + (x / 0.5).floor() * 0.5);
    let joint = u.rem_euclid(1.0) < 0.05 || v.rem_euclid(1.0) < 0.05;
    let tone = unit(u.floor() as i32, v.floor() as i32, seed);
    let stains = fbm(x * 0.9, z * 0.6, 4, seed ^ 2);
    let color = v3(0.30, 0.275, 0.25) * (0.74 + 0.34 * tone + 0.35 * (stains - 0.5) + 0.35 * grit);
    let wet = 0.35 * smoothstep(0.55, 0.7, fbm(x * 0.7, z * 0.4, 3, seed ^ 8));
    (
        if joint {
            color * (1.0 - 0.5 * detail(0.05, footprint))
        } else {
            color
        },
        wet,
    )
}

//! House fronts: walls, windows with depth, shops with goods and name boards.

use super::light::{arriving, sky};
use super::shop;
use super::town::{Building, Town, Wall};
use crate::math::{V3, grey, inside, rgb, smoothstep, v3};
use crate::noise::{brick, fbm, unit, value};

/// Height of the shop floor; the flats above repeat every [`STOREY`] metres.
const SHOP: f32 = 3.5;
const STOREY: f32 = 3.1;

/// One point of a facade, as the shaders see it.
pub(super) struct Spot<'a> {
    pub(super) house: &'a Building,
    pub(super) town: &'a Town,
    pub(super) point: V3,
    /// From the camera to the point.
    pub(super) ray: V3,
    pub(super) normal: V3,
    /// Metres along the front from the house's reading start, and the house's length.
    pub(super) s: f32,
    pub(super) length: f32,
    /// Metres a pixel covers here.
    pub(super) footprint: f32,
}

/// The light a facade sends to the camera from `point`.
pub(crate) fn shade(
    town: &Town,
    house: &Building,
    point: V3,
    ray: V3,
    right: bool,
    footprint: f32,
) -> V3 {
    let length = house.z1 - house.z0;
    // Text reads left to right for somebody facing the front.
    let s = if right {
        house.z1 - point.z
    } else {
        point.z - house.z0
    };
    let normal = v3(if right { -1.0 } else { 1.0 }, 0.0, 0.0);
    let spot = Spot {
        house,
        town,
        point,
        ray,
        normal,
        s,
        length,
        footprint,
    };
    if point.y < SHOP {
        shop::front(&spot)
    } else {
        flats(&spot)
    }
}

/// The bare side of a house that is taller than its neighbour.
pub(crate) fn gable(town: &Town, house: &Building, point: V3, footprint: f32) -> V3 {
    let normal = v3(0.0, 0.0, -1.0);
    wall(house, point.x, point.y, footprint).times(arriving(town, point, normal)) * 0.8
}

pub(super) fn lit(spot: &Spot, albedo: V3) -> V3 {
    albedo.times(arriving(spot.town, spot.point, spot.normal))
}

pub(super) fn wall(house: &Building, s: f32, y: f32, footprint: f32) -> V3 {
    let seed = house.seed;
    let dirt = 0.80 + 0.40 * (fbm(s * 0.7, y * 0.45, 5, seed) - 0.25);
    let streak = 1.0 - 0.22 * smoothstep(0.55, 0.8, fbm(s * 3.1, y * 0.25, 3, seed ^ 4));
    let fade = 1.0 / (1.0 + (footprint / 0.05).powi(2) * 0.35);
    let texture = match house.wall {
        Wall::Brick => {
            let (solid, tone) = brick(s, y, 0.25, 0.082, seed);
            let brick = if solid { 0.72 + 0.52 * tone } else { 1.30 };
            1.0 + (brick - 1.0) * fade
        }
        Wall::Plaster => 1.0 + (fbm(s * 14.0, y * 14.0, 3, seed ^ 2) - 0.5) * 0.28 * fade,
        Wall::Stone => {
            let (solid, tone) = brick(s, y, 0.9, 0.42, seed);
            if solid {
                0.86 + 0.26 * tone + (value(s * 30.0, y * 30.0, seed) - 0.5) * 0.16 * fade
            } else {
                0.5
            }
        }
    };
    house.color * (texture * dirt * streak)
}

fn flats(spot: &Spot) -> V3 {
    let Spot { house, s, .. } = *spot;
    let y = spot.point.y;
    let storey = ((y - SHOP) / STOREY).floor();
    let (u, v) = (
        (s / house.bay).fract() * house.bay - house.bay * 0.5,
        y - SHOP - storey * STOREY,
    );
    let (half, low, high) = (house.window * 0.5, 0.85, 2.55);
    if y > house.height - 0.7 {
        return cornice(spot);
    }
    if u.abs() < half && inside(v, low, high) {
        let cell = ((s / house.bay).floor() as i32, storey as i32);
        return window(spot, cell, u, v, (half, low, high));
    }
    let trim = rgb(0xe4ddcf);
    if u.abs() < half + 0.14 && inside(v, low - 0.12, high + 0.20) {
        let sill = v < low;
        return lit(
            spot,
            trim * if sill {
                0.95
            } else {
                0.72 + 0.06 * value(s * 9.0, y * 9.0, house.seed)
            },
        );
    }
    // Shadow under the sill, a string course between the storeys, and a rain pipe at the house's edge.
    let under_sill = if u.abs() < half + 0.16 && inside(v, low - 0.34, low - 0.12) {
        0.62
    } else {
        1.0
    };
    if v < 0.16 {
        return lit(spot, trim * if v < 0.03 { 0.30 } else { 0.60 });
    }
    if inside(s, 0.12, 0.24) {
        return lit(
            spot,
            rgb(0x6a6f70) * (0.55 + 0.65 * ((s - 0.12) / 0.12 * std::f32::consts::PI).sin()),
        );
    }
    lit(spot, wall(house, s, y, spot.footprint) * under_sill)
}

fn cornice(spot: &Spot) -> V3 {
    let below = spot.house.height - spot.point.y;
    let dentil = inside(below, 0.42, 0.62) && (spot.s / 0.22).fract() < 0.5;
    let step = if below < 0.16 {
        0.95
    } else if below < 0.38 {
        0.62
    } else if dentil {
        0.75
    } else {
        0.40
    };
    lit(
        spot,
        rgb(0xd8d0c2) * (step * (0.9 + 0.2 * value(spot.s * 3.0, below * 9.0, 3))),
    )
}

/// Follows the camera's ray to a plane `depth` metres behind the front: the offset along the front and up.
pub(super) fn parallax(spot: &Spot, depth: f32) -> (f32, f32) {
    let steps = depth / spot.ray.x.abs().max(1e-3);
    let along = if spot.normal.x < 0.0 {
        -spot.ray.z
    } else {
        spot.ray.z
    };
    (
        (along * steps).clamp(-3.0, 3.0),
        (spot.ray.y * steps).clamp(-3.0, 3.0),
    )
}

/// What the glass mirrors: the sky along the street or the houses opposite.
pub(super) fn mirrored(spot: &Spot) -> V3 {
    let bounce = v3(-spot.ray.x, spot.ray.y, spot.ray.z);
    let wobble = 0.03 * (value(spot.s * 5.0, spot.point.y * 5.0, spot.house.seed) - 0.5);
    let slope = bounce.y / bounce.x.abs().max(1e-3) + wobble;
    let rooftop = spot.point.y + slope * 13.0;
    if rooftop > 12.5 {
        sky(bounce + v3(0.0, wobble, 0.0), spot.town.seed)
    } else {
        v3(0.16, 0.13, 0.12)
    }
}

fn window(spot: &Spot, cell: (i32, i32), u: f32, v: f32, (half, low, high): (f32, f32, f32)) -> V3 {
    let house = spot.house;
    let (du, dv) = parallax(spot, 0.16);
    let (gu, gv) = (u + du, v + dv);
    if gu.abs() > half || !inside(gv, low, high) {
        let reveal = if gv > high {
            0.34
        } else if gv < low {
            0.85
        } else {
            0.55
        };
        return lit(spot, house.color.mix(grey(0.6), 0.5) * reveal);
    }
    let frame = 0.055;
    let mullion =
        (gu.abs() < frame * 0.5) || (gv - (low + (high - low) * 0.68)).abs() < frame * 0.5;
    if half - gu.abs() < frame || gv - low < frame || high - gv < frame || mullion {
        let paint = if unit(cell.0, 91, house.seed) < 0.12 {
            house.accent
        } else {
            rgb(0xece7dc)
        };
        return lit(spot, paint * 0.85);
    }
    let glass = mirrored(spot);
    let reflect = 0.16 + 0.45 * (1.0 - spot.ray.unit().x.abs()).powi(3);
    let chance = unit(cell.0, cell.1, house.seed ^ 17);
    if chance < 0.42 {
        room(spot, cell, gu / half, (gv - low) / (high - low)) + glass * (reflect * 0.4)
    } else {
        let blind = unit(cell.0, cell.1, house.seed ^ 23) * 0.9;
        let dark = if gv > high - blind * (high - low) && chance > 0.6 {
            grey(0.24)
        } else {
            v3(0.025, 0.03, 0.04)
        };
        dark.times(v3(0.9, 0.95, 1.1)) + glass * reflect
    }
}

/// A lit room: lamp-coloured, curtains at the sides, something on the wall.
fn room(spot: &Spot, cell: (i32, i32), u: f32, v: f32) -> V3 {
    let seed = spot.house.seed
        ^ (cell.0 as u32).wrapping_mul(7919)
        ^ (cell.1 as u32).wrapping_mul(104_729);
    let warm = v3(1.0, 0.66, 0.33).mix(v3(1.0, 0.86, 0.66), unit(1, 2, seed));
    let (du, dv) = parallax(spot, 1.6);
    let (bu, bv) = (u + du * 1.2, v + dv * 0.5);
    let lamp = 1.25 * (-((bu - 0.3).powi(2) + (bv - 0.85).powi(2)) * 1.2).exp();
    let picture = inside(bu, -0.6, -0.1) && inside(bv, 0.4, 0.75);
    let furniture = bv < 0.18 + 0.25 * value(bu * 3.0, 0.0, seed);
    let wall = if picture {
        0.35
    } else if furniture {
        0.22
    } else {
        0.75
    };
    let curtain = smoothstep(0.45, 0.55, u.abs() + 0.06 * (v * 3.0).sin());
    let folds = 0.62 + 0.30 * (u * 26.0 + (v * 2.0).sin()).sin();
    warm * ((0.45 + lamp) * (wall + (folds - wall) * curtain))
}

//! The shops on the ground floor: goods behind glass, a door, and a name board.

use super::facade::{Spot, lit, mirrored, parallax, wall};
use super::light::arriving;
use crate::math::{V3, grey, inside, rgb, smoothstep, v3};
use crate::noise::{unit, value};

pub(super) fn front(spot: &Spot) -> V3 {
    let Spot {
        house, s, length, ..
    } = *spot;
    let y = spot.point.y;
    if y > 2.62 {
        return board(spot);
    }
    let door = (s - length * 0.78).abs() < 0.62;
    let pane = s > 0.55 && s < length * 0.78 - 1.0 || s > length * 0.78 + 1.0 && s < length - 0.45;
    let frame_color = house.accent * 1.15;
    if door && inside(y, 0.14, 2.45) {
        return shop_door(spot, s - length * 0.78, y);
    }
    if pane && inside(y, 0.62, 2.45) {
        let post = ((s - 0.55) / 1.7).fract() * 1.7;
        if !inside(post, 0.05, 1.65) || !(0.67..=2.40).contains(&y) {
            return lit(spot, frame_color);
        }
        return goods(spot, y);
    }
    if y < 0.62 {
        let panel = (s / 0.85).fract();
        let groove = !inside(panel, 0.06, 0.94) || inside(y, 0.50, 0.54);
        return lit(spot, frame_color * if groove { 0.45 } else { 0.85 });
    }
    lit(spot, wall(house, s, y, spot.footprint) * 0.95)
}

/// The lit shop window: shelves of coloured goods half a metre behind the glass.
fn goods(spot: &Spot, y: f32) -> V3 {
    let seed = spot.house.seed;
    let (du, dv) = parallax(spot, 0.55);
    let (u, v) = (spot.s + du * 0.6, y + dv);
    let shelf = ((v - 0.55) / 0.46).floor();
    let fv = (v - 0.55) / 0.46 - shelf;
    let pitch = 0.14 + 0.14 * unit(5, 5, seed);
    let column = (u / pitch).floor();
    let (fu, r) = ((u / pitch).rem_euclid(1.0), |k: i32| {
        unit(column as i32, shelf as i32 * 8 + k, seed ^ 51)
    });
    let light = 0.75 + 0.55 * smoothstep(0.6, 2.4, v);
    let glow = v3(1.0, 0.80, 0.54).mix(v3(1.0, 0.92, 0.80), unit(4, 4, seed)) * light;
    if fv < 0.08 {
        return glow * 0.55;
    }
    if r(0) < 0.80 && inside(fu, 0.08, 0.92) && fv < 0.35 + 0.55 * r(1) {
        let hue =
            (unit(6, 6, seed) + (0.12 + 0.4 * unit(7, 7, seed)) * r(2)) * std::f32::consts::TAU;
        let color = v3(
            0.5 + 0.42 * hue.cos(),
            0.46 + 0.36 * (hue - 2.1).cos(),
            0.40 + 0.34 * (hue + 2.1).cos(),
        );
        let band = if inside(fv / (0.35 + 0.55 * r(1)), 0.35, 0.62) {
            grey(0.85)
        } else {
            color
        };
        return glow.times(band) * (0.55 + 0.45 * (fu * std::f32::consts::PI).sin())
            + mirrored(spot) * 0.05;
    }
    glow * (0.34 + 0.10 * value(u * 2.0, v * 2.0, seed)) + mirrored(spot) * 0.06
}

fn shop_door(spot: &Spot, u: f32, y: f32) -> V3 {
    let frame = u.abs() > 0.50 || !(0.5..=2.30).contains(&y) || inside(y, 1.05, 1.15);
    let handle = inside(u, 0.36, 0.42) && inside(y, 0.95, 1.35);
    if handle {
        return lit(spot, rgb(0xd0b070));
    }
    if frame {
        return lit(spot, spot.house.accent * 0.8);
    }
    v3(0.85, 0.60, 0.34) * (0.35 + 0.35 * value(u * 3.0, y * 2.0, spot.house.seed))
        + mirrored(spot) * 0.15
}

/// The name board over the shop, lit from above, and the cornice that carries it.
fn board(spot: &Spot) -> V3 {
    let Spot {
        house, s, length, ..
    } = *spot;
    let y = spot.point.y;
    if y > 3.32 {
        return lit(spot, rgb(0xcfc6b6) * if y > 3.44 { 0.85 } else { 0.5 });
    }
    let cap = 0.40;
    let start = (length - house.text.width * cap) * 0.5;
    let glow = v3(1.0, 0.80, 0.55) * (0.40 + 0.5 * smoothstep(2.62, 3.3, y));
    let edge = inside(y, 2.62, 2.67) || inside(y, 3.27, 3.32);
    let letter = house.text.covers((s - start) / cap, (3.17 - y) / cap, 0.19);
    let paint = if letter {
        rgb(0xfdf3d8)
    } else if edge {
        rgb(0xc9a24a)
    } else {
        house.accent
    };
    paint.times(arriving(spot.town, spot.point, spot.normal) + glow)
}

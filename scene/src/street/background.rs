//! Everything that stands still, ray-cast once per size and kept.

use super::camera::Camera;
use super::facade;
use super::ground;
use super::light::{arriving, haze, sky};
use super::props::{hit_blade, hit_tree, railing};
use super::town::{Building, KERB, KERB_LEFT, KERB_RIGHT, LEFT, RIGHT, Town};
use crate::canvas::Canvas;
use crate::math::{V3, grey, inside, v3};
use crate::noise::{unit, value};

/// Renders the street without anything that moves.
pub(crate) fn render(town: &Town, camera: &Camera, canvas: &mut Canvas) {
    let grid = if canvas.width * canvas.height > 120_000 {
        3
    } else {
        4
    };
    canvas.supersample(grid, |x, y| {
        let direction = camera.ray(x, y);
        look(town, camera.position, direction, 1.0 / camera.focal, true)
    });
}

/// The light that reaches `from` along `ray` (whose z component is about 1).
fn look(town: &Town, from: V3, ray: V3, pixel: f32, mirror: bool) -> V3 {
    let (mut color, mut reach) = solid(town, from, ray, pixel, mirror);
    for blade in &town.blades {
        if let Some((t, c)) = hit_blade(town, blade, from, ray)
            && t < reach
        {
            (color, reach) = (haze(c, t), t);
        }
    }
    if let Some((t, c)) = railing(town, from, ray)
        && t < reach
    {
        (color, reach) = (haze(c, t), t);
    }
    for tree in &town.trees {
        if let Some((t, c)) = hit_tree(town, tree, from, ray)
            && t < reach
        {
            (color, reach) = (haze(c, t), t);
        }
    }
    color
}

/// Ground, facades and sky: the colour and how far along the ray it lies.
fn solid(town: &Town, from: V3, ray: V3, pixel: f32, mirror: bool) -> (V3, f32) {
    let right = ray.x > 0.0;
    let wall_x = if right { RIGHT } else { LEFT };
    let to_wall = if ray.x.abs() > 1e-6 {
        (wall_x - from.x) / ray.x
    } else {
        f32::MAX
    };
    let to_road = if ray.y < -1e-6 {
        -from.y / ray.y
    } else {
        f32::MAX
    };
    if to_road < to_wall || to_road < f32::MAX && from.y + ray.y * to_wall < KERB {
        return ground_hit(town, from, ray, pixel, to_road, mirror);
    }
    let houses = town.row(right);
    let end = houses.last().map_or(0.0, |h| h.z1);
    let z = from.z + ray.z * to_wall;
    if ray.z > 0.0 && z < end {
        let y = from.y + ray.y * to_wall;
        let index = houses.partition_point(|h| h.z1 < z);
        if let Some(house) = houses.get(index) {
            let point = v3(wall_x, y, z);
            if y < roofline(house, z) {
                let foreshortened = pixel * to_wall / ray.unit().x.abs().max(0.05);
                return (
                    haze(
                        facade::shade(town, house, point, ray, right, foreshortened),
                        to_wall,
                    ),
                    to_wall,
                );
            }
            if let Some(found) = over_the_roofs(town, &houses[index + 1..], from, ray, pixel) {
                return found;
            }
        }
    }
    skyline(town, ray)
}

fn ground_hit(town: &Town, from: V3, ray: V3, pixel: f32, to_road: f32, mirror: bool) -> (V3, f32) {
    let at_road = from.x + ray.x * to_road;
    let raised = !(KERB_LEFT..=KERB_RIGHT).contains(&at_road);
    let kerb_x = if ray.x < 0.0 { KERB_LEFT } else { KERB_RIGHT };
    let t = if raised {
        (KERB - from.y) / ray.y
    } else {
        to_road
    };
    let hit = from + ray * t;
    if raised && hit.x > KERB_LEFT && hit.x < KERB_RIGHT {
        let t = (kerb_x - from.x) / ray.x;
        let point = from + ray * t;
        return (
            haze(
                grey(0.30).times(arriving(town, point, v3(-ray.x.signum(), 0.0, 0.0))),
                t,
            ),
            t,
        );
    }
    let footprint = pixel * t;
    let (albedo, wet) = ground::material(town, hit.x, hit.z, footprint * 2.0);
    let mut color = albedo.times(arriving(
        town,
        v3(hit.x, ground::height(hit.x), hit.z),
        v3(0.0, 1.0, 0.0),
    ));
    if mirror && wet > 0.02 {
        let bump = |s: u32| value(hit.x * 9.0, hit.z * 3.5, town.seed ^ s) - 0.5;
        let rough = 0.05 * (1.0 - wet);
        let bounced = v3(
            ray.x + rough * bump(61),
            -ray.y + (0.02 + rough) * bump(62).abs(),
            ray.z,
        );
        let fresnel = 0.05 + 0.95 * (1.0 - (-ray.unit().y).max(0.0)).powi(5);
        let seen = look(town, hit + v3(0.0, 0.01, 0.0), bounced, pixel, false);
        color = color.mix(seen, (wet * fresnel * 1.3).min(0.85));
    }
    (haze(color, t), t)
}

/// The top edge of a house, with its chimneys.
fn roofline(house: &Building, z: f32) -> f32 {
    let along = z - house.z0;
    let at = 1.2 + 3.5 * unit(1, 1, house.seed);
    let chimney = inside(along, at, at + 0.9);
    let pots = inside(along, at + 0.15, at + 0.35) || inside(along, at + 0.55, at + 0.75);
    house.height
        + if pots {
            1.5
        } else if chimney {
            1.15
        } else {
            0.0
        }
}

/// Past the edge of one roof the ray may still meet the side wall of a taller house further on.
fn over_the_roofs(
    town: &Town,
    houses: &[Building],
    from: V3,
    ray: V3,
    pixel: f32,
) -> Option<(V3, f32)> {
    houses.iter().find_map(|house| {
        let t = (house.z0 - from.z) / ray.z;
        let point = from + ray * t;
        let depth = if ray.x > 0.0 {
            point.x - RIGHT
        } else {
            LEFT - point.x
        };
        let hit = point.y < house.height && point.y > 3.0 && inside(depth, 0.0, 12.0);
        hit.then(|| (haze(facade::gable(town, house, point, pixel * t), t), t))
    })
}

/// The far end of the street: hazy hills, roofs and a church tower before the sky.
fn skyline(town: &Town, ray: V3) -> (V3, f32) {
    const FAR: f32 = 500.0;
    let (u, v) = (ray.x / ray.z.abs().max(1e-3), ray.y / ray.z.abs().max(1e-3));
    if ray.z <= 0.0 {
        return (sky(ray, town.seed), FAR);
    }
    let blocks = (u * 70.0).floor() as i32;
    let roofs = 0.022 + 0.030 * unit(blocks, 3, town.seed) + 0.02 * unit(blocks / 3, 4, town.seed);
    let tower = (u + 0.028).abs();
    let spire =
        tower < 0.013 && v < 0.115 || tower < 0.013 * ((0.185 - v) / 0.07).min(1.0) && v < 0.185;
    if v < roofs || spire {
        let windows = inside((u * 420.0).rem_euclid(2.0), 0.5, 1.1)
            && inside((v * 420.0).rem_euclid(3.0), 1.0, 2.0);
        let lamp = windows
            && unit(
                (u * 210.0).floor() as i32,
                (v * 140.0).floor() as i32,
                town.seed,
            ) < 0.3;
        let body = v3(0.34, 0.27, 0.29)
            * if spire {
                0.72
            } else {
                0.8 + 0.4 * unit(blocks, 9, town.seed)
            };
        return (
            if lamp {
                v3(1.1, 0.75, 0.4)
            } else {
                body.mix(v3(0.9, 0.6, 0.45), 0.25)
            },
            FAR,
        );
    }
    (sky(ray, town.seed), FAR)
}

//! Cars: a lofted body and cabin, lamps, wheels and a number plate.

use super::camera::Camera;
use super::light::{arriving, clear_sky};
use super::mesh::{ARC, RING, Ring, Vertex, facet, hull, loft};
use super::town::Town;
use super::trim::{lamps, shadow, wheels_below, wheels_beside};
use crate::canvas::Canvas;
use crate::font::TextLine;
use crate::math::{V3, grey, rgb, smoothstep, v3};
use crate::raster::{Point, Raster, capsule};

/// What a car looks like.
#[derive(Clone, Debug)]
pub(crate) struct Car {
    pub(crate) paint: V3,
    pub(crate) van: bool,
    pub(crate) plate: String,
    body: Vec<[Vertex; RING]>,
    cabin: Vec<[Vertex; RING]>,
}

/// Where a car is: the middle of its footprint, and whether it drives towards the camera.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pose {
    pub(crate) x: f32,
    pub(crate) z: f32,
    pub(crate) oncoming: bool,
    pub(crate) lights: bool,
}

impl Pose {
    fn place(&self, p: V3) -> V3 {
        let s = if self.oncoming { -1.0 } else { 1.0 };
        v3(self.x + s * p.x, p.y, self.z + s * p.z)
    }

    fn turn(&self, n: V3) -> V3 {
        if self.oncoming {
            v3(-n.x, n.y, -n.z)
        } else {
            n
        }
    }
}

/// Everything drawing needs, together.
pub(crate) struct Painter<'a> {
    pub(crate) canvas: &'a mut Canvas,
    pub(crate) raster: &'a mut Raster,
    pub(crate) camera: &'a Camera,
    pub(crate) town: &'a Town,
}

impl Car {
    pub(crate) fn new(paint: u32, van: bool, plate: String) -> Car {
        let ring = |y, half, rear, front, radius, slope| Ring {
            y,
            half,
            rear,
            front,
            radius,
            slope,
        };
        let body = [
            ring(0.22, 0.80, -2.02, 2.02, 0.30, 0.0),
            ring(0.34, 0.89, -2.12, 2.14, 0.32, 0.0),
            ring(0.58, 0.91, -2.14, 2.14, 0.36, 0.02),
            ring(0.78, 0.89, -2.10, 2.06, 0.40, 0.08),
            ring(0.92, 0.83, -2.00, 1.86, 0.42, 0.16),
        ];
        let (top, back, brow) = if van {
            (1.78, -1.86, 0.75)
        } else {
            (1.46, -1.08, 0.10)
        };
        let cabin = [
            ring(
                0.88,
                0.81,
                if van { -1.98 } else { -1.78 },
                1.02,
                0.30,
                0.10,
            ),
            ring(
                0.98,
                0.79,
                if van { -1.97 } else { -1.66 },
                0.88,
                0.30,
                0.06,
            ),
            ring(top - 0.12, 0.65, back - 0.06, brow + 0.10, 0.28, 0.0),
            ring(top, 0.55, back + 0.10, brow - 0.12, 0.26, 0.0),
        ];
        Car {
            paint: rgb(paint),
            van,
            plate,
            body: loft(&body),
            cabin: loft(&cabin),
        }
    }

    /// The number plate's corners in the world: top left, top right, bottom right, bottom left as seen.
    pub(crate) fn plate_quad(&self, pose: Pose) -> [V3; 4] {
        let (z, y) = if pose.oncoming {
            (pose.z - 2.16, 0.36)
        } else {
            (pose.z - 2.16, 0.56)
        };
        let (hw, hh) = (0.34, 0.085);
        [
            v3(-hw, hh, 0.0),
            v3(hw, hh, 0.0),
            v3(hw, -hh, 0.0),
            v3(-hw, -hh, 0.0),
        ]
        .map(|o| v3(pose.x, y, z) + o)
    }

    pub(crate) fn draw(&self, p: &mut Painter, pose: Pose) {
        shadow(p, pose);
        wheels_below(p, pose);
        self.shell(p, pose, &self.body, &|_, _| self.paint);
        wheels_beside(p, pose);
        let glass = v3(0.012, 0.015, 0.018);
        self.shell(p, pose, &self.cabin, &|level, i| {
            let pillar = i % ARC != ARC - 1;
            let side = i / ARC == 0 || i / ARC == 2;
            if level == 1 && !(pillar || self.van && side) {
                glass
            } else {
                self.paint
            }
        });
        self.end_details(p, pose);
        self.draw_plate(p, pose);
        if pose.lights {
            lamps(p, pose);
        }
    }

    /// Paints one closed shell: its silhouette, the facets that face the camera, and its top.
    fn shell(
        &self,
        p: &mut Painter,
        pose: Pose,
        rings: &[[Vertex; RING]],
        albedo: &dyn Fn(usize, usize) -> V3,
    ) {
        let world = |v: &Vertex| pose.place(v.point);
        let Some(points) = rings
            .iter()
            .flatten()
            .map(|v| p.camera.project(world(v)))
            .collect::<Option<Vec<Point>>>()
        else {
            return;
        };
        p.raster.fill(p.canvas, &[hull(points)], self.paint * 0.10);
        for level in 0..rings.len() - 1 {
            for i in 0..RING {
                let j = (i + 1) % RING;
                let corners = [
                    rings[level][i],
                    rings[level][j],
                    rings[level + 1][j],
                    rings[level + 1][i],
                ];
                let facing = pose.turn(corners.iter().fold(V3::default(), |sum, c| sum + c.normal));
                if facing.dot(p.camera.position - world(&corners[0])) > 0.0 {
                    let color = albedo(level, i);
                    let shaded = corners.map(|c| (world(&c), finish(p, pose, &c, color)));
                    facet(p.raster, p.canvas, p.camera, &shaded);
                }
            }
        }
        if let Some(top) = rings.last() {
            let up = |v: &Vertex| Vertex {
                point: v.point,
                normal: (v.normal * 0.25 + v3(0.0, 1.0, 0.0)).unit(),
            };
            let shaded: Vec<(V3, V3)> = top
                .iter()
                .map(|v| (world(v), finish(p, pose, &up(v), self.paint)))
                .collect();
            facet(p.raster, p.canvas, p.camera, &shaded);
        }
    }

    fn end_details(&self, p: &mut Painter, pose: Pose) {
        let z = -2.15;
        let mut rect = |x0: f32, x1: f32, y0: f32, y1: f32, inset: f32, color: V3| {
            let at = |x: f32, y: f32| v3(pose.x + x, y, pose.z + z + inset);
            let polygon = p
                .camera
                .polygon(&[at(x0, y1), at(x1, y1), at(x1, y0), at(x0, y0)]);
            if polygon.len() > 2 {
                p.raster.fill(p.canvas, &[polygon], color);
            }
        };
        if pose.oncoming {
            rect(-0.52, 0.52, 0.50, 0.64, 0.0, grey(0.012));
            for y in [0.535, 0.57, 0.605] {
                rect(-0.50, 0.50, y - 0.006, y + 0.006, -0.005, grey(0.20));
            }
            rect(-0.62, 0.62, 0.235, 0.265, 0.03, grey(0.015));
        } else {
            rect(-0.66, 0.66, 0.235, 0.30, 0.04, grey(0.018));
            rect(-0.74, 0.74, 0.425, 0.435, 0.0, self.paint * 0.12);
            rect(-0.70, 0.70, 0.845, 0.855, 0.07, self.paint * 0.10);
            rect(-0.12, 0.12, 0.70, 0.73, 0.0, grey(0.35));
        }
    }

    fn draw_plate(&self, p: &mut Painter, pose: Pose) {
        let quad = self.plate_quad(pose);
        let light = arriving(p.town, quad[0], v3(0.0, 0.2, -1.0)) + v3(1.0, 0.93, 0.80) * 0.35;
        let grow = |k: f32| quad.map(|c| c + (c - (quad[0] + quad[2]) * 0.5) * k);
        for (k, color) in [
            (0.10, 0x101012),
            (0.0, if pose.oncoming { 0xf4f2ea } else { 0xf2c12e }),
        ] {
            let polygon = p.camera.polygon(&grow(k));
            if polygon.len() > 2 {
                p.raster.fill(p.canvas, &[polygon], rgb(color).times(light));
            }
        }
        let text = TextLine::new(&self.plate);
        let cap = (0.60 / text.width).min(0.112);
        let pen = 0.085 * cap * p.camera.scale(quad[0]);
        let left = pose.x - text.width * cap * 0.5;
        let top = (quad[0].y + quad[3].y + cap) * 0.5;
        let place = |s: (f32, f32)| {
            p.camera
                .project(v3(left + s.0 * cap, top - s.1 * cap, quad[0].z))
        };
        let ink: Vec<Vec<Point>> = text
            .strokes
            .iter()
            .filter_map(|s| Some(capsule(place(s.from)?, place(s.to)?, pen, pen)))
            .collect();
        p.raster.fill(p.canvas, &ink, rgb(0x14161a).times(light));
    }
}

/// Lacquer: diffuse light plus a mirror image of sky and street, stronger at grazing angles.
fn finish(p: &Painter, pose: Pose, vertex: &Vertex, albedo: V3) -> V3 {
    let (point, normal) = (pose.place(vertex.point), pose.turn(vertex.normal));
    let view = (point - p.camera.position).unit();
    let cosine = (-view.dot(normal)).clamp(0.0, 1.0);
    let bounce = view - normal * (2.0 * view.dot(normal));
    let above = clear_sky(v3(bounce.x, bounce.y.max(0.05), bounce.z.abs() + 0.1).unit());
    let street = v3(0.17, 0.13, 0.105).mix(grey(0.07), smoothstep(0.0, -0.4, bounce.y));
    let mirror = street.mix(above, smoothstep(0.12, 0.55, bounce.y));
    let fresnel = 0.06 + 0.94 * (1.0 - cosine).powi(5);
    let ground = 0.55 + 0.45 * smoothstep(0.2, 0.9, point.y);
    albedo.times(arriving(p.town, point, normal)) * ground + mirror * fresnel.min(0.7)
}

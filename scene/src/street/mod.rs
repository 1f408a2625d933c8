//! A street at dusk: houses, shops and lamps stand still, cars and people move.

mod background;
mod camera;
mod car;
mod facade;
mod glow;
mod ground;
mod light;
mod mesh;
mod props;
mod shop;
mod town;
mod traffic;
mod trim;
mod walker;

use camera::Camera;
use car::{Car, Painter, Pose};
use town::{LAMP_HEIGHT, Town};
use traffic::Traffic;
use walker::Walker;

use crate::canvas::Canvas;
use crate::math::{V3, grey, v3};
use crate::raster::{Raster, capsule};
use crate::truth::{Mark, MarkKind};

/// The street scene at one size.
#[derive(Debug)]
pub(crate) struct Street {
    town: Town,
    traffic: Traffic,
    camera: Camera,
    background: Canvas,
    canvas: Canvas,
    raster: Raster,
}

/// Something drawn over the background, nearest last.
enum Mover<'a> {
    Car(&'a Car, Pose),
    Walker(Walker),
    Lamp(V3),
}

impl Street {
    pub(crate) fn new(width: usize, height: usize, seed: u32) -> Street {
        let (town, camera) = (Town::new(seed), Camera::new(width, height));
        let mut background = Canvas::new(width, height);
        background::render(&town, &camera, &mut background);
        // The wide haloes cost more than all the traffic and never change: they belong to the background.
        for &lamp in &town.lamps {
            if let Some(center) = camera.project(lamp) {
                let scale = camera.scale(lamp);
                glow::add(
                    &mut background,
                    center,
                    (1.7 * scale, 1.5 * scale),
                    light::LAMP * 0.12,
                );
            }
        }
        let canvas = background.clone();
        Street {
            town,
            traffic: Traffic::new(seed),
            camera,
            background,
            canvas,
            raster: Raster::default(),
        }
    }

    pub(crate) fn render(&mut self, t: f64) -> &Canvas {
        let mut movers: Vec<(f32, Mover)> = Vec::new();
        for (car, pose) in self.traffic.cars(t) {
            movers.push((pose.z, Mover::Car(car, pose)));
        }
        movers.extend(
            self.traffic
                .walkers(t)
                .into_iter()
                .map(|w| (w.z, Mover::Walker(w))),
        );
        movers.extend(self.town.lamps.iter().map(|&l| (l.z, Mover::Lamp(l))));
        movers.sort_by(|a, b| b.0.total_cmp(&a.0));
        self.canvas.copy_from(&self.background);
        let mut painter = Painter {
            canvas: &mut self.canvas,
            raster: &mut self.raster,
            camera: &self.camera,
            town: &self.town,
        };
        for (_, mover) in &movers {
            match mover {
                Mover::Car(car, pose) => car.draw(&mut painter, *pose),
                Mover::Walker(walker) => walker.draw(&mut painter),
                Mover::Lamp(lamp) => draw_lamp(&mut painter, *lamp),
            }
        }
        &self.canvas
    }

    /// Number plates and signs in the picture at `t`.
    pub(crate) fn marks(&self, t: f64) -> Vec<Mark> {
        let size = (self.background.width, self.background.height);
        let mark = |text: &str, corners: [V3; 4]| {
            let quad = corners.map(|c| self.camera.project(c));
            let [Some(a), Some(b), Some(c), Some(d)] = quad else {
                return None;
            };
            Mark::in_picture(MarkKind::Text, text, [a, b, c, d], size)
        };
        let plates = self
            .traffic
            .cars(t)
            .into_iter()
            .filter_map(|(car, pose)| mark(&car.plate, car.plate_quad(pose)));
        let signs = self.town.blades.iter().filter_map(|b| {
            mark(
                &b.text,
                [
                    v3(b.x0, b.y1, b.z),
                    v3(b.x1, b.y1, b.z),
                    v3(b.x1, b.y0, b.z),
                    v3(b.x0, b.y0, b.z),
                ],
            )
        });
        plates.chain(signs).collect()
    }
}

/// A lamp post at the kerb, its arm over the road, and its halo.
fn draw_lamp(p: &mut Painter, lamp: V3) {
    let out = if lamp.x < 0.0 { -0.9 } else { 0.9 };
    let foot = v3(lamp.x + out, 0.0, lamp.z);
    let (Some(a), Some(b)) = (
        p.camera.project(foot),
        p.camera.project(v3(foot.x, LAMP_HEIGHT + 0.25, lamp.z)),
    ) else {
        return;
    };
    let (Some(tip), scale) = (
        p.camera.project(v3(lamp.x, LAMP_HEIGHT + 0.12, lamp.z)),
        p.camera.scale(lamp),
    ) else {
        return;
    };
    let base = p.camera.project(v3(foot.x, 1.0, lamp.z)).unwrap_or(a);
    let post = [
        capsule(a, b, 0.075 * scale, 0.05 * scale),
        capsule(a, base, 0.13 * scale, 0.11 * scale),
        capsule(b, tip, 0.045 * scale, 0.04 * scale),
    ];
    p.raster.fill_with(p.canvas, &post, |x, _| {
        let round = ((x - a.0) / (0.09 * scale)).clamp(-1.0, 1.0);
        (
            v3(0.030, 0.034, 0.036) * (1.6 - 0.9 * round * round + 0.5 * round),
            1.0,
        )
    });
    let side = |dx: f32, dy: f32| (tip.0 + dx * scale, tip.1 + dy * scale);
    p.raster.fill(
        p.canvas,
        &[vec![
            side(-0.30, 0.0),
            side(0.30, 0.0),
            side(0.18, -0.12),
            side(-0.18, -0.12),
        ]],
        grey(0.03),
    );
    p.raster.fill(
        p.canvas,
        &[capsule(
            side(-0.22, 0.04),
            side(0.22, 0.04),
            0.06 * scale,
            0.06 * scale,
        )],
        v3(3.4, 2.7, 1.7),
    );
    glow::add(
        p.canvas,
        side(0.0, 0.05),
        (0.5 * scale, 0.42 * scale),
        light::LAMP * 0.9,
    );
}

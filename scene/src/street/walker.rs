//! Pedestrians: round limbs that walk.

use super::car::Painter;
use super::light::arriving;
use crate::math::{V3, grey, rgb, smoothstep, v3};
use crate::raster::{Point, capsule, disc};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Walker {
    pub(crate) x: f32,
    pub(crate) z: f32,
    /// Height of the ground under the feet.
    pub(crate) ground: f32,
    /// Where in the step, radians.
    pub(crate) phase: f32,
    pub(crate) coat: u32,
    pub(crate) trousers: u32,
    /// 0 seen from the front or behind, 1 from the side (walking to the right), -1 to the left.
    pub(crate) side: f32,
    pub(crate) bag: bool,
}

impl Walker {
    pub(crate) fn draw(&self, p: &mut Painter) {
        let foot = v3(self.x, self.ground, self.z);
        let (Some(_), scale) = (p.camera.project(foot), p.camera.scale(foot)) else {
            return;
        };
        let light = arriving(p.town, v3(self.x, 1.2, self.z), v3(0.0, 0.35, -0.9)) * 1.15;
        self.cast_shadow(p, foot, scale);
        let swing = self.phase.sin();
        let stride = 0.30 * self.side.abs() + 0.05;
        let direction = if self.side < 0.0 { -1.0 } else { 1.0 };
        let trousers = rgb(self.trousers).times(light);
        for leg in [-1.0f32, 1.0] {
            let s = swing * leg;
            let lift = 0.10
                * (self.phase + if leg > 0.0 { 0.0 } else { std::f32::consts::PI })
                    .cos()
                    .max(0.0);
            let hip = (leg * 0.08, 0.92);
            let ankle = (leg * 0.07 + direction * stride * s, 0.08 + lift);
            let knee = (
                (hip.0 + ankle.0) * 0.5 + direction * 0.10 * self.side.abs() * (lift * 6.0),
                0.50 + lift * 0.4,
            );
            let toe = (ankle.0 + direction * 0.14 * self.side, ankle.1 - 0.05);
            self.limb(p, hip, knee, (0.095, 0.07), trousers * (0.8 + 0.2 * leg));
            self.limb(p, knee, ankle, (0.07, 0.05), trousers * (0.8 + 0.2 * leg));
            self.limb(p, ankle, toe, (0.055, 0.045), grey(0.015));
        }
        self.upper_body(p, swing, stride, direction, light);
    }

    fn upper_body(&self, p: &mut Painter, swing: f32, stride: f32, direction: f32, light: V3) {
        let coat = rgb(self.coat).times(light);
        let skin = rgb(0xc98e6e).times(light);
        let breadth = 0.17 - 0.05 * self.side.abs();
        let bob = 0.02 * (2.0 * self.phase).cos();
        for arm in [-1.0f32, 1.0] {
            let s = -swing * arm;
            let shoulder = (arm * (breadth + 0.04), 1.42 + bob);
            let hand = (
                arm * (breadth + 0.07) + direction * stride * 0.8 * s,
                0.88 + 0.05 * s.abs(),
            );
            let elbow = ((shoulder.0 + hand.0) * 0.5 + arm * 0.03, 1.14);
            self.limb(p, shoulder, elbow, (0.07, 0.055), coat * (0.72 + 0.1 * arm));
            self.limb(p, elbow, hand, (0.055, 0.045), coat * (0.72 + 0.1 * arm));
            self.limb(p, hand, hand, (0.045, 0.045), skin);
            if self.bag && arm > 0.0 {
                self.limb(
                    p,
                    (hand.0, hand.1 - 0.16),
                    (hand.0 + 0.02, hand.1 - 0.26),
                    (0.12, 0.14),
                    rgb(0xb5482e).times(light),
                );
            }
        }
        let torso = [
            (-breadth, 1.42),
            (breadth, 1.42),
            (breadth + 0.05, 0.78),
            (-breadth - 0.05, 0.78),
        ];
        self.limb(
            p,
            (0.0, 1.32 + bob),
            (0.0, 0.98),
            (breadth + 0.05, breadth + 0.03),
            coat,
        );
        let polygon: Vec<Point> = torso.iter().filter_map(|&q| self.at(p, q)).collect();
        p.raster.fill(p.canvas, &[polygon], coat);
        self.limb(p, (0.0, 1.40), (0.0, 0.80), (0.012, 0.012), coat * 0.45);
        self.limb(
            p,
            (0.0, 1.50 + bob),
            (0.0, 1.44),
            (0.06, 0.07),
            rgb(0xd8d2c2).times(light),
        );
        self.limb(
            p,
            (0.0, 1.66 + bob),
            (0.0, 1.62 + bob),
            (0.105, 0.095),
            skin,
        );
        self.limb(
            p,
            (-0.02 * direction, 1.73 + bob),
            (-0.03 * direction, 1.68 + bob),
            (0.105, 0.10),
            rgb(0x2b1d16).times(light),
        );
    }

    fn at(&self, p: &Painter, (x, y): (f32, f32)) -> Option<Point> {
        p.camera.project(v3(self.x + x, self.ground + y, self.z))
    }

    fn limb(&self, p: &mut Painter, a: (f32, f32), b: (f32, f32), radius: (f32, f32), color: V3) {
        let scale = p.camera.scale(v3(self.x, 1.0, self.z));
        if let (Some(pa), Some(pb)) = (self.at(p, a), self.at(p, b)) {
            p.raster.fill(
                p.canvas,
                &[capsule(pa, pb, radius.0 * scale, radius.1 * scale)],
                color,
            );
        }
    }

    fn cast_shadow(&self, p: &mut Painter, foot: V3, scale: f32) {
        let Some(center) = p.camera.project(foot) else {
            return;
        };
        let (rx, ry) = (0.42 * scale, 0.10 * scale);
        p.raster
            .fill_with(p.canvas, &[disc(center, rx, ry)], |x, y| {
                let d = ((x - center.0) / rx).hypot((y - center.1) / ry);
                (grey(0.01), 0.7 * smoothstep(1.0, 0.1, d))
            });
    }
}

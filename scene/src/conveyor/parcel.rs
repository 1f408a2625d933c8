//! Cardboard boxes with printed labels.

use super::strip::Strip;
use crate::codes::Code;
use crate::font::TextLine;
use crate::math::{V3, grey, inside, rgb, smoothstep, v3};
use crate::noise::{fbm, hash, unit, value};

/// One box design, all lengths as fractions of the picture's height.
#[derive(Debug)]
pub(crate) struct Parcel {
    /// Height of the front face and of the top face as seen.
    pub(crate) front: f32,
    pub(crate) top: f32,
    pub(crate) code: Code,
    /// Left, top and side of the code, from the front face's top left corner.
    pub(crate) code_at: (f32, f32, f32),
    pub(crate) strip: Strip,
}

/// Blank margin around a box in its strip, for the shadow.
pub(crate) const MARGIN: f32 = 0.07;

/// What the painter needs to know; the strip is made from it.
struct Design<'a> {
    width: f32,
    front: f32,
    top: f32,
    code: &'a Code,
    code_at: (f32, f32, f32),
    label: (f32, f32, f32, f32),
    lines: &'a [TextLine],
    board: V3,
    tint: V3,
    seed: u32,
}

const TOWNS: [&str; 6] = ["LISBON", "OSLO", "GHENT", "TURIN", "BREMEN", "LYON"];
const BOARDS: [u32; 6] = [0xc1935e, 0xb98650, 0xcfa877, 0xb58a5e, 0xd8d2c4, 0xbf8f58];
const TINTS: [u32; 6] = [0xc23a2b, 0x1f5fa8, 0x2e7d4f, 0xe09a1a, 0x5a3f8f, 0x15808a];

impl Parcel {
    /// Box number `index` for a picture `height` pixels high; `None` only if its payload fits no code.
    pub(crate) fn new(index: i32, height: usize, seed: u32) -> Option<Parcel> {
        let r = |k: i32| unit(index * 16 + k, 5, seed);
        let i = index as usize % TOWNS.len();
        let payload = format!(
            "TPM-{}-{:04}",
            &TOWNS[i][..3],
            1000 + hash(index, 8, seed) % 9000
        );
        let code = Code::new(&payload)?;
        let side = [0.27, 0.25, 0.29, 0.26, 0.28, 0.25][i];
        let (front, top) = (0.40 + 0.05 * r(2), 0.085 + 0.02 * r(3));
        let label = (0.045 + 0.03 * r(4), 0.042, side + 0.26, side + 0.05);
        let width = label.0 + label.2 + 0.13 + 0.03 * r(1);
        let code_at = (label.0 + 0.027, label.1 + 0.025, side);
        let lines: Vec<TextLine> = [
            TOWNS[i].to_owned(),
            format!("DOCK {}", 1 + hash(index, 3, seed) % 9),
            payload.clone(),
            format!(
                "{}.{} KG",
                2 + hash(index, 4, seed) % 17,
                hash(index, 5, seed) % 10
            ),
        ]
        .into_iter()
        .map(|text| TextLine::new(&text))
        .collect();
        let scale = height as f32;
        let columns = ((width + 2.0 * MARGIN) * scale).ceil().max(1.0) as usize;
        let rows = ((front + top + MARGIN) * scale).ceil().max(1.0) as usize;
        let strip = {
            let design = Design {
                width,
                front,
                top,
                code: &code,
                code_at,
                label,
                lines: &lines,
                board: rgb(BOARDS[i]),
                tint: rgb(TINTS[i]),
                seed: hash(index, 1, seed),
            };
            Strip::new(columns, rows, false, |x, y| {
                design.paint(x / scale - MARGIN, y / scale)
            })
        };
        Some(Parcel {
            front,
            top,
            code,
            code_at,
            strip,
        })
    }
}

impl Design<'_> {
    /// Colour and opacity; x from the box's left side, y from the top of its top face.
    fn paint(&self, x: f32, y: f32) -> (V3, f32) {
        if inside(x, 0.0, self.width) && y < self.top {
            return (self.lid(x, y / self.top), 1.0);
        }
        if inside(x, 0.0, self.width) && y < self.top + self.front {
            return (self.face(x, y - self.top), 1.0);
        }
        let outside = (x - self.width).max(-x).max(0.0);
        let below = (y - self.top - self.front).max(0.0);
        let standing = smoothstep(self.top, self.top + self.front, y);
        let dark = 0.62
            * (1.0 - (outside / MARGIN).min(1.0)).powi(2)
            * (1.0 - (below / MARGIN).min(1.0)).powi(2);
        (
            grey(0.01),
            dark * standing * if outside > 0.0 { 0.55 } else { 1.0 },
        )
    }

    fn cardboard(&self, x: f32, y: f32) -> V3 {
        let fibres = 0.10 * (value(x * 240.0, y * 900.0, self.seed) - 0.5)
            + 0.12 * (fbm(x * 60.0, y * 60.0, 3, self.seed ^ 1) - 0.5);
        let flutes = 0.022 * (x * 520.0).sin();
        let scuffs = smoothstep(0.62, 0.75, fbm(x * 9.0, y * 9.0, 4, self.seed ^ 2)) * 0.13;
        let stain = 0.26 * (fbm(x * 3.0, y * 3.0, 4, self.seed ^ 3) - 0.5);
        self.board * (1.0 + fibres + flutes + scuffs + stain)
    }

    fn lid(&self, x: f32, v: f32) -> V3 {
        let tape = inside(v, 0.36, 0.66);
        let seam = inside(v, 0.50, 0.525) && !tape;
        let board = self.cardboard(x, v * 0.1 + 3.0) * (1.10 - 0.22 * v);
        let edge = (-(x.min(self.width - x)) / 0.01).exp();
        let color = if tape {
            board.mix(v3(0.62, 0.48, 0.30), 0.55)
                * (1.1 + 0.2 * value(x * 30.0, v * 2.0, self.seed))
        } else {
            board
        };
        color * (if seam { 0.3 } else { 1.0 } * (1.0 - 0.3 * edge) * 0.92)
    }

    fn face(&self, x: f32, y: f32) -> V3 {
        let (lx, ly, lw, lh) = self.label;
        // The light comes from above and a little from the left.
        let light = 0.92 - 0.42 * (y / self.front) - 0.16 * (x / self.width);
        let edge = 1.0 - 0.30 * (-(x.min(self.width - x).min(self.front - y)) / 0.008).exp();
        let crease = 1.0 + 0.35 * (-(y / 0.004).powi(2)).exp();
        if inside(x, lx, lx + lw) && inside(y, ly, ly + lh) {
            let paper = 0.80 + 0.05 * (fbm(x * 30.0, y * 30.0, 3, self.seed ^ 7) - 0.5)
                - 0.05 * fbm(x * 6.0, y * 6.0, 2, self.seed ^ 8);
            return self
                .label_ink(x - lx, y - ly)
                .mix(grey(paper), 0.06)
                .times(v3(1.0, 0.99, 0.96))
                * (light * paper / 0.8);
        }
        let lift = x - lx - lw;
        let drop = y - ly - lh;
        let label_shadow = inside(lift, -lw, 0.006) && inside(drop, -lh, 0.006);
        let color = self.prints(x, y).unwrap_or_else(|| self.cardboard(x, y));
        let tape = inside(x, self.width * 0.5 - 0.035, self.width * 0.5 + 0.035) && y < 0.075;
        let color = if tape {
            color.mix(v3(0.62, 0.48, 0.30), 0.55) * 1.1
        } else {
            color
        };
        color * (light * edge * crease * if label_shadow { 0.6 } else { 1.0 })
    }

    /// What the box maker printed on the board: a glass, arrows and a stripe.
    fn prints(&self, x: f32, y: f32) -> Option<V3> {
        let ink = self.cardboard(x, y).times(v3(0.22, 0.17, 0.15));
        let bottom = self.front - 0.052;
        if y > bottom && inside(y, bottom, bottom + 0.016) && inside(x, 0.04, self.width - 0.04) {
            return Some(self.cardboard(x, y).times(self.tint * 1.4));
        }
        let (u, v) = (x - self.width + 0.085, y - 0.10);
        for (du, dv) in [(0.0f32, 0.0f32), (0.0, 0.095)] {
            let (a, b) = ((u - du) / 0.03, (v - dv) / 0.04);
            if a.abs() > 1.25 || b.abs() > 1.0 {
                continue;
            }
            let frame = a.abs() > 1.12 || b.abs() > 0.90;
            let arrow = inside(b, -0.62, 0.0) && a.abs() * 0.9 < b + 0.62
                || inside(b, -0.05, 0.62) && a.abs() < 0.22;
            let glass = inside(b, -0.6, 0.05) && a.abs() < 0.42 - 0.35 * (b + 0.6) * (b + 0.6)
                || inside(b, 0.0, 0.55) && a.abs() < 0.07
                || inside(b, 0.5, 0.62) && a.abs() < 0.36;
            if frame || (if dv == 0.0 { arrow } else { glass }) {
                return Some(ink);
            }
        }
        None
    }

    fn label_ink(&self, x: f32, y: f32) -> V3 {
        let (paper, ink) = (grey(0.80), grey(0.014));
        let (cx, cy, side) = self.code_at;
        let (u, v) = (
            (x - cx + self.label.0) / side,
            (y - cy + self.label.1) / side,
        );
        if self.code.ink(u, v) {
            return ink;
        }
        let right = cx - self.label.0 + side + 0.03;
        let room = self.label.2 - right - 0.015;
        if x < right || x > right + room + 0.005 {
            return paper;
        }
        if inside(y, 0.016, 0.066) {
            let text = &self.lines[0];
            let cap = (room / text.width * 0.86).min(0.034);
            let letter = text.covers((x - right - 0.012) / cap, (y - 0.024) / cap, 0.19);
            return if letter { paper } else { self.tint * 0.9 };
        }
        let mut top = 0.085;
        for text in &self.lines[1..] {
            let cap = (room / text.width * 0.97).min(0.030);
            if text.covers((x - right) / cap, (y - top) / cap, 0.16) {
                return ink;
            }
            top += cap + 0.018;
        }
        let bars = inside(y, top + 0.004, self.label.3 - 0.018);
        let bar = unit(((x - right) / 0.0045).floor() as i32, 2, self.seed) < 0.5;
        if bars && bar && x < right + room {
            ink
        } else {
            paper
        }
    }
}

//! The warehouse behind the belt, and the belt's frame in front: everything that stands still.

use crate::canvas::Canvas;
use crate::font::TextLine;
use crate::math::{V3, grey, inside, rgb, smoothstep, v3};
use crate::noise::{brick, fbm, unit, value};

/// Where the belt's surface begins and ends, and where its front frame ends, as fractions of the height.
pub(crate) const BELT: (f32, f32) = (0.70, 0.845);
const FRAME: f32 = 0.93;

struct Signs {
    line: TextLine,
    exit: TextLine,
    scan: TextLine,
}

/// Renders the hall; heights are fractions of the picture's height, x starts in the middle.
pub(crate) fn render(canvas: &mut Canvas, seed: u32) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let signs = Signs {
        line: TextLine::new("LINE 4"),
        exit: TextLine::new("EXIT"),
        scan: TextLine::new("SCAN"),
    };
    canvas.supersample(3, |px, py| {
        let (x, y) = ((px - width * 0.5) / height, py / height);
        let vignette = 0.72 - 0.10 * x * x - 0.10 * (y - 0.5).powi(2);
        let color = if y < BELT.0 {
            wall(x, y, seed, &signs)
        } else {
            frame(x, y, seed)
        };
        color * vignette
    });
}

fn wall(x: f32, y: f32, seed: u32, signs: &Signs) -> V3 {
    let daylight = 0.62
        + 0.55 * (-((x + 0.55) * 1.1).powi(2)).exp()
        + 0.25 * (-((x - 0.8) * 1.4).powi(2)).exp();
    let light = v3(1.0, 0.97, 0.92) * daylight * (0.78 + 0.30 * smoothstep(0.7, 0.0, y));
    if let Some(color) = hanging(x, y, signs) {
        return color;
    }
    if let Some(color) = shelves(x, y, seed) {
        return color.times(light);
    }
    if inside(x, -0.86, -0.14) && inside(y, 0.055, 0.335) {
        return windows(x, y, seed);
    }
    if (x + 0.5).abs() < 0.38 && inside(y, 0.04, 0.352) {
        return grey(0.30).times(light);
    }
    let (solid, tone) = brick(x + 7.0, y, 0.062, 0.0205, seed);
    let dirt = 0.80 + 0.5 * (fbm(x * 4.0, y * 4.0, 5, seed ^ 3) - 0.4);
    let grain = 1.0 + 0.22 * (value(x * 300.0, y * 300.0, seed) - 0.5);
    let bricks = if solid {
        rgb(0xa9614a) * (0.70 + 0.5 * tone)
    } else {
        rgb(0x9b948a)
    };
    let painted = rgb(0x6f9088) * (if solid { 0.92 + 0.10 * tone } else { 0.72 });
    let band = if y > 0.470 {
        painted
    } else if y > 0.462 {
        rgb(0xe0b030)
    } else {
        bricks
    };
    let contact = 1.0 - 0.55 * smoothstep(0.58, BELT.0, y);
    band.times(light) * (dirt * grain * contact)
}

/// A row of panes with the yard outside.
fn windows(x: f32, y: f32, seed: u32) -> V3 {
    let (u, v) = ((x + 0.86) / 0.12, (y - 0.055) / 0.14);
    let (fu, fv) = (u.fract(), v.fract());
    if !inside(fu, 0.05, 0.95) || !inside(fv, 0.045, 0.955) {
        return rgb(0x3c4a4a) * (0.7 + 0.5 * fv);
    }
    let hill = 0.245 + 0.03 * (fbm(x * 6.0, 1.0, 3, seed) - 0.5);
    let leaves = fbm(x * 38.0, y * 38.0, 4, seed ^ 6);
    let trees = y > hill - 0.05 * leaves;
    let sky = v3(0.80, 0.90, 1.05).mix(v3(1.08, 1.02, 0.92), smoothstep(0.05, 0.24, y));
    let cloud = smoothstep(0.5, 0.7, fbm(x * 5.0, y * 14.0, 4, seed ^ 2));
    let outside = if trees {
        v3(0.20, 0.28, 0.12) * (0.4 + 1.1 * leaves)
    } else {
        sky.mix(grey(1.15), cloud * 0.7)
    };
    let dust = 0.10
        * fbm(
            fu * 3.0 + u.floor() * 7.0,
            fv * 3.0 + v.floor() * 5.0,
            3,
            seed ^ 8,
        );
    outside + grey(dust)
}

/// Pallet racking at the right: uprights, beams, crates, drums and small boxes.
fn shelves(x: f32, y: f32, seed: u32) -> Option<V3> {
    if !inside(x, 0.02, 1.2) || !inside(y, 0.10, BELT.0) {
        return None;
    }
    let u = x - 0.02;
    let upright = (u % 0.38) < 0.022;
    let shelf = ((y - 0.10) / 0.185).floor();
    let fv = (y - 0.10) / 0.185 - shelf;
    if upright {
        let holes = inside((u % 0.38) / 0.022, 0.35, 0.65) && (y / 0.012).fract() < 0.5;
        return Some(if holes {
            grey(0.04)
        } else {
            rgb(0x24569a) * (0.8 + 0.3 * ((u % 0.38) / 0.022))
        });
    }
    if fv > 0.88 {
        return Some(rgb(0xd9772a) * if inside(fv, 0.90, 0.97) { 0.95 } else { 0.5 });
    }
    let width = 0.058 + 0.03 * unit(shelf as i32, 1, seed);
    let column = (u / width).floor();
    let (fu, r) = ((u / width).fract(), |k: i32| {
        unit(column as i32, shelf as i32 * 16 + k, seed ^ 44)
    });
    let tall = 0.50 + 0.44 * r(1);
    if r(0) > 0.94 || fv < 0.88 - tall || !inside(fu, 0.03, 0.97) {
        // The dark of the rack's depth, with a hint of what stands behind.
        return Some(v3(0.10, 0.095, 0.09) * (0.5 + fbm(x * 20.0, y * 20.0, 3, seed ^ 5)));
    }
    const GOODS: [u32; 8] = [
        0xb98a55, 0xc7a06a, 0x4f7a9a, 0xb0533c, 0x8e9a5a, 0xd8cfba, 0x5a5f66, 0xc9a23a,
    ];
    let color = rgb(GOODS[(r(2) * 7.99) as usize]);
    let body = (fv - (0.88 - tall)) / tall;
    let texture = 0.82 + 0.35 * fbm(u * 45.0, y * 45.0, 3, seed ^ 12);
    let round = if r(3) < 0.3 {
        0.45 + 0.65 * (fu * std::f32::consts::PI).sin()
    } else {
        1.05 - 0.25 * fu
    };
    let tag = inside(fu, 0.25, 0.75) && inside(body, 0.40, 0.68);
    let print = (body * 22.0).fract() < 0.45
        && fu < 0.3 + 0.4 * unit((body * 22.0) as i32, column as i32, seed);
    let paint = if tag {
        grey(if print { 0.12 } else { 0.72 })
    } else {
        color
    };
    let seam = !tag && inside(body, 0.06, 0.085) || inside(fu, 0.03, 0.045);
    Some(
        paint
            * (texture
                * round
                * if seam { 0.6 } else { 1.0 }
                * (0.55 + 0.45 * smoothstep(0.0, 0.3, fv))),
    )
}

/// Signs and the scanner that hangs over the belt.
fn hanging(x: f32, y: f32, signs: &Signs) -> Option<V3> {
    if inside(x, -0.075, -0.035) && y < 0.30 {
        return Some(
            rgb(0xb8bcc0) * (0.35 + 0.6 * ((x + 0.075) / 0.04 * std::f32::consts::PI).sin()),
        );
    }
    if inside(x, -0.125, 0.015) && inside(y, 0.285, 0.375) {
        let lamp = (x + 0.10).hypot(y - 0.348) < 0.009;
        let glass = inside(y, 0.355, 0.369) && inside(x, -0.075, 0.0);
        let text = signs
            .scan
            .covers((x + 0.075) / 0.026, (y - 0.308) / 0.026, 0.17);
        let body = rgb(0x2c3338) * (1.5 - 7.0 * (y - 0.285));
        return Some(if lamp {
            v3(0.25, 2.6, 0.7)
        } else if glass {
            v3(1.6, 0.16, 0.12)
        } else if text {
            grey(0.75)
        } else {
            body
        });
    }
    if inside(x, -0.80, -0.42) && inside(y, 0.375, 0.452) {
        let cap = 0.046;
        let rim = inside(x, -0.795, -0.425) && inside(y, 0.380, 0.447);
        let text = signs.line.covers(
            (x + 0.61) / cap + signs.line.width * 0.5,
            (y - 0.390) / cap,
            0.20,
        );
        let paint = if text || !rim {
            grey(0.02)
        } else {
            rgb(0xf0b81c)
        };
        return Some(paint * (1.05 - 0.35 * (x + 0.8)));
    }
    if inside(x, -0.345, -0.215) && inside(y, 0.372, 0.432) {
        let text = signs.exit.covers(
            (x + 0.28) / 0.032 + signs.exit.width * 0.5,
            (y - 0.386) / 0.032,
            0.2,
        );
        return Some(if text {
            grey(1.5)
        } else {
            v3(0.03, 0.42, 0.16)
        });
    }
    None
}

/// The belt's rim, its painted frame with bolts and hazard stripes, and the floor under it.
fn frame(x: f32, y: f32, seed: u32) -> V3 {
    let grain = 1.0
        + 0.12 * (fbm(x * 90.0, y * 90.0, 2, seed ^ 9) - 0.5)
        + 0.2 * (fbm(x * 5.0, y * 9.0, 4, seed ^ 10) - 0.5);
    if y < FRAME {
        let v = (y - BELT.1) / (FRAME - BELT.1);
        let shine = 0.55 + 0.55 * (-((v - 0.16) / 0.10).powi(2)).exp() - 0.20 * v;
        let (bx, by) = ((x / 0.12).rem_euclid(1.0) * 0.12 - 0.06, y - BELT.1 - 0.058);
        let bolt = bx.hypot(by);
        if bolt < 0.0095 {
            return grey(0.50) * (0.6 + 40.0 * (0.0095 - bolt) * if by < 0.0 { 1.2 } else { 0.6 });
        }
        if inside(v, 0.26, 0.50) {
            let stripe = ((x + (y - BELT.1)) / 0.055).rem_euclid(1.0) < 0.5;
            let worn = smoothstep(0.62, 0.68, fbm(x * 22.0, y * 22.0, 4, seed ^ 13));
            let paint = if stripe { rgb(0xf2b705) } else { grey(0.025) };
            return paint.mix(grey(0.32), worn) * (1.1 * grain);
        }
        let hole = if bolt < 0.012 { 0.5 } else { 1.0 };
        return rgb(0xa9b6b8) * (shine * grain * hole * if v > 0.95 { 0.4 } else { 1.0 });
    }
    let leg = (x / 0.55 + 0.5).rem_euclid(1.0) < 0.09;
    let floor =
        v3(0.19, 0.185, 0.175) * (0.75 + 0.6 * (fbm(x * 12.0, y * 40.0, 4, seed ^ 14) - 0.25));
    if leg {
        rgb(0x87979a) * (0.42 * grain)
    } else {
        floor * (0.35 + 0.9 * smoothstep(FRAME, 1.0, y))
    }
}

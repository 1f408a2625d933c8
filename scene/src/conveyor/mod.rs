//! A conveyor: labelled boxes slide past in front of a warehouse wall.

mod hall;
mod parcel;
mod strip;

use parcel::{MARGIN, Parcel};
use strip::Strip;

use crate::canvas::Canvas;
use crate::math::{grey, rgb, smoothstep};
use crate::noise::{fbm, value};
use crate::truth::{Mark, MarkKind};

/// Belt speed and distance between boxes, in picture heights (a second).
const SPEED: f64 = 0.16;
const PITCH: f64 = 0.88;
/// Designs before the boxes repeat.
const DESIGNS: i32 = 6;
/// Where the boxes' lower edge stands on the belt, as a fraction of the height.
const STAND: f64 = 0.795;

/// The conveyor scene at one size.
#[derive(Debug)]
pub(crate) struct Conveyor {
    hall: Canvas,
    belt: Strip,
    parcels: Vec<Parcel>,
    canvas: Canvas,
}

impl Conveyor {
    pub(crate) fn new(width: usize, height: usize, seed: u32) -> Conveyor {
        let mut hall = Canvas::new(width, height);
        hall::render(&mut hall, seed);
        let parcels = (0..DESIGNS)
            .filter_map(|i| Parcel::new(i, height, seed))
            .collect();
        Conveyor {
            canvas: hall.clone(),
            hall,
            belt: belt(height, seed),
            parcels,
        }
    }

    pub(crate) fn render(&mut self, t: f64) -> &Canvas {
        let height = self.canvas.height as f64;
        self.canvas.copy_from(&self.hall);
        self.belt.draw(
            &mut self.canvas,
            -SPEED * t * height,
            (f64::from(hall::BELT.0) * height).round() as i64,
        );
        for (parcel, left) in in_sight(&self.parcels, self.canvas.width, self.canvas.height, t) {
            let top = (STAND - f64::from(parcel.front + parcel.top)) * height;
            parcel.strip.draw(
                &mut self.canvas,
                left - f64::from(MARGIN) * height,
                top.round() as i64,
            );
        }
        &self.canvas
    }

    /// The codes and printed lines wholly in the picture at `t`.
    pub(crate) fn marks(&self, t: f64) -> Vec<Mark> {
        let size = (self.canvas.width, self.canvas.height);
        let height = size.1 as f32;
        let boxes = in_sight(&self.parcels, size.0, size.1, t);
        boxes
            .filter_map(|(parcel, left)| {
                let top = ((STAND - f64::from(parcel.front + parcel.top)) * f64::from(height))
                    .round() as f32;
                let (x, y, side) = parcel.code_at;
                let (x, y) = (left as f32 + x * height, top + (parcel.top + y) * height);
                let s = side * height;
                // A reader needs some white around the code: one cut at it is not wholly in the picture.
                let quiet = s * 0.1;
                if x < quiet || x + s + quiet > size.0 as f32 {
                    return None;
                }
                let quad = [(x, y), (x + s, y), (x + s, y + s), (x, y + s)];
                Mark::in_picture(MarkKind::Code, &parcel.code.payload, quad, size)
            })
            .collect()
    }
}

/// The boxes in the picture at `t` and where their left sides are, in pixels.
fn in_sight(
    parcels: &[Parcel],
    width: usize,
    height: usize,
    t: f64,
) -> impl Iterator<Item = (&Parcel, f64)> {
    let scale = height as f64;
    let across = width as f64 / scale;
    let moved = SPEED * t;
    let first = ((moved - 1.0) / PITCH).floor() as i64;
    let last = ((moved + across) / PITCH).ceil() as i64;
    (first..=last).filter_map(move |k| {
        let parcel = parcels.get(k.rem_euclid(parcels.len().max(1) as i64) as usize)?;
        Some((parcel, (k as f64 * PITCH - moved + 0.06) * scale))
    })
}

/// The belt's surface: ribbed rubber, dusty, with worn streaks; repeats every two picture heights.
fn belt(height: usize, seed: u32) -> Strip {
    let scale = height as f32;
    let rows = ((hall::BELT.1 - hall::BELT.0) * scale).round().max(1.0) as usize;
    let columns = (2 * height).max(1);
    Strip::new(columns, rows, true, |px, py| {
        let (x, v) = (px / scale, py / rows as f32);
        let rib = 0.80 + 0.20 * (x * std::f32::consts::TAU * 32.0 + 3.0 * v).sin();
        // Noise that closes on itself: blended with a copy one period earlier.
        let tile = |f: &dyn Fn(f32) -> f32| f(x) + (f(x + 2.0) - f(x)) * smoothstep(2.0, 0.0, x);
        let dust = tile(&|x| fbm(x * 5.0, v * 6.0, 4, seed ^ 71));
        let grain = tile(&|x| value(x * 260.0, v * 60.0, seed ^ 72));
        let streak = fbm(0.5, v * 18.0, 2, seed ^ 73);
        let lace = if x < 0.018 {
            0.5 + (v * 26.0).fract()
        } else {
            1.0
        };
        let edge = smoothstep(0.0, 0.05, v) * smoothstep(1.0, 0.96, v);
        let light = 0.45 + 0.75 * v;
        let rubber = rgb(0x4a4f4c).mix(grey(0.20), 0.5 * dust)
            * (rib * lace * (0.7 + 0.35 * grain + 0.3 * streak));
        (rubber * (light * (0.4 + 0.6 * edge) * 1.5), 1.0)
    })
}

//! What stands in the street: buildings, lamps, signs and trees, chosen by the seed.

use crate::font::TextLine;
use crate::math::{V3, rgb, v3};
use crate::noise::{hash, unit};

/// Facades stand at these x, metres; the road lies between the kerbs.
pub(crate) const LEFT: f32 = -6.6;
pub(crate) const RIGHT: f32 = 8.8;
pub(crate) const KERB_LEFT: f32 = -3.6;
pub(crate) const KERB_RIGHT: f32 = 5.9;
/// Height of the sidewalks over the road.
pub(crate) const KERB: f32 = 0.14;
pub(crate) const LAMP_HEIGHT: f32 = 5.4;

const NAMES: [&str; 16] = [
    "BAKERY",
    "CAFE LUNA",
    "OPTICS",
    "FLORIST",
    "BOOKS",
    "TAILOR",
    "PHARMACY",
    "NOODLES",
    "CYCLES",
    "ATLAS RADIO",
    "HARDWARE",
    "TEA HOUSE",
    "CAMERAS",
    "BARBER",
    "RECORDS",
    "GALLERY 9",
];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wall {
    Brick,
    Plaster,
    Stone,
}

#[derive(Clone, Debug)]
pub(crate) struct Building {
    pub(crate) z0: f32,
    pub(crate) z1: f32,
    pub(crate) height: f32,
    pub(crate) wall: Wall,
    pub(crate) color: V3,
    pub(crate) accent: V3,
    /// Distance between window axes and window width.
    pub(crate) bay: f32,
    pub(crate) window: f32,
    pub(crate) text: TextLine,
    pub(crate) seed: u32,
}

/// A sign hanging out from a facade and facing the camera.
#[derive(Clone, Debug)]
pub(crate) struct Blade {
    pub(crate) x0: f32,
    pub(crate) x1: f32,
    pub(crate) y0: f32,
    pub(crate) y1: f32,
    pub(crate) z: f32,
    pub(crate) color: V3,
    pub(crate) ink: V3,
    /// How strongly it glows.
    pub(crate) glow: f32,
    pub(crate) text: String,
    /// One line, or one per letter when the sign stands upright.
    pub(crate) lines: Vec<TextLine>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree {
    pub(crate) x: f32,
    pub(crate) z: f32,
    pub(crate) radius: f32,
    pub(crate) height: f32,
    pub(crate) seed: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Town {
    pub(crate) left: Vec<Building>,
    pub(crate) right: Vec<Building>,
    pub(crate) lamps: Vec<V3>,
    pub(crate) blades: Vec<Blade>,
    pub(crate) trees: Vec<Tree>,
    pub(crate) seed: u32,
}

impl Town {
    pub(crate) fn new(seed: u32) -> Town {
        let lamps = (0..7)
            .flat_map(|i| {
                let z = 13.0 + 17.0 * i as f32;
                [
                    v3(KERB_LEFT - 0.35 + 0.9, LAMP_HEIGHT, z),
                    v3(KERB_RIGHT + 0.35 - 0.9, LAMP_HEIGHT, z + 8.0),
                ]
            })
            .collect();
        let trees = (0..6)
            .map(|i| {
                let left = i % 2 == 1;
                let s = seed.wrapping_add(900 + i as u32);
                Tree {
                    x: if left {
                        KERB_LEFT - 0.7
                    } else {
                        KERB_RIGHT + 0.8
                    },
                    z: if left {
                        19.0 + 9.0 * i as f32
                    } else {
                        17.5 + 10.0 * i as f32
                    },
                    radius: 1.5 + 0.6 * unit(i, 1, s),
                    height: 4.0 + 1.0 * unit(i, 2, s),
                    seed: s,
                }
            })
            .collect();
        Town {
            left: row(seed, 0),
            right: row(seed, 1),
            lamps,
            blades: blades(seed),
            trees,
            seed,
        }
    }

    pub(crate) fn row(&self, right: bool) -> &[Building] {
        if right { &self.right } else { &self.left }
    }
}

/// One side of the street: houses wall to wall from behind the camera to the far end.
fn row(seed: u32, side: i32) -> Vec<Building> {
    const COLORS: [u32; 8] = [
        0xb0604a, 0xd9c39a, 0xc78a5c, 0xb9b4a8, 0x8f4f42, 0xdcc7b0, 0x9fb0ae, 0xd2a679,
    ];
    const ACCENTS: [u32; 6] = [0x1f5f5b, 0x8c1f28, 0x1d3a6b, 0x2f5a2c, 0xd08a1e, 0x3a3a40];
    let (mut z, mut houses) = (2.0f32, Vec::new());
    let first_name = hash(side, 77, seed) as usize % NAMES.len();
    while z < 130.0 {
        let i = houses.len() as i32;
        let r = |k: i32| unit(i * 16 + k, side * 7 + 3, seed ^ 0xB11D);
        let width = 7.0 + 5.0 * r(0);
        let wall = match (i + side) % 3 {
            0 => Wall::Brick,
            1 => Wall::Plaster,
            _ if r(1) < 0.5 => Wall::Brick,
            _ => Wall::Stone,
        };
        let color_index = match wall {
            Wall::Brick => [0, 2, 4, 7][(r(2) * 3.99) as usize],
            Wall::Plaster => [1, 5, 6, 7][(r(2) * 3.99) as usize],
            Wall::Stone => [3, 5][(r(2) * 1.99) as usize],
        };
        let bay = width / (width / 2.5).round();
        let name = NAMES[(first_name + houses.len() * 5 + side as usize * 3) % NAMES.len()];
        houses.push(Building {
            z0: z,
            z1: z + width,
            height: 3.5 + 3.1 * (2.0 + 2.9 * r(3)).floor() + 0.7,
            wall,
            color: rgb(COLORS[color_index]),
            accent: rgb(ACCENTS
                [(houses.len() + side as usize * 3 + (r(4) * 1.99) as usize) % ACCENTS.len()]),
            bay,
            window: bay * (0.42 + 0.14 * r(5)),
            text: TextLine::new(name),
            seed: hash(i, side, seed),
        });
        z += width;
    }
    houses
}

/// How a hanging sign is ordered from the sign maker.
struct Order {
    /// On the right side of the street; standing upright, letter under letter.
    right: bool,
    upright: bool,
    /// Metres down the street and above it.
    z: f32,
    bottom: f32,
    text: &'static str,
    color: u32,
    ink: u32,
    glow: f32,
}

#[rustfmt::skip]
const SIGNS: [Order; 8] = [
    Order { right: false, upright: true, z: 21.0, bottom: 3.6, text: "HOTEL", color: 0xa01820, ink: 0xfff2d8, glow: 0.9 },
    Order { right: true, upright: false, z: 16.5, bottom: 3.1, text: "CAFE", color: 0x14423c, ink: 0xf6e3b0, glow: 0.7 },
    Order { right: false, upright: false, z: 16.2, bottom: 3.1, text: "PIZZA", color: 0xf2ead8, ink: 0xb3202a, glow: 0.8 },
    Order { right: true, upright: true, z: 27.0, bottom: 3.7, text: "CINEMA", color: 0x16204a, ink: 0xffd25a, glow: 1.1 },
    Order { right: false, upright: false, z: 32.0, bottom: 3.3, text: "BOOKS", color: 0x27427a, ink: 0xf4f0e4, glow: 0.8 },
    Order { right: true, upright: false, z: 38.0, bottom: 3.4, text: "TAXI", color: 0xf0b018, ink: 0x1a1a1a, glow: 0.9 },
    Order { right: false, upright: true, z: 44.0, bottom: 3.6, text: "BANK", color: 0x0f5a48, ink: 0xf4f4ea, glow: 0.8 },
    Order { right: true, upright: true, z: 56.0, bottom: 3.6, text: "RADIO", color: 0xd8d0c0, ink: 0x202838, glow: 0.8 },
];

impl Order {
    fn make(&self, gap: f32) -> Blade {
        let letters: Vec<String> = if self.upright {
            self.text.chars().map(String::from).collect()
        } else {
            vec![self.text.to_owned()]
        };
        let lines: Vec<TextLine> = letters.iter().map(|l| TextLine::new(l)).collect();
        let (w, h) = if self.upright {
            (0.78, 0.62 * lines.len() as f32 + 0.3)
        } else {
            (0.42 * lines[0].width + 0.36, 0.78)
        };
        let x0 = if self.right {
            RIGHT - gap - w
        } else {
            LEFT + gap
        };
        Blade {
            x0,
            x1: x0 + w,
            y0: self.bottom,
            y1: self.bottom + h,
            z: self.z,
            color: rgb(self.color),
            ink: rgb(self.ink),
            glow: self.glow,
            text: self.text.to_owned(),
            lines,
        }
    }
}

fn blades(seed: u32) -> Vec<Blade> {
    let gap = |i: usize| 0.25 + 0.2 * unit(i as i32, 5, seed);
    SIGNS
        .iter()
        .enumerate()
        .map(|(i, order)| order.make(gap(i)))
        .collect()
}

//! Who is where at time t: an endless, seeded timetable with no state.

use super::car::{Car, Pose};
use super::town::{KERB, KERB_LEFT, KERB_RIGHT};
use super::walker::Walker;
use crate::noise::{hash, unit};

const PAINTS: [u32; 8] = [
    0xa81c28, 0x2c5c90, 0xc4c8cc, 0x24303a, 0xd99a1e, 0x34705a, 0x7c838a, 0xe6e4dc,
];
/// Cars farther than this are not drawn, metres.
const FAR: f64 = 115.0;

/// One direction of traffic: metres and metres a second.
struct Lane {
    x: f32,
    speed: f64,
    spacing: f64,
    start: f64,
    oncoming: bool,
}

const LANES: [Lane; 2] = [
    Lane {
        x: 1.75,
        speed: 3.6,
        spacing: 21.0,
        start: 9.5,
        oncoming: false,
    },
    Lane {
        x: -1.85,
        speed: 4.4,
        spacing: 26.0,
        start: 21.0,
        oncoming: true,
    },
];

#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    fleet: Vec<Car>,
    seed: u32,
}

impl Traffic {
    pub(crate) fn new(seed: u32) -> Traffic {
        let fleet = (0..12)
            .map(|i| {
                let paint = PAINTS[(i as usize * 3 + seed as usize + 2) % PAINTS.len()];
                Car::new(paint, i % 5 == 3, plate(i, seed))
            })
            .collect();
        Traffic { fleet, seed }
    }

    /// All cars in sight at `t` seconds, parked ones included.
    pub(crate) fn cars(&self, t: f64) -> Vec<(&Car, Pose)> {
        let mut cars = Vec::new();
        for (lane_index, lane) in LANES.iter().enumerate() {
            let travelled = lane.start + lane.speed * t;
            // Car k is `spacing` metres behind car k - 1.
            let first = ((travelled - FAR) / lane.spacing).floor() as i64;
            for k in first..=first + (FAR / lane.spacing) as i64 + 2 {
                let jitter = 7.0 * f64::from(unit(k as i32, 40 + lane_index as i32, self.seed));
                let along = travelled - k as f64 * lane.spacing - jitter;
                let z = if lane.oncoming {
                    FAR - 20.0 - along
                } else {
                    along
                };
                let which =
                    hash(k as i32, lane_index as i32, self.seed) as usize % 4 + lane_index * 4;
                if z > -1.0 && z < FAR {
                    let pose = Pose {
                        x: lane.x,
                        z: z as f32,
                        oncoming: lane.oncoming,
                        lights: true,
                    };
                    cars.push((&self.fleet[which], pose));
                }
            }
        }
        for (i, z) in [12.9f32, 35.0, 41.2, 53.6].into_iter().enumerate() {
            cars.push((
                &self.fleet[8 + i],
                Pose {
                    x: 4.75,
                    z,
                    oncoming: false,
                    lights: false,
                },
            ));
        }
        cars
    }

    /// All pedestrians in sight at `t` seconds.
    pub(crate) fn walkers(&self, t: f64) -> Vec<Walker> {
        // (x, start z, speed along z, coat, trousers, bag)
        let plan = [
            (KERB_LEFT - 1.3, 16.0, 1.25, 0xb98a3e, 0x27303c, true),
            (KERB_LEFT - 2.1, 30.0, -1.1, 0x37526e, 0x1c1d22, false),
            (KERB_RIGHT + 1.5, 19.5, -0.9, 0x8f2f3a, 0x30302e, false),
            (KERB_RIGHT + 0.9, 40.0, 1.0, 0x4d6a4a, 0x232733, true),
        ];
        let mut walkers: Vec<Walker> = plan
            .iter()
            .enumerate()
            .map(|(i, &(x, start, speed, coat, trousers, bag))| {
                let z = (start - 13.0 + speed * t).rem_euclid(60.0) + 13.0;
                let phase = (t * speed.abs() * 4.4 + i as f64 * 1.3)
                    .rem_euclid(std::f64::consts::TAU) as f32;
                Walker {
                    x,
                    z: z as f32,
                    ground: KERB,
                    phase,
                    coat,
                    trousers,
                    side: 0.0,
                    bag,
                }
            })
            .collect();
        let across = (t * 1.2 + 1.0).rem_euclid(24.0) as f32;
        walkers.push(Walker {
            x: KERB_LEFT - 0.5 + across,
            z: 24.0,
            ground: if !(0.5..=10.0).contains(&across) {
                KERB
            } else {
                0.0
            },
            phase: (t * 5.6).rem_euclid(std::f64::consts::TAU) as f32,
            coat: 0xc9c4b4,
            trousers: 0x2d3f5e,
            side: 1.0,
            bag: false,
        });
        walkers.retain(|w| w.x < KERB_RIGHT + 2.5);
        walkers
    }
}

/// Two letters and four digits, without the letters that look like digits.
fn plate(i: i32, seed: u32) -> String {
    const LETTERS: &[u8] = b"ABCDEFHKLMNPRTUVXY";
    let letter = |k: i32| char::from(LETTERS[hash(i, k, seed) as usize % LETTERS.len()]);
    format!(
        "{}{} {:04}",
        letter(1),
        letter(2),
        1000 + hash(i, 3, seed) % 9000
    )
}

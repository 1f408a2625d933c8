//! Seeded randomness without state: the same cell and seed give the same number on every machine.

/// A well-mixed 32-bit hash of a lattice cell.
pub(crate) fn hash(x: i32, y: i32, seed: u32) -> u32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1)
        ^ (y as u32).wrapping_mul(0x85EB_CA77)
        ^ seed.wrapping_mul(0xC2B2_AE3D);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    h ^ (h >> 15)
}

/// A uniform number in 0…1 for a lattice cell.
pub(crate) fn unit(x: i32, y: i32, seed: u32) -> f32 {
    (hash(x, y, seed) >> 8) as f32 / 16_777_216.0
}

/// Smooth value noise in 0…1 with features one unit wide.
pub(crate) fn value(x: f32, y: f32, seed: u32) -> f32 {
    let (xf, yf) = (x.floor(), y.floor());
    let (xi, yi) = (xf as i32, yf as i32);
    let (tx, ty) = (x - xf, y - yf);
    let (sx, sy) = (tx * tx * (3.0 - 2.0 * tx), ty * ty * (3.0 - 2.0 * ty));
    let row = |j: i32| {
        let (a, b) = (unit(xi, j, seed), unit(xi + 1, j, seed));
        a + (b - a) * sx
    };
    let (a, b) = (row(yi), row(yi + 1));
    a + (b - a) * sy
}

/// Fractal noise in 0…1: `octaves` layers of value noise, each twice as fine and half as strong.
pub(crate) fn fbm(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut weight, mut total, mut scale) = (0.0, 0.5, 0.0, 1.0);
    for octave in 0..octaves {
        sum += weight * value(x * scale, y * scale, seed.wrapping_add(octave * 101));
        total += weight;
        weight *= 0.5;
        scale *= 2.03;
    }
    sum / total
}

/// Bricks: how far the point is inside its brick (0 in the mortar) and the brick's own hash.
pub(crate) fn brick(u: f32, v: f32, width: f32, height: f32, seed: u32) -> (bool, f32) {
    let row = (v / height).floor();
    let shift = if row as i32 & 1 == 0 { 0.0 } else { 0.5 };
    let along = u / width + shift;
    let (fu, fv) = (along - along.floor(), v / height - row);
    let mortar = 0.07;
    let solid = fu > mortar * height / width && fv > mortar * 1.6;
    (solid, unit(along.floor() as i32, row as i32, seed))
}

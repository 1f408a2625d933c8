//! Strided 8-bit planes to float rows of coded R, G, B (or grey) and back.
//!
//! Rows travel in bands: two for 4:2:0, where two rows share one of chroma, one otherwise. Chroma is
//! replicated on the way in and averaged on the way out, so an unchanged picture comes back unchanged.

use super::camera::Row;
use super::transfer::rounded;

/// Which bytes hold what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One grey byte a pixel.
    Grey,
    /// Pixels of `step` bytes in one plane; the others (alpha, padding) are left alone.
    Packed {
        /// Bytes from pixel to pixel.
        step: usize,
        /// Offsets of red, green and blue within a pixel.
        rgb: [usize; 3],
    },
    /// Luma in plane 0, chroma at half size after it.
    Yuv420 {
        /// Plane and byte offset of the first Cb and the first Cr.
        chroma: [(usize, usize); 2],
        /// Bytes from one chroma sample to the next.
        step: usize,
    },
}

impl Layout {
    /// Channels of a float row: 1 for grey, 3 otherwise.
    pub(super) fn channels(self) -> usize {
        if self == Self::Grey { 1 } else { 3 }
    }

    /// Rows of a band.
    pub(super) fn band(self) -> usize {
        if matches!(self, Self::Yuv420 { .. }) {
            2
        } else {
            1
        }
    }
}

/// How 8-bit codes map to values: range and YUV matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Coding {
    /// Code of black.
    offset: f32,
    /// Codes from black to white.
    scale: f32,
    /// Codes from the lowest to the highest chroma.
    chroma_scale: f32,
    /// Inverse of `scale`.
    step: f32,
    /// Inverse of `chroma_scale`.
    chroma_step: f32,
    /// Luma weights of red, green and blue.
    weights: [f32; 3],
}

impl Coding {
    /// Full (0–255) or limited (16–235, chroma 16–240) range, with the weights of red and blue in luma.
    pub(super) fn new(full_range: bool, kr: f64, kb: f64) -> Self {
        let (offset, scale, chroma_scale): (f32, f32, f32) = if full_range {
            (0.0, 255.0, 255.0)
        } else {
            (16.0, 219.0, 224.0)
        };
        let weights = [kr as f32, (1.0 - kr - kb) as f32, kb as f32];
        Self {
            offset,
            scale,
            chroma_scale,
            step: scale.recip(),
            chroma_step: chroma_scale.recip(),
            weights,
        }
    }

    fn value(&self, code: u8) -> f32 {
        (f32::from(code) - self.offset) * self.step
    }

    fn chroma(&self, code: u8) -> f32 {
        (f32::from(code) - 128.0) * self.chroma_step
    }

    fn code(&self, value: f32) -> u8 {
        rounded((value * self.scale + self.offset).clamp(0.0, 255.0)) as u8
    }

    fn chroma_code(&self, value: f32) -> u8 {
        rounded((value * self.chroma_scale + 128.0).clamp(0.0, 255.0)) as u8
    }
}

/// Where the bytes of a picture are; the bytes themselves come with each call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Geometry {
    /// Width in pixels, at least 1.
    pub(super) width: usize,
    /// Height in pixels, at least 1.
    pub(super) height: usize,
    /// Byte layout.
    pub(super) layout: Layout,
    /// Range and matrix.
    pub(super) coding: Coding,
}

/// Bytes from row to row, per plane.
pub(super) type Strides = [usize; 4];

impl Geometry {
    /// Reads the band that starts at row `y` into `rows` as coded values. Rows below the picture are left alone.
    pub(super) fn load(&self, planes: [&[u8]; 4], strides: &Strides, y: usize, rows: &mut [Row]) {
        let coding = &self.coding;
        for (i, row) in rows.iter_mut().enumerate().take(self.height - y) {
            let luma = &planes[0][(y + i) * strides[0]..];
            match self.layout {
                Layout::Grey => {
                    for (value, &code) in row.channels[0].iter_mut().zip(luma) {
                        *value = coding.value(code);
                    }
                }
                Layout::Packed { step, rgb } => {
                    for (channel, offset) in row.channels.iter_mut().zip(rgb) {
                        for (value, &code) in
                            channel.iter_mut().zip(luma[offset..].iter().step_by(step))
                        {
                            *value = coding.value(code);
                        }
                    }
                }
                Layout::Yuv420 { chroma, step } => {
                    let [cb, cr] = chroma
                        .map(|(plane, offset)| &planes[plane][y / 2 * strides[plane] + offset..]);
                    load_yuv(coding, luma, cb, cr, step, row);
                }
            }
        }
    }

    /// Writes the band of coded values `rows` to the rows from `y` on.
    pub(super) fn store(
        &self,
        planes: &mut [&mut [u8]; 4],
        strides: &Strides,
        y: usize,
        rows: &[Row],
    ) {
        let coding = &self.coding;
        let rows = &rows[..rows.len().min(self.height - y)];
        for (i, row) in rows.iter().enumerate() {
            let luma = &mut planes[0][(y + i) * strides[0]..];
            match self.layout {
                Layout::Grey => {
                    for (code, &value) in luma.iter_mut().zip(&row.channels[0]) {
                        *code = coding.code(value);
                    }
                }
                Layout::Packed { step, rgb } => {
                    for (channel, offset) in row.channels.iter().zip(rgb) {
                        for (code, &value) in luma[offset..].iter_mut().step_by(step).zip(channel) {
                            *code = coding.code(value);
                        }
                    }
                }
                Layout::Yuv420 { .. } => {
                    let [kr, kg, kb] = coding.weights;
                    let [r, g, b] = &row.channels;
                    for (((code, r), g), b) in luma.iter_mut().zip(r).zip(g).zip(b) {
                        *code = coding.code(kr * r + kg * g + kb * b);
                    }
                }
            }
        }
        if let Layout::Yuv420 { chroma, step } = self.layout {
            let start = chroma.map(|(plane, offset)| (plane, y / 2 * strides[plane] + offset));
            store_chroma(coding, planes, start, step, rows);
        }
    }
}

fn load_yuv(coding: &Coding, luma: &[u8], cb: &[u8], cr: &[u8], step: usize, row: &mut Row) {
    let [kr, kg, kb] = coding.weights;
    let (red_cr, blue_cb) = (2.0 * (1.0 - kr), 2.0 * (1.0 - kb));
    let (green_cr, green_cb) = (-red_cr * kr / kg, -blue_cb * kb / kg);
    let [r, g, b] = &mut row.channels;
    let pixels = r.iter_mut().zip(g).zip(b).zip(luma);
    for (x, (((r, g), b), &code)) in pixels.enumerate() {
        let at = x / 2 * step;
        let (cb, cr) = (coding.chroma(cb[at]), coding.chroma(cr[at]));
        let luma = coding.value(code);
        *r = luma + red_cr * cr;
        *g = luma + green_cr * cr + green_cb * cb;
        *b = luma + blue_cb * cb;
    }
}

/// Averages the one or two `rows` over blocks of 2×2. At an odd edge the last pixel stands in for the missing one.
fn store_chroma(
    coding: &Coding,
    planes: &mut [&mut [u8]; 4],
    start: [(usize, usize); 2],
    step: usize,
    rows: &[Row],
) {
    let [kr, kg, kb] = coding.weights;
    let (to_cb, to_cr) = (0.5 / (1.0 - kb), 0.5 / (1.0 - kr));
    let (top, bottom) = (&rows[0].channels, &rows[rows.len() - 1].channels);
    let width = top[0].len();
    let [(cb_plane, cb_start), (cr_plane, cr_start)] = start;
    for i in 0..width.div_ceil(2) {
        let (left, right) = (2 * i, (2 * i + 1).min(width - 1));
        let mean =
            |c: usize| 0.25 * (top[c][left] + top[c][right] + bottom[c][left] + bottom[c][right]);
        let (r, g, b) = (mean(0), mean(1), mean(2));
        let luma = kr * r + kg * g + kb * b;
        planes[cb_plane][cb_start + i * step] = coding.chroma_code((b - luma) * to_cb);
        planes[cr_plane][cr_start + i * step] = coding.chroma_code((r - luma) * to_cr);
    }
}

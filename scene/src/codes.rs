//! QR codes: making them for the labels, reading them back from pictures.

use qrcode::{Color, EcLevel, QrCode};

/// A QR code's modules; `true` is ink.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) payload: String,
    /// Modules along one side, quiet zone not counted.
    pub(crate) size: usize,
    modules: Vec<bool>,
}

impl Code {
    /// Encodes up to 20 capitals, digits and `-` as the smallest code; `None` when the text does not fit any.
    pub(crate) fn new(payload: &str) -> Option<Code> {
        let code = QrCode::with_error_correction_level(payload, EcLevel::M).ok()?;
        let modules = code.to_colors().iter().map(|&c| c == Color::Dark).collect();
        Some(Code {
            payload: payload.to_owned(),
            size: code.width(),
            modules,
        })
    }

    /// Whether there is ink at a position, 0…1 across the code; outside there is none.
    pub(crate) fn ink(&self, u: f32, v: f32) -> bool {
        if !(0.0..1.0).contains(&u) || !(0.0..1.0).contains(&v) {
            return false;
        }
        let cell = |w: f32| (w * self.size as f32) as usize;
        self.modules[cell(v) * self.size + cell(u)]
    }
}

/// The payloads of all QR codes that can be read in a packed RGB picture, in no particular order.
///
/// A buffer shorter than `width * height * 3` bytes is read as empty.
pub fn read_codes(rgb: &[u8], width: usize, height: usize) -> Vec<String> {
    if rgb.len() < width * height * 3 || width == 0 || height == 0 {
        return Vec::new();
    }
    let luma: Vec<u8> = rgb
        .chunks_exact(3)
        .map(|p| ((u32::from(p[0]) * 54 + u32::from(p[1]) * 183 + u32::from(p[2]) * 19) >> 8) as u8)
        .collect();
    let mut found = read_grey(width, height, |x, y| luma[y * width + x]);
    // The reader looks at whole pixels; modules of three or four are read more surely enlarged.
    for text in read_grey(width * 2, height * 2, |x, y| {
        doubled(&luma, width, height, x, y)
    }) {
        if !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

fn read_grey(width: usize, height: usize, luma: impl Fn(usize, usize) -> u8) -> Vec<String> {
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, luma);
    let grids = picture.detect_grids();
    grids
        .iter()
        .filter_map(|grid| grid.decode().ok())
        .map(|(_, text)| text)
        .collect()
}

/// A pixel of the picture at twice its size, interpolated.
fn doubled(luma: &[u8], width: usize, height: usize, x: usize, y: usize) -> u8 {
    let near = |i: usize, limit: usize| {
        let other = if i & 1 == 0 {
            (i / 2).saturating_sub(1)
        } else {
            (i / 2 + 1).min(limit - 1)
        };
        (i / 2, other)
    };
    let ((x0, x1), (y0, y1)) = (near(x, width), near(y, height));
    let at = |x: usize, y: usize| u32::from(luma[y * width + x]);
    ((9 * at(x0, y0) + 3 * (at(x1, y0) + at(x0, y1)) + at(x1, y1) + 8) / 16) as u8
}

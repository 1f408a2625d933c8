//! What is really in the picture: the texts and codes somebody would want to read.

use crate::raster::Point;

/// What kind of mark it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// Text: a number plate, a sign, a printed line.
    Text,
    /// A QR code.
    Code,
}

/// A text or code, and where it is in the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Text or code.
    pub kind: MarkKind,
    /// What it says.
    pub payload: String,
    /// Its corners in pixels: top left, top right, bottom right, bottom left; the picture's corner is (0, 0).
    pub quad: [Point; 4],
}

impl Mark {
    /// The mark, if all of it lies in a picture of `size` (width, height) pixels.
    pub(crate) fn in_picture(
        kind: MarkKind,
        payload: &str,
        quad: [Point; 4],
        size: (usize, usize),
    ) -> Option<Mark> {
        let seen = quad
            .iter()
            .all(|p| p.0 >= 0.0 && p.1 >= 0.0 && p.0 <= size.0 as f32 && p.1 <= size.1 as f32);
        seen.then(|| Mark {
            kind,
            payload: payload.to_owned(),
            quad,
        })
    }
}

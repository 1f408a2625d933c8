//! Pixel formats and what their code values mean.

/// Code value of black luma in limited range.
pub(crate) const BLACK: u8 = 16;
/// Code value of chroma without colour.
pub(crate) const NEUTRAL_CHROMA: u8 = 128;

/// Memory layout of a frame, named as in GStreamer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Planar Y, U, V; chroma at half resolution, rounded up.
    I420,
    /// Planar Y, interleaved UV; chroma at half resolution, rounded up.
    Nv12,
    /// Luma only.
    Gray8,
    /// Packed R, G, B.
    Rgb,
    /// Packed B, G, R.
    Bgr,
    /// Packed R, G, B, alpha. Alpha is passed on untouched.
    Rgba,
    /// Packed B, G, R, alpha. Alpha is passed on untouched.
    Bgra,
    /// Packed R, G, B and a byte of padding.
    Rgbx,
    /// Packed B, G, R and a byte of padding.
    Bgrx,
}

impl PixelFormat {
    /// Every format, in the order of preference for negotiation.
    pub const ALL: [Self; 9] = [
        Self::I420,
        Self::Nv12,
        Self::Gray8,
        Self::Rgb,
        Self::Bgr,
        Self::Rgbx,
        Self::Bgrx,
        Self::Rgba,
        Self::Bgra,
    ];

    /// GStreamer's name for the format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::I420 => "I420",
            Self::Nv12 => "NV12",
            Self::Gray8 => "GRAY8",
            Self::Rgb => "RGB",
            Self::Bgr => "BGR",
            Self::Rgba => "RGBA",
            Self::Bgra => "BGRA",
            Self::Rgbx => "RGBx",
            Self::Bgrx => "BGRx",
        }
    }

    /// The format with GStreamer's name `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Number of planes.
    #[must_use]
    pub const fn n_planes(self) -> usize {
        match self {
            Self::I420 => 3,
            Self::Nv12 => 2,
            _ => 1,
        }
    }

    /// Bytes and rows that plane `index` of a `width` × `height` frame covers, without row padding.
    #[must_use]
    pub const fn plane_size(self, index: usize, width: usize, height: usize) -> (usize, usize) {
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        match (self, index) {
            (Self::I420, 1 | 2) => (half_width, half_height),
            (Self::Nv12, 1) => (half_width * 2, half_height),
            (Self::I420 | Self::Nv12 | Self::Gray8, _) => (width, height),
            (Self::Rgb | Self::Bgr, _) => (width * 3, height),
            (Self::Rgba | Self::Bgra | Self::Rgbx | Self::Bgrx, _) => (width * 4, height),
        }
    }
}

/// Y'CbCr matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matrix {
    /// ITU-R BT.601.
    Bt601,
    /// ITU-R BT.709.
    #[default]
    Bt709,
    /// ITU-R BT.2020, non-constant luminance.
    Bt2020,
}

/// Code value range of Y'CbCr planes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// Y 16–235, chroma 16–240.
    #[default]
    Limited,
    /// 0–255.
    Full,
}

/// How a frame's code values map to colours. RGB frames are full range; their `matrix` is only used on the way to Y'CbCr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Colorimetry {
    /// Y'CbCr matrix.
    pub matrix: Matrix,
    /// Y'CbCr range.
    pub range: Range,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_sizes_round_chroma_up() {
        assert_eq!(PixelFormat::I420.plane_size(1, 5, 3), (3, 2));
        assert_eq!(PixelFormat::Nv12.plane_size(1, 5, 3), (6, 2));
    }
}

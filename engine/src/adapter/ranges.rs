//! Code values between limited and full range.

use crate::pixel::Range;
use crate::tensor::lines::Luts;

/// Code value tables between limited and full range.
#[derive(Debug)]
pub(crate) struct RangeTables {
    /// Luma and chroma, limited to full.
    expand: ([u8; 256], [u8; 256]),
    /// Luma and chroma, full to limited.
    compress: ([u8; 256], [u8; 256]),
}

impl Default for RangeTables {
    fn default() -> Self {
        let table = |map: &dyn Fn(f32) -> f32| -> [u8; 256] {
            std::array::from_fn(|code| (map(code as f32) + 0.5) as u8)
        };
        Self {
            expand: (
                table(&|code| (code - 16.0) * 255.0 / 219.0),
                table(&|code| (code - 128.0) * 255.0 / 224.0 + 128.0),
            ),
            compress: (
                table(&|code| code * 219.0 / 255.0 + 16.0),
                table(&|code| (code - 128.0) * 224.0 / 255.0 + 128.0),
            ),
        }
    }
}

impl RangeTables {
    pub(crate) fn between(&self, from: Range, to: Range) -> Luts<'_> {
        let tables = match (from, to) {
            (Range::Limited, Range::Full) => Some(&self.expand),
            (Range::Full, Range::Limited) => Some(&self.compress),
            _ => None,
        };
        Luts {
            luma: tables.map(|(luma, _)| luma),
            chroma: tables.map(|(_, chroma)| chroma),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_tables_map_the_ends_of_the_scale() {
        let tables = RangeTables::default();
        let Luts { luma, chroma } = tables.between(Range::Limited, Range::Full);
        let (luma, chroma) = (luma.unwrap(), chroma.unwrap());
        assert_eq!((luma[16], luma[235], luma[0], luma[255]), (0, 255, 0, 255));
        assert_eq!((chroma[128], chroma[240], chroma[16]), (128, 255, 1));
        let Luts { luma, chroma } = tables.between(Range::Full, Range::Limited);
        let (luma, chroma) = (luma.unwrap(), chroma.unwrap());
        assert_eq!((luma[0], luma[255]), (16, 235));
        assert_eq!((chroma[128], chroma[255], chroma[0]), (128, 240, 16));
    }

    #[test]
    fn equal_ranges_are_left_alone() {
        let nothing = Luts {
            luma: None,
            chroma: None,
        };
        assert_eq!(
            RangeTables::default().between(Range::Full, Range::Full),
            nothing
        );
    }
}

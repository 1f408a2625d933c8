//! Models that work on the decoder's own 8-bit planes.

use super::{input, output};
use crate::convert;
use crate::error::Result;
use crate::frame::{Frame, FrameMut, OwnedFrame};
use crate::modelinfo::{ModelInfo, ModelKind, Role};
use crate::pixel::{Colorimetry, PixelFormat, Range};
use crate::session::{Outputs, Session};
use crate::tensor::planes;

/// Neutral chroma code value.
const NEUTRAL: u8 = 128;

/// Index of an input, name of its output, and the shape of both.
#[derive(Debug)]
struct Port {
    input: usize,
    output: String,
    shape: Vec<usize>,
}

impl Port {
    fn new(info: &ModelInfo, role: Role, size: (usize, usize)) -> Result<Self> {
        let (index, tensor) = input(info, role)?;
        Ok(Self {
            input: index,
            output: output(info, role)?.name.clone(),
            shape: tensor.shape(size.0, size.1),
        })
    }

    fn width(&self) -> usize {
        self.shape[3]
    }
}

/// Feeds frames to a model of kind [`ModelKind::Planes`] or [`ModelKind::Luma`].
#[derive(Debug)]
pub(crate) struct PlanesAdapter {
    luma: Port,
    chroma: Option<(Port, Port)>,
    range: Range,
    ranges: RangeTables,
    scratch: Option<Scratch>,
}

/// What packed RGB frames pass through.
#[derive(Debug)]
struct Scratch {
    i420: OwnedFrame,
    rgb: Vec<u8>,
}

impl PlanesAdapter {
    pub(crate) fn new(info: &ModelInfo, size: (usize, usize)) -> Result<Self> {
        let chroma = if info.kind() == ModelKind::Planes {
            Some((
                Port::new(info, Role::ChromaU, size)?,
                Port::new(info, Role::ChromaV, size)?,
            ))
        } else {
            None
        };
        Ok(Self {
            luma: Port::new(info, Role::Luma, size)?,
            chroma,
            range: info.range,
            ranges: RangeTables::default(),
            scratch: None,
        })
    }

    pub(crate) fn load(&mut self, frame: &Frame<'_>, session: &mut Session) -> Result<()> {
        match frame.format() {
            PixelFormat::I420 | PixelFormat::Nv12 | PixelFormat::Gray8 => {
                self.load_planes(frame, session)
            }
            _ => {
                let mut scratch = self.take_scratch(frame)?;
                convert::packed_to_i420(frame, &mut scratch.rgb, &mut scratch.i420)?;
                self.load_planes(&scratch.i420.as_frame(), session)?;
                self.scratch = Some(scratch);
                Ok(())
            }
        }
    }

    pub(crate) fn store(
        &mut self,
        outputs: &Outputs<'_>,
        input: &Frame<'_>,
        output: &mut FrameMut<'_>,
    ) -> Result<()> {
        match output.format() {
            PixelFormat::I420 | PixelFormat::Nv12 | PixelFormat::Gray8 => {
                if self.chroma.is_none() {
                    output.copy_from(input)?;
                }
                self.store_planes(outputs, output)
            }
            _ => {
                let mut scratch = self.take_scratch(input)?;
                self.store_planes(outputs, &mut scratch.i420.as_frame_mut())?;
                output.copy_from(input)?;
                convert::i420_to_packed(&scratch.i420.as_frame(), &mut scratch.rgb, output)?;
                self.scratch = Some(scratch);
                Ok(())
            }
        }
    }

    fn take_scratch(&mut self, frame: &Frame<'_>) -> Result<Scratch> {
        if let Some(scratch) = self.scratch.take() {
            return Ok(scratch);
        }
        let (width, height) = (frame.width(), frame.height());
        let colorimetry = Colorimetry {
            matrix: frame.colorimetry().matrix,
            range: self.range,
        };
        Ok(Scratch {
            i420: OwnedFrame::zeroed(PixelFormat::I420, width, height, colorimetry)?,
            rgb: vec![0; width * height * 3],
        })
    }

    fn load_planes(&self, frame: &Frame<'_>, session: &mut Session) -> Result<()> {
        let (luma_lut, chroma_lut) = self.ranges.between(frame.colorimetry().range, self.range);
        planes::pad(
            frame.rows(0),
            session.input_u8(self.luma.input)?,
            self.luma.width(),
            luma_lut,
        );
        let Some((u, v)) = &self.chroma else {
            return Ok(());
        };
        match frame.format() {
            PixelFormat::I420 => {
                planes::pad(
                    frame.rows(1),
                    session.input_u8(u.input)?,
                    u.width(),
                    chroma_lut,
                );
                planes::pad(
                    frame.rows(2),
                    session.input_u8(v.input)?,
                    v.width(),
                    chroma_lut,
                );
            }
            PixelFormat::Nv12 => {
                let (u_values, v_values) = session.two_inputs_u8(u.input, v.input)?;
                planes::deinterleave(frame.rows(1), u_values, v_values, u.width(), chroma_lut);
            }
            _ => {
                session.input_u8(u.input)?.fill(NEUTRAL);
                session.input_u8(v.input)?.fill(NEUTRAL);
            }
        }
        Ok(())
    }

    fn store_planes(&self, outputs: &Outputs<'_>, frame: &mut FrameMut<'_>) -> Result<()> {
        let (luma_lut, chroma_lut) = self.ranges.between(self.range, frame.colorimetry().range);
        let values = |port: &Port| outputs.u8(&port.output, &port.shape);
        planes::crop(
            values(&self.luma)?,
            self.luma.width(),
            frame.rows_mut(0),
            luma_lut,
        );
        let Some((u, v)) = &self.chroma else {
            return Ok(());
        };
        match frame.format() {
            PixelFormat::I420 => {
                planes::crop(values(u)?, u.width(), frame.rows_mut(1), chroma_lut);
                planes::crop(values(v)?, v.width(), frame.rows_mut(2), chroma_lut);
            }
            PixelFormat::Nv12 => {
                planes::interleave(
                    values(u)?,
                    values(v)?,
                    u.width(),
                    frame.rows_mut(1),
                    chroma_lut,
                );
            }
            _ => {}
        }
        Ok(())
    }
}

/// Code value tables between limited and full range.
#[derive(Debug)]
struct RangeTables {
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
    fn between(&self, from: Range, to: Range) -> (planes::Lut<'_>, planes::Lut<'_>) {
        match (from, to) {
            (Range::Limited, Range::Full) => (Some(&self.expand.0), Some(&self.expand.1)),
            (Range::Full, Range::Limited) => (Some(&self.compress.0), Some(&self.compress.1)),
            _ => (None, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_tables_map_the_ends_of_the_scale() {
        let tables = RangeTables::default();
        let (luma, chroma) = tables.between(Range::Limited, Range::Full);
        let (luma, chroma) = (luma.unwrap(), chroma.unwrap());
        assert_eq!((luma[16], luma[235], luma[0], luma[255]), (0, 255, 0, 255));
        assert_eq!((chroma[128], chroma[240], chroma[16]), (128, 255, 1));
        let (luma, chroma) = tables.between(Range::Full, Range::Limited);
        let (luma, chroma) = (luma.unwrap(), chroma.unwrap());
        assert_eq!((luma[0], luma[255]), (16, 235));
        assert_eq!((chroma[128], chroma[255], chroma[0]), (128, 240, 16));
    }

    #[test]
    fn equal_ranges_are_left_alone() {
        assert_eq!(
            RangeTables::default().between(Range::Full, Range::Full),
            (None, None)
        );
    }
}

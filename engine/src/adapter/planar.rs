//! Frames of any format as the 8-bit planes, of one range, that a model takes.

use super::ranges::RangeTables;
use crate::convert;
use crate::error::Result;
use crate::frame::{Frame, FrameMut, OwnedFrame};
use crate::pixel::{Colorimetry, PixelFormat, Range};
use crate::tensor::lines::Luts;

/// Hands planar frames on as they are, and packed RGB ones as I420.
#[derive(Debug)]
pub(super) struct Planar {
    /// The model's.
    range: Range,
    tables: RangeTables,
    scratch: Option<Scratch>,
}

/// What packed RGB frames pass through.
#[derive(Debug)]
struct Scratch {
    i420: OwnedFrame,
    rgb: Vec<u8>,
}

impl Planar {
    pub(super) fn new(range: Range) -> Self {
        Self {
            range,
            tables: RangeTables::default(),
            scratch: None,
        }
    }

    /// Gives `take` the planes of `frame`, and the tables that map them to the model's range.
    pub(super) fn load(
        &mut self,
        frame: &Frame<'_>,
        take: impl FnOnce(&Frame<'_>, Luts<'_>) -> Result<()>,
    ) -> Result<()> {
        if is_planar(frame.format()) {
            let luts = self.tables.between(frame.colorimetry().range, self.range);
            return take(frame, luts);
        }
        let Scratch { i420, rgb } = scratch(&mut self.scratch, frame, self.range)?;
        convert::packed_to_i420(frame, rgb, i420)?;
        take(
            &i420.as_frame(),
            self.tables.between(self.range, self.range),
        )
    }

    /// Lets `give` write the planes of `output`, by the tables that map the model's range to theirs. What `give` leaves
    /// alone in a packed frame is as in `input`, the last one loaded.
    pub(super) fn store(
        &mut self,
        input: &Frame<'_>,
        output: &mut FrameMut<'_>,
        give: impl FnOnce(&mut FrameMut<'_>, Luts<'_>) -> Result<()>,
    ) -> Result<()> {
        if is_planar(output.format()) {
            let luts = self.tables.between(self.range, output.colorimetry().range);
            return give(output, luts);
        }
        let Scratch { i420, rgb } = scratch(&mut self.scratch, input, self.range)?;
        give(
            &mut i420.as_frame_mut(),
            self.tables.between(self.range, self.range),
        )?;
        // Alpha and padding bytes come from the input.
        output.copy_from(input)?;
        convert::i420_to_packed(&i420.as_frame(), rgb, output)
    }
}

fn is_planar(format: PixelFormat) -> bool {
    matches!(
        format,
        PixelFormat::I420 | PixelFormat::Nv12 | PixelFormat::Gray8
    )
}

/// The scratch for frames like `frame`, made at the first one.
fn scratch<'a>(
    scratch: &'a mut Option<Scratch>,
    frame: &Frame<'_>,
    range: Range,
) -> Result<&'a mut Scratch> {
    let scratch = match scratch.take() {
        Some(made) => scratch.insert(made),
        None => scratch.insert(Scratch::new(frame, range)?),
    };
    Ok(scratch)
}

impl Scratch {
    fn new(frame: &Frame<'_>, range: Range) -> Result<Self> {
        let (width, height) = (frame.width(), frame.height());
        let matrix = frame.colorimetry().matrix;
        let colorimetry = Colorimetry { matrix, range };
        Ok(Self {
            i420: OwnedFrame::zeroed(PixelFormat::I420, width, height, colorimetry)?,
            rgb: vec![0; width * height * 3],
        })
    }
}

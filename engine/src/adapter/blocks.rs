//! Models that leave the work at full resolution to the engine: they see blocks, and say what to do with them.

use super::planar::Planar;
use super::{input, output};
use crate::error::{Error, Result};
use crate::frame::{Frame, FrameMut};
use crate::modelinfo::{ModelInfo, Role};
use crate::pixel::{BLACK, NEUTRAL_CHROMA, PixelFormat};
use crate::session::{Inputs, Outputs};
use crate::tensor::blocks::{self, Grid};
use crate::tensor::restore::{Correction, restore};

/// Feeds frames to a model of kind [`crate::modelinfo::ModelKind::Blocks`].
#[derive(Debug)]
pub(crate) struct BlocksAdapter {
    /// Where in the input the frame lies, and where what is restored: after it where the model remembers that.
    frame: Grid,
    restored: Grid,
    blocks: usize,
    residual: String,
    shape: Vec<usize>,
    gain: String,
    /// How answers are meant; the gain is each frame's own.
    correction: Correction,
    /// Whether a picture has been restored since the last reset.
    has_past: bool,
    planar: Planar,
    /// One row, on its way between frame and blocks.
    line: Vec<u8>,
    model: String,
}

impl BlocksAdapter {
    pub(crate) fn new(info: &ModelInfo, (width, height): (usize, usize)) -> Result<Self> {
        let (blocks, tensor) = input(info, Role::Blocks)?;
        let residual = output(info, Role::Residual)?;
        let (low, high) = residual.value_range;
        let pictures = tensor.pictures();
        let frame = Grid {
            width: width / tensor.stride,
            height: height / tensor.stride,
            side: tensor.stride,
            pictures,
            picture: 0,
        };
        Ok(Self {
            frame,
            restored: Grid {
                picture: pictures - 1,
                ..frame
            },
            blocks,
            residual: residual.name.clone(),
            shape: residual.shape(width, height),
            gain: output(info, Role::Gain)?.name.clone(),
            correction: Correction {
                gain: 1.0,
                low,
                step: (high - low) / 255.0,
                dead_zone: residual.dead_zone,
                keep: residual.keep,
            },
            has_past: false,
            planar: Planar::new(info.range),
            line: Vec::new(),
            model: info.name.clone(),
        })
    }

    pub(crate) fn load(&mut self, frame: &Frame<'_>, inputs: &mut Inputs) -> Result<()> {
        let (grid, line) = (self.frame, &mut self.line);
        let tensor = inputs.u8(self.blocks)?;
        self.planar.load(frame, |frame, luts| {
            let mut pack = |plane, part, lut| {
                blocks::pack(frame.rows(plane), tensor, part, lut, line);
            };
            pack(0, grid.luma(), luts.luma);
            match frame.format() {
                PixelFormat::I420 => {
                    pack(1, grid.u(), luts.chroma);
                    pack(2, grid.v(), luts.chroma);
                }
                PixelFormat::Nv12 => pack(1, grid.uv(), luts.chroma),
                _ => {
                    blocks::fill(tensor, grid.u(), NEUTRAL_CHROMA, line);
                    blocks::fill(tensor, grid.v(), NEUTRAL_CHROMA, line);
                }
            }
            Ok(())
        })
    }

    /// Restores the blocks where they are and writes them to `output`. Where the model remembers, they are the past
    /// of the next frame then.
    pub(crate) fn store(
        &mut self,
        outputs: &Outputs<'_>,
        inputs: &mut Inputs,
        input: &Frame<'_>,
        output: &mut FrameMut<'_>,
    ) -> Result<()> {
        let correction = Correction {
            gain: self.gain(outputs)?,
            keep: if self.has_past {
                self.correction.keep
            } else {
                0.0
            },
            ..self.correction
        };
        let residual = outputs.u8(&self.residual, &self.shape)?;
        let (grid, line) = (self.restored, &mut self.line);
        let tensor = inputs.u8(self.blocks)?;
        restore(tensor, residual, grid.side, grid.picture > 0, correction);
        self.has_past = true;
        self.planar.store(input, output, |frame, luts| {
            let format = frame.format();
            let mut unpack = |plane, part, lut| {
                blocks::unpack(tensor, frame.rows_mut(plane), part, lut, line);
            };
            unpack(0, grid.luma(), luts.luma);
            match format {
                PixelFormat::I420 => {
                    unpack(1, grid.u(), luts.chroma);
                    unpack(2, grid.v(), luts.chroma);
                }
                PixelFormat::Nv12 => unpack(1, grid.uv(), luts.chroma),
                _ => {}
            }
            Ok(())
        })
    }

    /// The past is a black picture, of which nothing is kept.
    pub(crate) fn reset(&mut self, inputs: &mut Inputs) -> Result<()> {
        self.has_past = false;
        let (grid, line) = (self.restored, &mut self.line);
        let tensor = inputs.u8(self.blocks)?;
        blocks::fill(tensor, grid.luma(), BLACK, line);
        blocks::fill(tensor, grid.u(), NEUTRAL_CHROMA, line);
        blocks::fill(tensor, grid.v(), NEUTRAL_CHROMA, line);
        Ok(())
    }

    fn gain(&self, outputs: &Outputs<'_>) -> Result<f32> {
        match outputs.f32(&self.gain, &[1, 1, 1, 1])? {
            [gain] if gain.is_finite() => Ok(*gain),
            other => Err(Error::Run {
                model: self.model.clone(),
                reason: format!("output {} is {other:?}: no gain", self.gain),
            }),
        }
    }
}

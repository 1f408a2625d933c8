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
    grid: Grid,
    blocks: usize,
    past: Option<usize>,
    residual: String,
    shape: Vec<usize>,
    gain: String,
    /// How residuals are meant; the gain is each frame's own.
    correction: Correction,
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
        Ok(Self {
            grid: Grid {
                width: width / tensor.stride,
                height: height / tensor.stride,
                side: tensor.stride,
            },
            blocks,
            past: info
                .inputs
                .iter()
                .position(|tensor| tensor.role == Role::PastBlocks),
            residual: residual.name.clone(),
            shape: residual.shape(width, height),
            gain: output(info, Role::Gain)?.name.clone(),
            correction: Correction {
                gain: 1.0,
                low,
                step: (high - low) / 255.0,
                dead_zone: residual.dead_zone,
            },
            planar: Planar::new(info.range),
            line: Vec::new(),
            model: info.name.clone(),
        })
    }

    pub(crate) fn load(&mut self, frame: &Frame<'_>, inputs: &mut Inputs) -> Result<()> {
        let (grid, line) = (self.grid, &mut self.line);
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
                _ => tensor[grid.luma_bytes()..].fill(NEUTRAL_CHROMA),
            }
            Ok(())
        })
    }

    /// Restores the blocks where they are, writes them to `output`, and makes them the past of the next frame.
    pub(crate) fn store(
        &mut self,
        outputs: &Outputs<'_>,
        inputs: &mut Inputs,
        input: &Frame<'_>,
        output: &mut FrameMut<'_>,
    ) -> Result<()> {
        let correction = Correction {
            gain: self.gain(outputs)?,
            ..self.correction
        };
        let residual = outputs.u8(&self.residual, &self.shape)?;
        let (grid, line) = (self.grid, &mut self.line);
        let tensor = inputs.u8(self.blocks)?;
        let (luma, chroma) = tensor.split_at_mut(grid.luma_bytes());
        let (luma_residual, chroma_residual) = residual.split_at(grid.luma_bytes());
        restore(luma, luma_residual, BLACK, correction);
        restore(chroma, chroma_residual, NEUTRAL_CHROMA, correction);
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
        })?;
        if let Some(past) = self.past {
            inputs.swap(self.blocks, past);
        }
        Ok(())
    }

    /// The past is a black picture.
    pub(crate) fn reset(&self, inputs: &mut Inputs) -> Result<()> {
        if let Some(past) = self.past {
            let (luma, chroma) = inputs.u8(past)?.split_at_mut(self.grid.luma_bytes());
            luma.fill(BLACK);
            chroma.fill(NEUTRAL_CHROMA);
        }
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

//! Models that leave the work at full resolution to the engine: they see blocks, and say what to do with them.

use std::sync::Mutex;

use super::planar::Planar;
use super::{input, output};
use crate::crew::Hands;
use crate::error::{Error, Result};
use crate::frame::{Frame, FrameMut};
use crate::modelinfo::{ModelInfo, Role};
use crate::pixel::{BLACK, NEUTRAL_CHROMA};
use crate::session::{Inputs, Outputs};
use crate::tensor::bands::bands;
use crate::tensor::blocks::{self, Grid};
use crate::tensor::lines::Lines;
use crate::tensor::restore::{Correction, Desk};

/// Feeds frames to a model of kind [`crate::modelinfo::ModelKind::Blocks`].
#[derive(Debug)]
pub(crate) struct BlocksAdapter {
    grid: Grid,
    blocks: usize,
    residual: String,
    shape: Vec<usize>,
    gain: String,
    /// How answers are meant; the gain is each frame's own.
    correction: Correction,
    /// Whether a picture has been restored since the last reset.
    has_past: bool,
    planar: Planar,
    hands: Hands,
    /// What each of the hands works with.
    tools: Vec<Mutex<Tools>>,
    model: String,
}

/// Scratch for one row of blocks.
#[derive(Debug, Default)]
struct Tools {
    lines: Lines,
    desk: Desk,
}

impl BlocksAdapter {
    pub(crate) fn new(
        info: &ModelInfo,
        (width, height): (usize, usize),
        hands: Hands,
    ) -> Result<Self> {
        let (blocks, tensor) = input(info, Role::Blocks)?;
        let residual = output(info, Role::Residual)?;
        let (low, high) = residual.value_range;
        Ok(Self {
            grid: Grid {
                width: width / tensor.stride,
                side: tensor.stride,
                pictures: tensor.pictures(),
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
                keep_limit: residual.keep_limit,
            },
            has_past: false,
            planar: Planar::new(info.range),
            tools: (0..hands.count()).map(|_| Mutex::default()).collect(),
            hands,
            model: info.name.clone(),
        })
    }

    pub(crate) fn load(&mut self, frame: &Frame<'_>, inputs: &mut Inputs) -> Result<()> {
        let (grid, hands, tools) = (self.grid, &self.hands, &self.tools);
        let tensor = inputs.u8(self.blocks)?;
        self.planar.load(frame, |frame, luts| {
            let bands = bands(frame.clone(), (tensor, &[]), grid);
            hands.each(&bands, tools, |band, tools| {
                blocks::pack(&band.frame, luts, band.tensor, grid, &mut tools.lines);
            });
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
        let answer = outputs.u8(&self.residual, &self.shape)?;
        let (grid, hands, tools) = (self.grid, &self.hands, &self.tools);
        let tensor = inputs.u8(self.blocks)?;
        self.planar.store(input, output, |frame, luts| {
            let bands = bands(frame.as_frame_mut(), (tensor, answer), grid);
            hands.each(&bands, tools, |mut band, tools| {
                let tensors = (band.tensor, band.answer);
                let desk = &mut tools.desk;
                blocks::restore(tensors, &mut band.frame, luts, grid, correction, desk);
            });
            Ok(())
        })?;
        self.has_past = true;
        Ok(())
    }

    /// The past is a black picture, of which nothing is kept.
    pub(crate) fn reset(&mut self, inputs: &mut Inputs) -> Result<()> {
        self.has_past = false;
        let tensor = inputs.u8(self.blocks)?;
        blocks::fill(tensor, [BLACK, NEUTRAL_CHROMA], self.grid);
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

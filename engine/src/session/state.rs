//! Recurrent state: outputs that are inputs of the next run.

use super::{Inputs, Outputs};
use crate::error::Result;
use crate::modelinfo::{ElementType, ModelInfo, Role};

/// A state input, and the output that becomes its next value.
#[derive(Debug)]
pub(super) struct State {
    input: usize,
    output: String,
    element: ElementType,
    shape: Vec<usize>,
    /// Value at the start of a scene.
    reset: u8,
}

/// The states of a model for a picture of `size` (padded); inputs and outputs pair up in the sidecar's order.
pub(super) fn pairs(info: &ModelInfo, (width, height): (usize, usize)) -> Vec<State> {
    let outputs = info.outputs.iter().filter(|t| t.role == Role::State);
    let inputs = info.inputs.iter().enumerate();
    inputs
        .filter(|(_, tensor)| tensor.role == Role::State)
        .zip(outputs)
        .map(|((index, input), output)| State {
            input: index,
            output: output.name.clone(),
            element: input.element,
            shape: input.shape(width, height),
            reset: input.reset,
        })
        .collect()
}

impl State {
    /// Copies what a run gave to where the next one reads it.
    pub(super) fn carry(&self, outputs: &Outputs<'_>, inputs: &mut Inputs) -> Result<()> {
        match self.element {
            ElementType::U8 => inputs
                .u8(self.input)?
                .copy_from_slice(outputs.u8(&self.output, &self.shape)?),
            ElementType::F32 => inputs
                .f32(self.input)?
                .copy_from_slice(outputs.f32(&self.output, &self.shape)?),
        }
        Ok(())
    }

    /// Forgets the past.
    pub(super) fn reset(&self, inputs: &mut Inputs) -> Result<()> {
        match self.element {
            ElementType::U8 => inputs.u8(self.input)?.fill(self.reset),
            ElementType::F32 => inputs.f32(self.input)?.fill(f32::from(self.reset)),
        }
        Ok(())
    }
}

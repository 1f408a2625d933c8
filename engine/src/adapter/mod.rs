//! Between frames of any format and the tensors of a kind of model.

mod blocks;
mod planar;
mod planes;
mod ranges;
mod rgb;

use crate::crew::Hands;
use crate::error::{Error, Result};
use crate::frame::{Frame, FrameMut};
use crate::modelinfo::{ModelInfo, ModelKind, Role, TensorInfo};
use crate::session::{Inputs, Outputs};
use blocks::BlocksAdapter;
use planes::PlanesAdapter;
pub(crate) use ranges::RangeTables;
use rgb::RgbAdapter;

/// The adapter that a kind of model needs.
#[derive(Debug)]
pub(crate) enum Adapter {
    Planes(Box<PlanesAdapter>),
    Blocks(Box<BlocksAdapter>),
    Rgb(RgbAdapter),
}

impl Adapter {
    /// For the model that `info` describes and its picture of `size` (padded). `hands` do what there is to do at full
    /// resolution.
    pub(crate) fn new(info: &ModelInfo, size: (usize, usize), hands: Hands) -> Result<Self> {
        Ok(match info.kind() {
            ModelKind::Planes | ModelKind::Luma => {
                Self::Planes(Box::new(PlanesAdapter::new(info, size)?))
            }
            ModelKind::Blocks => Self::Blocks(Box::new(BlocksAdapter::new(info, size, hands)?)),
            ModelKind::Rgb => Self::Rgb(RgbAdapter::new(info, size)?),
        })
    }

    /// Fills the inputs from `frame`.
    pub(crate) fn load(&mut self, frame: &Frame<'_>, inputs: &mut Inputs) -> Result<()> {
        match self {
            Self::Planes(adapter) => adapter.load(frame, inputs),
            Self::Blocks(adapter) => adapter.load(frame, inputs),
            Self::Rgb(adapter) => adapter.load(frame, inputs),
        }
    }

    /// Makes `output` from what the network gave for `input`, and leaves in the inputs what the next run is to know.
    pub(crate) fn store(
        &mut self,
        (outputs, inputs): (&Outputs<'_>, &mut Inputs),
        input: &Frame<'_>,
        output: &mut FrameMut<'_>,
    ) -> Result<()> {
        match self {
            Self::Planes(adapter) => adapter.store(outputs, input, output),
            Self::Blocks(adapter) => adapter.store(outputs, inputs, input, output),
            Self::Rgb(adapter) => adapter.store(outputs, input, output),
        }
    }

    /// Forgets the past, as far as it is kept outside the network's own state.
    pub(crate) fn reset(&mut self, inputs: &mut Inputs) -> Result<()> {
        match self {
            Self::Blocks(adapter) => adapter.reset(inputs),
            Self::Planes(_) | Self::Rgb(_) => Ok(()),
        }
    }
}

/// Index of the input of role `role`, and its description.
fn input(info: &ModelInfo, role: Role) -> Result<(usize, &TensorInfo)> {
    info.inputs
        .iter()
        .enumerate()
        .find(|(_, tensor)| tensor.role == role)
        .ok_or_else(|| missing(info, role))
}

/// The output of role `role`.
fn output(info: &ModelInfo, role: Role) -> Result<&TensorInfo> {
    ModelInfo::find(&info.outputs, role).ok_or_else(|| missing(info, role))
}

fn missing(info: &ModelInfo, role: Role) -> Error {
    Error::Run {
        model: info.name.clone(),
        reason: format!("the sidecar has no tensor of role {role:?}"),
    }
}

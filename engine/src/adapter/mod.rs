//! Between frames of any format and the tensors of a kind of model.

mod planes;
mod rgb;

pub(crate) use planes::PlanesAdapter;
pub(crate) use rgb::RgbAdapter;

use crate::error::{Error, Result};
use crate::modelinfo::{ModelInfo, Role, TensorInfo};

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

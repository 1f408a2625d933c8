//! The tensors that a run reads, kept from run to run.

use std::borrow::Cow;

use ort::session::SessionInputValue;
use ort::value::{DynTensor, PrimitiveTensorElementType, TensorElementType};

use super::run_error;
use crate::error::{Error, Result};
use crate::modelinfo::{ElementType, ModelInfo, TensorInfo};

/// The input tensors of a session, in the sidecar's order.
#[derive(Debug)]
pub(crate) struct Inputs {
    tensors: Vec<(String, DynTensor)>,
    model: String,
}

impl Inputs {
    /// Tensors for a picture of `size` (padded). Floats start as zeros.
    pub(super) fn new(info: &ModelInfo, (width, height): (usize, usize)) -> Result<Self> {
        let tensors = info
            .inputs
            .iter()
            .map(|tensor| input(&info.name, tensor, &tensor.shape(width, height)));
        Ok(Self {
            tensors: tensors.collect::<Result<_>>()?,
            model: info.name.clone(),
        })
    }

    /// The tensors and their names, as a run takes them.
    pub(super) fn named(&self) -> Vec<(Cow<'_, str>, SessionInputValue<'_>)> {
        self.tensors
            .iter()
            .map(|(name, tensor)| (Cow::from(name), tensor.into()))
            .collect()
    }

    /// The values of 8-bit input `index`.
    pub(crate) fn u8(&mut self, index: usize) -> Result<&mut [u8]> {
        self.values(index)
    }

    /// The values of float input `index`.
    pub(crate) fn f32(&mut self, index: usize) -> Result<&mut [f32]> {
        self.values(index)
    }

    /// The values of two 8-bit inputs at once; `first` comes before `second` in the sidecar or after it.
    pub(crate) fn two_u8(&mut self, first: usize, second: usize) -> Result<(&mut [u8], &mut [u8])> {
        let model = &self.model;
        let [(_, first), (_, second)] =
            self.tensors
                .get_disjoint_mut([first, second])
                .map_err(|error| Error::Run {
                    model: model.clone(),
                    reason: error.to_string(),
                })?;
        let first = first
            .try_extract_tensor_mut()
            .map_err(|error| run_error(model, &error))?;
        let second = second
            .try_extract_tensor_mut()
            .map_err(|error| run_error(model, &error))?;
        Ok((first.1, second.1))
    }

    fn values<T: PrimitiveTensorElementType>(&mut self, index: usize) -> Result<&mut [T]> {
        let (_, tensor) = &mut self.tensors[index];
        let values = tensor.try_extract_tensor_mut::<T>();
        values
            .map(|(_, values)| values)
            .map_err(|error| run_error(&self.model, &error))
    }
}

fn input(model: &str, tensor: &TensorInfo, shape: &[usize]) -> Result<(String, DynTensor)> {
    let element = match tensor.element {
        ElementType::U8 => TensorElementType::Uint8,
        ElementType::F32 => TensorElementType::Float32,
    };
    let dims: Vec<i64> = shape.iter().map(|&dim| dim as i64).collect();
    let mut value = DynTensor::new(&ort::memory::Allocator::default(), element, dims)
        .map_err(|error| run_error(model, &error))?;
    if let Ok((_, values)) = value.try_extract_tensor_mut::<f32>() {
        values.fill(0.0);
    }
    Ok((tensor.name.clone(), value))
}

//! The tensors that a run reads, kept from run to run.

use ort::session::SessionInputValue;
use ort::value::{DynValue, PrimitiveTensorElementType};

use super::{Plan, run_error, tensors};
use crate::error::{Error, Result};

/// The input tensors of a stream. Asked for by their places in the sidecar, kept in the graph's order, in which a run
/// takes them without asking for names.
pub(crate) struct Inputs {
    values: Vec<SessionInputValue<'static>>,
    /// From the sidecar's order to the graph's.
    places: Vec<usize>,
    model: String,
}

impl Inputs {
    /// Tensors of zeros.
    pub(super) fn new(plan: &Plan) -> Result<Self> {
        let info = plan.info();
        let mut placed = Vec::new();
        for (tensor, &place) in info.inputs.iter().zip(plan.places()) {
            let value = tensors::tensor(info, tensor.element, &plan.shape(tensor))?;
            placed.push((place, SessionInputValue::from(value)));
        }
        placed.sort_by_key(|&(place, _)| place);
        Ok(Self {
            values: placed.into_iter().map(|(_, value)| value).collect(),
            places: plan.places().to_vec(),
            model: info.name.clone(),
        })
    }

    /// The tensors as a run takes them.
    pub(super) fn values(&self) -> &[SessionInputValue<'static>] {
        &self.values
    }

    /// The values of 8-bit input `index`.
    pub(crate) fn u8(&mut self, index: usize) -> Result<&mut [u8]> {
        self.slice(index)
    }

    /// The values of float input `index`.
    pub(crate) fn f32(&mut self, index: usize) -> Result<&mut [f32]> {
        self.slice(index)
    }

    /// The values of two 8-bit inputs at once; `first` comes before `second` in the sidecar or after it.
    pub(crate) fn two_u8(&mut self, first: usize, second: usize) -> Result<(&mut [u8], &mut [u8])> {
        let model = &self.model;
        let both = [self.places[first], self.places[second]];
        let [first, second] = self
            .values
            .get_disjoint_mut(both)
            .map_err(|error| Error::Run {
                model: model.clone(),
                reason: error.to_string(),
            })?;
        Ok((slice_of(first, model)?, slice_of(second, model)?))
    }

    fn slice<T: PrimitiveTensorElementType>(&mut self, index: usize) -> Result<&mut [T]> {
        slice_of(&mut self.values[self.places[index]], &self.model)
    }
}

impl std::fmt::Debug for Inputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut inputs = f.debug_struct("Inputs");
        inputs.field("model", &self.model).finish_non_exhaustive()
    }
}

fn slice_of<'a, T: PrimitiveTensorElementType>(
    value: &'a mut SessionInputValue<'static>,
    model: &str,
) -> Result<&'a mut [T]> {
    let owned: &mut DynValue = match value {
        SessionInputValue::Owned(value) => value,
        // None is made, and none could be written to.
        SessionInputValue::View(_) | SessionInputValue::ViewMut(_) => {
            return Err(Error::Run {
                model: model.to_owned(),
                reason: "an input is borrowed".into(),
            });
        }
    };
    slice_of_value(owned, model)
}

/// The values of a tensor in memory that the CPU reads.
pub(super) fn slice_of_value<'a, T: PrimitiveTensorElementType>(
    value: &'a mut DynValue,
    model: &str,
) -> Result<&'a mut [T]> {
    let values = value.try_extract_tensor_mut::<T>();
    values
        .map(|(_, values)| values)
        .map_err(|error| run_error(model, &error))
}

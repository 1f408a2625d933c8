//! What a run gave, by name.

use ort::value::{DynValue, PrimitiveTensorElementType};

use super::run_error;
use crate::error::{Error, Result};

/// What a run gave. Valid until the next one.
pub(crate) struct Outputs<'a> {
    values: &'a [(String, Option<DynValue>)],
    model: &'a str,
}

impl<'a> Outputs<'a> {
    pub(super) fn new(values: &'a [(String, Option<DynValue>)], model: &'a str) -> Self {
        Self { values, model }
    }

    pub(crate) fn u8(&self, name: &str, shape: &[usize]) -> Result<&'a [u8]> {
        self.values(name, shape)
    }

    pub(crate) fn f32(&self, name: &str, shape: &[usize]) -> Result<&'a [f32]> {
        self.values(name, shape)
    }

    fn tensor(&self, name: &str) -> Result<&'a DynValue> {
        let value = self.values.iter().find(|(own, _)| own == name);
        value
            .and_then(|(_, value)| value.as_ref())
            .ok_or_else(|| Error::Run {
                model: self.model.to_owned(),
                reason: format!("gave no output {name}"),
            })
    }

    fn values<T: PrimitiveTensorElementType>(
        &self,
        name: &str,
        shape: &[usize],
    ) -> Result<&'a [T]> {
        let (got, values) = self
            .tensor(name)?
            .try_extract_tensor::<T>()
            .map_err(|error| run_error(self.model, &error))?;
        let same = got.len() == shape.len()
            && got
                .iter()
                .zip(shape)
                .all(|(&got, &want)| usize::try_from(got).is_ok_and(|got| got == want));
        if same {
            return Ok(values);
        }
        Err(Error::Run {
            model: self.model.to_owned(),
            reason: format!("output {name} has shape {got:?}, {shape:?} was expected"),
        })
    }
}

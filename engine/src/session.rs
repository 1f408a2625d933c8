//! ONNX Runtime behind a narrow door: outside this file, its folder and `provider/`, nothing names `ort`.

mod environment;
mod load;
mod signature;

use std::borrow::Cow;

use ort::session::SessionInputValue;
use ort::value::{DynTensor, DynValue, TensorElementType};

use crate::error::{Error, Result};
use crate::modelinfo::{ElementType, Role, TensorInfo};
use crate::provider::ActiveProvider;

pub(crate) use environment::Environment;
pub(crate) use load::Request;

/// A loaded model, its input tensors, and its recurrent state among them.
#[derive(Debug)]
pub(crate) struct Session {
    inner: ort::session::Session,
    inputs: Vec<(String, DynTensor)>,
    /// Index of a state input, and the output that becomes its next value.
    states: Vec<(usize, String)>,
    active: ActiveProvider,
    model: String,
}

impl Session {
    /// Loads a model on the first provider that takes it. Inputs start as zeros.
    pub(crate) fn open(environment: &Environment, request: &Request<'_>) -> Result<Self> {
        let (path, info) = (request.model.path(), request.model.info());
        // A missing or unreadable file is the same fault on every provider: say it once, in plain words.
        std::fs::File::open(path).map_err(|source| Error::Read {
            path: path.to_path_buf(),
            source,
        })?;
        let (inner, active) = load::load(environment, request)?;
        signature::check(&inner, path, info)?;
        let (width, height) = request.size;
        let inputs = info
            .inputs
            .iter()
            .map(|tensor| input(&info.name, tensor, &tensor.shape(width, height)));
        let state_inputs = info
            .inputs
            .iter()
            .enumerate()
            .filter(|(_, tensor)| tensor.role == Role::State);
        let state_outputs = info
            .outputs
            .iter()
            .filter(|tensor| tensor.role == Role::State);
        let states = state_inputs
            .zip(state_outputs)
            .map(|((index, _), output)| (index, output.name.clone()));
        Ok(Self {
            inputs: inputs.collect::<Result<_>>()?,
            states: states.collect(),
            inner,
            active,
            model: info.name.clone(),
        })
    }

    pub(crate) fn active_provider(&self) -> &ActiveProvider {
        &self.active
    }

    /// The values of 8-bit input `index`.
    pub(crate) fn input_u8(&mut self, index: usize) -> Result<&mut [u8]> {
        self.input(index)
    }

    /// The values of two 8-bit inputs at once; `first` comes before `second` in the sidecar or after it.
    pub(crate) fn two_inputs_u8(
        &mut self,
        first: usize,
        second: usize,
    ) -> Result<(&mut [u8], &mut [u8])> {
        let model = &self.model;
        let [(_, first), (_, second)] =
            self.inputs
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

    /// The values of float input `index`.
    pub(crate) fn input_f32(&mut self, index: usize) -> Result<&mut [f32]> {
        self.input(index)
    }

    fn input<T: ort::value::PrimitiveTensorElementType>(
        &mut self,
        index: usize,
    ) -> Result<&mut [T]> {
        let (_, tensor) = &mut self.inputs[index];
        let values = tensor.try_extract_tensor_mut::<T>();
        values
            .map(|(_, values)| values)
            .map_err(|error| run_error(&self.model, &error))
    }

    /// Runs the model once, and carries its state over to the next run.
    pub(crate) fn run(&mut self) -> Result<Outputs<'_>> {
        let inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = self
            .inputs
            .iter()
            .map(|(name, tensor)| (Cow::from(name), tensor.into()))
            .collect();
        let outputs = self
            .inner
            .run(inputs)
            .map_err(|error| run_error(&self.model, &error))?;
        let outputs = Outputs {
            inner: outputs,
            model: &self.model,
        };
        for (index, name) in &self.states {
            let (shape, next) = self.inputs[*index]
                .1
                .try_extract_tensor_mut::<f32>()
                .map_err(|error| run_error(&self.model, &error))?;
            let shape: Vec<usize> = shape.iter().map(|&dim| dim as usize).collect();
            next.copy_from_slice(outputs.f32(name, &shape)?);
        }
        Ok(outputs)
    }

    /// Sets the recurrent state to zero: the next frame starts a new scene.
    pub(crate) fn reset_state(&mut self) -> Result<()> {
        for (index, _) in &self.states {
            let (_, values) = self.inputs[*index]
                .1
                .try_extract_tensor_mut::<f32>()
                .map_err(|error| run_error(&self.model, &error))?;
            values.fill(0.0);
        }
        Ok(())
    }
}

/// What a run gave. Valid until the next one.
pub(crate) struct Outputs<'a> {
    inner: ort::session::SessionOutputs<'a>,
    model: &'a str,
}

impl Outputs<'_> {
    pub(crate) fn u8(&self, name: &str, shape: &[usize]) -> Result<&[u8]> {
        self.values(name, shape)
    }

    pub(crate) fn f32(&self, name: &str, shape: &[usize]) -> Result<&[f32]> {
        self.values(name, shape)
    }

    /// Shape of output `name`.
    pub(crate) fn shape(&self, name: &str) -> Result<Vec<usize>> {
        let tensor = self.tensor(name)?;
        Ok(tensor
            .shape()
            .iter()
            .map(|&dim| usize::try_from(dim).unwrap_or(0))
            .collect())
    }

    fn tensor(&self, name: &str) -> Result<&DynValue> {
        self.inner.get(name).ok_or_else(|| Error::Run {
            model: self.model.to_owned(),
            reason: format!("gave no output {name}"),
        })
    }

    fn values<T: ort::value::PrimitiveTensorElementType>(
        &self,
        name: &str,
        shape: &[usize],
    ) -> Result<&[T]> {
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

fn run_error(model: &str, error: &ort::Error) -> Error {
    Error::Run {
        model: model.to_owned(),
        reason: error.to_string(),
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

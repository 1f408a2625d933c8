//! ONNX Runtime behind a narrow door: outside this file, its folder and `provider/`, nothing names `ort`.

mod environment;
mod inputs;
mod load;
mod signature;
mod state;

use ort::value::DynValue;

use crate::error::{Error, Result};
use crate::modelinfo::ModelInfo;
use crate::provider::ActiveProvider;

pub(crate) use environment::Environment;
pub(crate) use inputs::Inputs;
pub(crate) use load::Request;
use state::State;

/// A loaded model, its input tensors, and its recurrent state among them.
#[derive(Debug)]
pub(crate) struct Session {
    inner: ort::session::Session,
    info: ModelInfo,
    size: (usize, usize),
    inputs: Inputs,
    states: Vec<State>,
    active: ActiveProvider,
}

impl Session {
    /// Loads a model on the first provider that takes it. Inputs start as zeros, states as their sidecar says.
    pub(crate) fn open(environment: &Environment, request: &Request<'_>) -> Result<Self> {
        let (loaded, active) = load::load(environment, request)?;
        let (inner, model, size) = (loaded.session, loaded.model, loaded.size);
        let info = model.info().clone();
        signature::check(&inner, model.path(), &info).map_err(|error| model.fault(error))?;
        let mut session = Self {
            inputs: Inputs::new(&info, size)?,
            states: state::pairs(&info, size),
            inner,
            info,
            size,
            active,
        };
        session.reset_state()?;
        Ok(session)
    }

    /// What the loaded file expects and gives. Not the requested model's where its companion was loaded.
    pub(crate) fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Width and height of the model's picture (padded).
    pub(crate) fn size(&self) -> (usize, usize) {
        self.size
    }

    pub(crate) fn active_provider(&self) -> &ActiveProvider {
        &self.active
    }

    /// The tensors that the next run reads.
    pub(crate) fn inputs(&mut self) -> &mut Inputs {
        &mut self.inputs
    }

    /// Runs the model once, and carries its state over to the next run. Gives the inputs of that next run too: what
    /// is restored outside the graph starts from them, and may become one of them.
    pub(crate) fn run(&mut self) -> Result<(Outputs<'_>, &mut Inputs)> {
        let outputs = self
            .inner
            .run(self.inputs.named())
            .map_err(|error| run_error(&self.info.name, &error))?;
        let outputs = Outputs {
            inner: outputs,
            model: &self.info.name,
        };
        for state in &self.states {
            state.carry(&outputs, &mut self.inputs)?;
        }
        Ok((outputs, &mut self.inputs))
    }

    /// Sets the recurrent state to its start: the next frame starts a new scene.
    pub(crate) fn reset_state(&mut self) -> Result<()> {
        let mut states = self.states.iter();
        states.try_for_each(|state| state.reset(&mut self.inputs))
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

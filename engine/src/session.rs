//! ONNX Runtime behind a narrow door: outside this file, its folder and `provider/`, nothing names `ort`.

mod assignment;
mod borrowed;
mod chain;
mod compile;
mod convert;
mod ends;
mod environment;
mod inputs;
mod load;
mod outputs;
mod plan;
mod resident;
mod signature;
mod state;
mod tensors;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::provider::ActiveProvider;

pub(crate) use ends::{Ends, Wanted};
pub(crate) use environment::Environment;
pub(crate) use inputs::Inputs;
use load::Loaded;
pub(crate) use load::{Request, probe};
pub(crate) use outputs::Outputs;
pub(crate) use plan::Plan;
pub(crate) use tensors::Tensors;

/// A loaded model. What it reads and writes are [`Tensors`], of which every stream has its own.
#[derive(Debug)]
pub(crate) struct Session {
    inner: ort::session::Session,
    plan: Arc<Plan>,
    active: ActiveProvider,
}

impl Session {
    /// Loads a model on the provider that is wanted.
    pub(crate) fn open(environment: &Environment, request: &Request<'_>) -> Result<Self> {
        chain::open(environment, request)
    }

    fn new(loaded: Loaded, active: ActiveProvider) -> Result<Self> {
        let (inner, model) = (loaded.session, loaded.model);
        signature::check(&inner, model.path(), model.info()).map_err(|error| model.fault(error))?;
        Ok(Self {
            plan: Arc::new(Plan::new(&inner, model.info(), loaded.size)),
            inner,
            active: ActiveProvider {
                precision: model.info().precision.clone(),
                engine: loaded.engine,
                ..active
            },
        })
    }

    /// What a stream's tensors are made from.
    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    pub(crate) fn active_provider(&self) -> &ActiveProvider {
        &self.active
    }

    /// Runs the model once, from the inputs of `tensors` to their outputs. Takes nothing from the heap, as far as it
    /// is up to us: see [`Tensors`].
    pub(crate) fn run(&mut self, tensors: &mut Tensors) -> Result<()> {
        let (inputs, options, outputs) = tensors.parts();
        let given = self
            .inner
            .run_with_options(inputs, options)
            .map_err(|error| run_error(&self.plan.info().name, &error))?;
        outputs.take(given);
        Ok(())
    }
}

fn run_error(model: &str, error: &ort::Error) -> Error {
    Error::Run {
        model: model.to_owned(),
        reason: error.to_string(),
    }
}

//! Everything that a run reads and writes, kept from run to run.

use ort::session::{HasSelectedOutputs, OutputSelector, RunOptions, SessionInputValue};
use ort::value::{DynTensor, TensorElementType};

use super::resident::Resident;
use super::state::{self, State};
use super::{Inputs, Outputs, Plan, run_error};
use crate::error::Result;
use crate::modelinfo::{ElementType, ModelInfo};

/// One stream's tensors for a session, its recurrent state among them.
///
/// Outputs are made once and named in the run's options, with the names of the sidecar: a run then makes nothing. With
/// `IoBinding`, `ort` makes handles of the outputs anew at every run.
pub(crate) struct Tensors {
    inputs: Inputs,
    outputs: Kept,
    states: Vec<State>,
    options: RunOptions<HasSelectedOutputs>,
    /// The same in a GPU's memory, for a stream whose frames lie there.
    resident: Option<Box<Resident>>,
    /// Whether the next run works on those.
    is_resident: bool,
}

/// What the last run gave.
#[derive(Debug)]
pub(super) struct Kept {
    values: Vec<(String, Option<ort::value::DynValue>)>,
    model: String,
}

impl Tensors {
    /// Inputs start as zeros, states as their sidecar says.
    pub(crate) fn new(plan: &Plan) -> Result<Self> {
        let info = plan.info();
        let mut tensors = Self {
            inputs: Inputs::new(plan)?,
            outputs: Kept {
                values: plan
                    .outputs()
                    .iter()
                    .map(|output| (output.name.clone(), None))
                    .collect(),
                model: info.name.clone(),
            },
            states: state::pairs(info, plan.size()),
            options: options(plan)?,
            resident: None,
            is_resident: false,
        };
        tensors.reset_state()?;
        Ok(tensors)
    }

    /// What the next run reads.
    pub(crate) fn inputs(&mut self) -> &mut Inputs {
        &mut self.inputs
    }

    /// What the last run gave, with its state carried over to the next one. Gives the inputs of that next run too: what
    /// is restored outside the graph starts from them, and may become one of them.
    pub(crate) fn carry(&mut self) -> Result<(Outputs<'_>, &mut Inputs)> {
        let outputs = Outputs::new(&self.outputs.values, &self.outputs.model);
        for state in &self.states {
            state.carry(&outputs, &mut self.inputs)?;
        }
        Ok((outputs, &mut self.inputs))
    }

    /// Takes in tensors that lie in a GPU's memory.
    pub(crate) fn settle(&mut self, resident: Resident) {
        self.resident = Some(Box::new(resident));
    }

    /// How much of the restoration the next run in a GPU's memory applies, if that is up to the model.
    pub(crate) fn set_resident_strength(&mut self, strength: f32) -> Result<()> {
        match &mut self.resident {
            Some(resident) => resident.set_strength(strength),
            None => Ok(()),
        }
    }

    /// A run in a GPU's memory went well: its state is the next one's past.
    pub(crate) fn advance_resident(&mut self) {
        if let Some(resident) = &mut self.resident {
            resident.advance();
        }
    }

    /// Whether the next run works on the tensors in a GPU's memory, if there are any.
    pub(crate) fn choose(&mut self, is_resident: bool) {
        self.is_resident = is_resident;
    }

    /// Sets the recurrent state to its start: the next frame starts a new scene.
    pub(crate) fn reset_state(&mut self) -> Result<()> {
        if let Some(resident) = &mut self.resident {
            resident.reset();
        }
        let mut states = self.states.iter();
        states.try_for_each(|state| state.reset(&mut self.inputs))
    }

    /// What a run needs.
    pub(super) fn parts(
        &mut self,
    ) -> (
        &[SessionInputValue<'static>],
        &RunOptions<HasSelectedOutputs>,
        &mut Kept,
    ) {
        match &mut self.resident {
            Some(resident) if self.is_resident => resident.parts(),
            _ => (self.inputs.values(), &self.options, &mut self.outputs),
        }
    }
}

impl std::fmt::Debug for Tensors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut tensors = f.debug_struct("Tensors");
        tensors
            .field("inputs", &self.inputs)
            .finish_non_exhaustive()
    }
}

impl Kept {
    /// For runs whose outputs are named elsewhere.
    pub(super) fn nothing(model: &str) -> Self {
        Self {
            values: Vec::new(),
            model: model.to_owned(),
        }
    }

    /// Takes what a run gave: handles of the outputs that were made beforehand, and the others themselves.
    pub(super) fn take(&mut self, mut given: ort::session::SessionOutputs<'_>) {
        for (name, value) in &mut self.values {
            *value = given.remove(&*name);
        }
    }
}

/// Asks a run for what the sidecar describes, in tensors made here.
fn options(plan: &Plan) -> Result<RunOptions<HasSelectedOutputs>> {
    let info = plan.info();
    let mut selector = OutputSelector::no_default();
    for output in plan.outputs() {
        selector = selector.with(&output.name);
        if !output.is_disputed {
            let value = tensor(info, output.element, &output.shape)?;
            selector = selector.preallocate(&output.name, value);
        }
    }
    let options = RunOptions::new().map_err(|error| run_error(&info.name, &error))?;
    Ok(options.with_outputs(selector))
}

/// A tensor of zeros in memory that the CPU reads.
pub(super) fn tensor(info: &ModelInfo, element: ElementType, shape: &[usize]) -> Result<DynTensor> {
    let kind = match element {
        ElementType::U8 => TensorElementType::Uint8,
        ElementType::F32 => TensorElementType::Float32,
    };
    let dims: Vec<i64> = shape.iter().map(|&dim| dim as i64).collect();
    let allocator = ort::memory::Allocator::default();
    let fail = |error: ort::Error| run_error(&info.name, &error);
    let mut value = DynTensor::new(&allocator, kind, dims).map_err(fail)?;
    match element {
        ElementType::U8 => value
            .try_extract_tensor_mut::<u8>()
            .map_err(fail)?
            .1
            .fill(0),
        ElementType::F32 => value
            .try_extract_tensor_mut::<f32>()
            .map_err(fail)?
            .1
            .fill(0.0),
    }
    Ok(value)
}

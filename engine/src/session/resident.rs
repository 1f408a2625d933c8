//! A stream's tensors in a GPU's memory, its recurrent state among them.
//!
//! A run's state is not copied to where the next one reads it: there are two sets of state tensors, and a run reads one
//! and writes the other. The first run of a scene reads a third set, which lies on the CPU and never changes.

use ort::memory::Allocator;
use ort::session::{HasSelectedOutputs, OutputSelector, RunOptions, SessionInputValue};
use ort::value::{DynTensor, TensorElementType};

use super::borrowed::{self, Place};
use super::plan::Output;
use super::tensors::{self, Kept};
use super::{Plan, run_error};
use crate::error::{Error, Result};
use crate::modelinfo::{ElementType, ModelInfo, Role, TensorInfo};

/// Device memory for one tensor.
pub(super) struct Buffer(DynTensor, Place);

impl Buffer {
    pub(super) fn new(
        allocator: &Allocator,
        place: Place,
        element: TensorElementType,
        shape: &[usize],
    ) -> ort::Result<Self> {
        let dims: Vec<i64> = shape.iter().map(|&dim| dim as i64).collect();
        Ok(Self(DynTensor::new(allocator, element, dims)?, place))
    }

    /// A handle of it for a run.
    pub(super) fn tensor(&self) -> ort::Result<DynTensor> {
        borrowed::alias(&self.0, self.1)
    }
}

/// Planes of the model's picture in device memory: luma, U, V.
pub(super) type Planes = [Buffer; 3];

/// Which of the three sets of states is read next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Past {
    /// None: a scene starts.
    Start,
    /// What a run left in this one of two sets.
    Set(usize),
}

/// A stream's tensors for a session that runs on a GPU.
pub(crate) struct Resident {
    /// What a run reads, in the graph's order: at the start of a scene, and from each set of states.
    reads: [Vec<SessionInputValue<'static>>; 3],
    /// What a run writes: each set of states.
    writes: [RunOptions<HasSelectedOutputs>; 2],
    past: Past,
    strength: Option<DynTensor>,
    /// What the handles in `reads` and `writes` lead to, besides the picture's planes.
    _states: Vec<[Buffer; 2]>,
    kept: Kept,
}

impl Resident {
    /// For pictures that come in `input` and go out in `output`.
    pub(super) fn new(
        plan: &Plan,
        (allocator, place): (&Allocator, Place),
        (input, output): (&Planes, &Planes),
    ) -> Result<Self> {
        let info = plan.info();
        let fail = |error: ort::Error| run_error(&info.name, &error);
        let states = states(plan, allocator, place).map_err(fail)?;
        let strength = match ModelInfo::find(&info.inputs, Role::Strength) {
            Some(tensor) => Some(tensors::tensor(info, tensor.element, &[1])?),
            None => None,
        };
        let mut reads: [Vec<(usize, SessionInputValue<'static>)>; 3] = Default::default();
        let mut sets = states.iter();
        for (tensor, &graph_place) in info.inputs.iter().zip(plan.places()) {
            let values = match (picture_plane(tensor.role), tensor.role) {
                (Some(index), _) => thrice(|| input[index].tensor()).map_err(fail)?,
                (None, Role::Strength) => match &strength {
                    Some(owner) => thrice(|| borrowed::alias(owner, Place::Host)).map_err(fail)?,
                    None => return Err(no_place(info, tensor.role)),
                },
                (None, Role::State) => {
                    let sets = sets.next().ok_or_else(|| no_place(info, tensor.role))?;
                    let start = start_of(info, tensor, plan.size())?;
                    let handle = |set: usize| sets[set].tensor().map_err(fail);
                    [start, handle(0)?, handle(1)?]
                }
                (None, role) => return Err(no_place(info, role)),
            };
            for (read, value) in reads.iter_mut().zip(values) {
                read.push((graph_place, value.into()));
            }
        }
        let write = |set| options(plan, output, &states, set).map_err(fail);
        Ok(Self {
            reads: reads.map(|mut read| {
                read.sort_by_key(|&(place, _)| place);
                read.into_iter().map(|(_, value)| value).collect()
            }),
            writes: [write(0)?, write(1)?],
            past: Past::Start,
            strength,
            _states: states,
            kept: Kept::nothing(&info.name),
        })
    }

    /// What a run needs.
    pub(super) fn parts(
        &mut self,
    ) -> (
        &[SessionInputValue<'static>],
        &RunOptions<HasSelectedOutputs>,
        &mut Kept,
    ) {
        let read = match self.past {
            Past::Start => 0,
            Past::Set(set) => 1 + set,
        };
        let write = self.next_set();
        (&self.reads[read], &self.writes[write], &mut self.kept)
    }

    /// A run has gone well: the next one reads what it wrote.
    pub(super) fn advance(&mut self) {
        self.past = Past::Set(self.next_set());
    }

    fn next_set(&self) -> usize {
        match self.past {
            Past::Start => 0,
            Past::Set(set) => 1 - set,
        }
    }

    /// The next frame starts a new scene.
    pub(super) fn reset(&mut self) {
        self.past = Past::Start;
    }

    /// How much of the restoration the next run applies, if that is up to the model.
    pub(super) fn set_strength(&mut self, strength: f32) -> Result<()> {
        if let Some(tensor) = &mut self.strength {
            let values = tensor.try_extract_tensor_mut::<f32>();
            let (_, values) = values.map_err(|error| run_error("strength", &error))?;
            values.fill(strength);
        }
        Ok(())
    }
}

/// Which of the picture's planes a tensor of role `role` is.
fn picture_plane(role: Role) -> Option<usize> {
    match role {
        Role::Luma => Some(0),
        Role::ChromaU => Some(1),
        Role::ChromaV => Some(2),
        _ => None,
    }
}

/// Handles of one tensor for all three sets of inputs.
fn thrice(handle: impl Fn() -> ort::Result<DynTensor>) -> ort::Result<[DynTensor; 3]> {
    Ok([handle()?, handle()?, handle()?])
}

/// Two sets of memory for each state.
fn states(plan: &Plan, allocator: &Allocator, place: Place) -> ort::Result<Vec<[Buffer; 2]>> {
    let (info, (width, height)) = (plan.info(), plan.size());
    let states = info
        .inputs
        .iter()
        .filter(|tensor| tensor.role == Role::State);
    states
        .map(|tensor| {
            let shape = tensor.shape(width, height);
            let make = || Buffer::new(allocator, place, element(tensor.element), &shape);
            Ok([make()?, make()?])
        })
        .collect()
}

/// What a state is at the start of a scene, in memory that the CPU writes.
fn start_of(
    info: &ModelInfo,
    tensor: &TensorInfo,
    (width, height): (usize, usize),
) -> Result<DynTensor> {
    let mut value = tensors::tensor(info, tensor.element, &tensor.shape(width, height))?;
    let fail = |error: ort::Error| run_error(&info.name, &error);
    match tensor.element {
        ElementType::U8 => value
            .try_extract_tensor_mut::<u8>()
            .map_err(fail)?
            .1
            .fill(tensor.reset),
        ElementType::F32 => value
            .try_extract_tensor_mut::<f32>()
            .map_err(fail)?
            .1
            .fill(f32::from(tensor.reset)),
    }
    Ok(value)
}

/// Asks a run for the picture and for the states of `set`, and for nothing that would have to come to the CPU.
fn options(
    plan: &Plan,
    output: &Planes,
    states: &[[Buffer; 2]],
    set: usize,
) -> ort::Result<RunOptions<HasSelectedOutputs>> {
    let mut selector = OutputSelector::no_default();
    let mut sets = states.iter();
    for (tensor, Output { name, .. }) in plan.info().outputs.iter().zip(plan.outputs()) {
        let buffer = match (picture_plane(tensor.role), tensor.role) {
            (Some(index), _) => Some(&output[index]),
            (None, Role::State) => sets.next().map(|sets| &sets[set]),
            _ => None,
        };
        if let Some(buffer) = buffer {
            selector = selector.with(name).preallocate(name, buffer.tensor()?);
        }
    }
    Ok(RunOptions::new()?.with_outputs(selector))
}

fn element(element: ElementType) -> TensorElementType {
    match element {
        ElementType::U8 => TensorElementType::Uint8,
        ElementType::F32 => TensorElementType::Float32,
    }
}

fn no_place(info: &ModelInfo, role: Role) -> Error {
    Error::Run {
        model: info.name.clone(),
        reason: format!("an input of role {role:?} cannot be filled in GPU memory"),
    }
}

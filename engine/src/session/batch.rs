//! Frames of several streams in one run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ort::value::{DynValue, PrimitiveTensorElementType};

use super::inputs::slice_of_value;
use super::{Environment, Inputs, Plan, Request, Session, Tensors};
use crate::error::{Error, Result};
use crate::modelinfo::ElementType;

/// A session for a number of frames at once, with tensors of its own in which streams' frames lie behind each other.
///
/// A frame is copied in and what was made of it is copied out, states too: 6 bytes a pixel for a model of planes with a
/// memory, 5 for one on blocks.
#[derive(Debug)]
pub(crate) struct Batch {
    session: Session,
    tensors: Tensors,
    /// Of one stream's tensors.
    plan: Arc<Plan>,
    size: usize,
}

impl Batch {
    /// Loads the model for `request.batch` frames at once; `plan` is that of the streams' own session.
    pub(crate) fn open(
        environment: &Environment,
        request: &Request<'_>,
        plan: &Arc<Plan>,
    ) -> Result<Self> {
        let session = Session::open(environment, request)?;
        let is_same = session.plan().info() == plan.info() && session.plan().is_batched();
        if !is_same {
            return Err(Error::Run {
                model: plan.info().name.clone(),
                reason: format!("its graph does not take {} frames in a run", request.batch),
            });
        }
        Ok(Self {
            tensors: Tensors::new(session.plan())?,
            session,
            plan: Arc::clone(plan),
            size: request.batch,
        })
    }

    /// Frames in a run.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Runs the model once for as many `streams` as it has frames. Where it fails, no
    /// stream's past is changed.
    pub(crate) fn run(&mut self, streams: &[Arc<Mutex<Tensors>>]) -> Result<()> {
        for (place, stream) in streams.iter().enumerate() {
            gather(&self.plan, &mut lock(stream), self.tensors.inputs(), place)?;
        }
        self.session.run(&mut self.tensors)?;
        let big = Arc::clone(self.session.plan());
        for (place, stream) in streams.iter().enumerate() {
            self.scatter(&big, &mut lock(stream), place)?;
        }
        Ok(())
    }

    fn scatter(&mut self, big: &Plan, stream: &mut Tensors, place: usize) -> Result<()> {
        for (index, output) in self.plan.outputs().iter().enumerate() {
            let from = self.tensors.outputs().value(big, index)?;
            let to = stream.outputs().value(&self.plan, index)?;
            let model = &self.plan.info().name;
            match output.element {
                ElementType::U8 => copy_out::<u8>(from, to, place, model)?,
                ElementType::F32 => copy_out::<f32>(from, to, place, model)?,
            }
        }
        Ok(())
    }
}

fn gather(plan: &Plan, stream: &mut Tensors, all: &mut Inputs, place: usize) -> Result<()> {
    for (index, tensor) in plan.info().inputs.iter().enumerate() {
        match tensor.element {
            ElementType::U8 => copy_in(stream.inputs().u8(index)?, all.u8(index)?, place),
            ElementType::F32 => copy_in(stream.inputs().f32(index)?, all.f32(index)?, place),
        }
    }
    Ok(())
}

fn copy_in<T: Copy>(from: &[T], to: &mut [T], place: usize) {
    to[place * from.len()..][..from.len()].copy_from_slice(from);
}

fn copy_out<T: PrimitiveTensorElementType + Copy>(
    from: &mut DynValue,
    to: &mut DynValue,
    place: usize,
    model: &str,
) -> Result<()> {
    let to = slice_of_value::<T>(to, model)?;
    let from = slice_of_value::<T>(from, model)?;
    to.copy_from_slice(&from[place * to.len()..][..to.len()]);
    Ok(())
}

/// Nobody ever waits here: the streams wait for this run.
fn lock(tensors: &Mutex<Tensors>) -> MutexGuard<'_, Tensors> {
    tensors.lock().unwrap_or_else(PoisonError::into_inner)
}

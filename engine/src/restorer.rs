//! Frame in, restored frame out: one model, one size, buffers kept from frame to frame.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::adapter::Adapter;
use crate::blend;
use crate::crew::Hands;
use crate::error::{Error, Result};
use crate::frame::{Frame, FrameMut};
use crate::model::Model;
use crate::modelinfo::{ModelInfo, Role};
use crate::pool::{Seat, Sharing};
use crate::provider::{ActiveProvider, SessionOptions};
use crate::runtime::Runtime;
use crate::session::{Plan, Request, Session, Tensors};
use on_device::OnDevice;

mod examine;
mod handover;
mod on_device;

/// Where the network found the last frame dark, blurred or noisy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DegradationMap {
    /// Patches per row.
    pub width: usize,
    /// Rows of patches.
    pub height: usize,
    /// Three maps after each other, row by row: dark, blurred, noisy; 0 (not at all) to 1.
    pub values: Vec<f32>,
}

/// Restores frames of one size with one model.
///
/// One restorer serves one stream: it holds the recurrent state. The session may be its own or shared.
#[derive(Debug)]
pub struct Restorer {
    runner: Runner,
    plan: Arc<Plan>,
    /// Locked by the session's thread while it runs the network, and by this one before and after.
    tensors: Arc<Mutex<Tensors>>,
    width: usize,
    height: usize,
    adapter: Adapter,
    strength_input: Option<usize>,
    /// The map of the last frame, and the output that it comes from.
    degradation: Option<(DegradationMap, Port)>,
    patience: Option<Duration>,
    last_wait: Duration,
    /// For frames in a GPU's memory, once that is asked for.
    on_device: Option<Box<OnDevice>>,
}

/// Who runs the network.
#[derive(Debug)]
enum Runner {
    Own(Box<Session>),
    Shared(Seat),
}

/// An output's name and shape.
#[derive(Debug)]
struct Port {
    name: String,
    shape: Vec<usize>,
}

impl Restorer {
    /// Loads `model` for frames of `width` × `height` pixels, for this restorer alone.
    ///
    /// Takes from 50 ms to seconds (graph optimisation, compilation): not for a streaming thread.
    ///
    /// # Errors
    /// [`Error::FrameTooLarge`], [`Error::ModelLoad`], [`Error::ModelMismatch`] or [`Error::Provider`].
    pub fn open(
        runtime: &Runtime,
        model: &Model,
        options: &SessionOptions,
        width: usize,
        height: usize,
    ) -> Result<Self> {
        let request = Request {
            model,
            options,
            size: (width, height),
        };
        let session = Session::open(runtime.environment(), &request)?;
        let plan = Arc::clone(session.plan());
        Self::new(Runner::Own(Box::new(session)), plan, &request)
    }

    /// As [`Self::open`], with the session of everybody in this process who joins with the same model, options and size;
    /// the first one loads it, and the last one closes it. Pictures are the same, bit by bit.
    ///
    /// Frames of several restorers are run one after the other, one of each in turn.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn join(
        runtime: &Runtime,
        model: &Model,
        options: &SessionOptions,
        width: usize,
        height: usize,
    ) -> Result<Self> {
        let request = Request {
            model,
            options,
            size: (width, height),
        };
        let seat = Seat::take(runtime.environment(), &request)?;
        let plan = Arc::clone(seat.plan());
        Self::new(Runner::Shared(seat), plan, &request)
    }

    fn new(runner: Runner, plan: Arc<Plan>, request: &Request<'_>) -> Result<Self> {
        let (info, size) = (plan.info(), plan.size());
        let (width, height) = request.size;
        let hands = Hands::hire(request.options.effective_threads());
        let adapter = Adapter::new(info, size, hands)?;
        let strength_input = info
            .inputs
            .iter()
            .position(|tensor| tensor.role == Role::Strength);
        let degradation = ModelInfo::find(&info.outputs, Role::Degradation).map(|tensor| {
            let port = Port {
                name: tensor.name.clone(),
                shape: tensor.shape(size.0, size.1),
            };
            (DegradationMap::default(), port)
        });
        let mut restorer = Self {
            tensors: Arc::new(Mutex::new(Tensors::new(&plan)?)),
            runner,
            plan,
            width,
            height,
            adapter,
            strength_input,
            degradation,
            patience: None,
            last_wait: Duration::ZERO,
            on_device: None,
        };
        restorer.reset()?;
        Ok(restorer)
    }

    /// Restores `input` into `output`, which has the same format and size. `strength` from 0 (the input) to
    /// 1 (the network's own output) says how much of the restoration to apply. Alpha is copied.
    ///
    /// # Errors
    /// [`Error::Frame`] if the frames do not fit each other or this restorer, [`Error::Run`] if the network fails,
    /// [`Error::TooLate`] if it was busy for too long ([`Self::set_patience`]); the past is then as before.
    /// `output` is undefined after an error.
    pub fn restore(
        &mut self,
        input: &Frame<'_>,
        output: &mut FrameMut<'_>,
        strength: f32,
    ) -> Result<()> {
        self.check_frames(input, output)?;
        self.leave_device()?;
        self.load(input, strength)?;
        self.last_wait = self.run()?;
        self.store(input, output)?;
        if self.strength_input.is_none() && strength < 1.0 {
            blend::toward(input, output, strength)?;
        }
        Ok(())
    }

    fn load(&mut self, input: &Frame<'_>, strength: f32) -> Result<()> {
        let mut tensors = lock(&self.tensors);
        let inputs = tensors.inputs();
        self.adapter.load(input, inputs)?;
        if let Some(index) = self.strength_input {
            inputs.f32(index)?.fill(strength);
        }
        Ok(())
    }

    /// Runs the network, and says how long it was not this restorer's turn.
    fn run(&mut self) -> Result<Duration> {
        match &mut self.runner {
            Runner::Own(session) => {
                session.run(&mut lock(&self.tensors))?;
                Ok(Duration::ZERO)
            }
            Runner::Shared(seat) => seat.run(&self.tensors, self.patience),
        }
    }

    fn store(&mut self, input: &Frame<'_>, output: &mut FrameMut<'_>) -> Result<()> {
        let mut tensors = lock(&self.tensors);
        let (outputs, inputs) = tensors.carry()?;
        self.adapter.store((&outputs, inputs), input, output)?;
        if let Some((map, port)) = &mut self.degradation {
            map.values.clear();
            map.values
                .extend_from_slice(outputs.f32(&port.name, &port.shape)?);
            (map.height, map.width) = (port.shape[2], port.shape[3]);
        }
        Ok(())
    }

    /// Forgets the past: for a scene cut, a seek or a gap. A model without memory has none to forget.
    ///
    /// # Errors
    /// [`Error::Run`] if the state cannot be reached.
    pub fn reset(&mut self) -> Result<()> {
        let mut tensors = lock(&self.tensors);
        tensors.reset_state()?;
        self.adapter.reset(tensors.inputs())
    }

    /// How long a frame may wait for its turn at a shared session; for ever if `None`, as at the start. A frame that
    /// waits longer is not restored. One whose turn has come is, however long that takes.
    pub fn set_patience(&mut self, patience: Option<Duration>) {
        self.patience = patience;
    }

    /// How long the last restored frame waited for its turn: for a thread to wake, and for other streams' frames. None for
    /// a session of this restorer's own.
    #[must_use]
    pub fn last_wait(&self) -> Duration {
        self.last_wait
    }

    /// Who else has the session, if it is shared.
    #[must_use]
    pub fn sharing(&self) -> Option<Sharing> {
        match &self.runner {
            Runner::Own(_) => None,
            Runner::Shared(seat) => Some(seat.sharing()),
        }
    }

    /// The provider that runs the model, and why it is that one.
    #[must_use]
    pub fn active_provider(&self) -> &ActiveProvider {
        match &self.runner {
            Runner::Own(session) => session.active_provider(),
            Runner::Shared(seat) => seat.active_provider(),
        }
    }

    /// What the loaded file expects and gives: the model, or its companion where the provider runs that.
    #[must_use]
    pub fn info(&self) -> &ModelInfo {
        self.plan.info()
    }

    /// The degradation map of the last frame, if the model gives one.
    #[must_use]
    pub fn degradation(&self) -> Option<&DegradationMap> {
        self.degradation
            .as_ref()
            .map(|(map, _)| map)
            .filter(|map| !map.values.is_empty())
    }

    fn check_frames(&self, input: &Frame<'_>, output: &FrameMut<'_>) -> Result<()> {
        output.check_same_layout(input)?;
        if (input.width(), input.height()) == (self.width, self.height) {
            return Ok(());
        }
        Err(Error::Frame {
            format: input.format().name(),
            width: input.width(),
            height: input.height(),
            problem: format!(
                "this restorer was opened for {}x{}",
                self.width, self.height
            ),
        })
    }
}

/// Nobody ever waits here: whose turn it is with the tensors is settled by asking for a run and its answer.
fn lock(tensors: &Mutex<Tensors>) -> MutexGuard<'_, Tensors> {
    tensors.lock().unwrap_or_else(PoisonError::into_inner)
}

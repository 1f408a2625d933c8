//! The network alone: what everything around it is measured against.

use crate::adapter::Adapter;
use crate::crew::Hands;
use crate::error::Result;
use crate::frame::Frame;
use crate::model::Model;
use crate::modelinfo::Role;
use crate::provider::{ActiveProvider, SessionOptions};
use crate::runtime::Runtime;
use crate::session::{Request, Session, Tensors};

/// A session opened as a [`crate::Restorer`] opens it, and called without anything around the call: no packing, no restoring,
/// no unpacking. For benches; its results are thrown away.
#[derive(Debug)]
pub struct BareNetwork {
    session: Session,
    tensors: Tensors,
}

impl BareNetwork {
    /// Loads `model` for frames like `frame`, and packs that frame into the input tensors, once.
    ///
    /// # Errors
    /// As [`crate::Restorer::open`] and [`crate::Restorer::restore`].
    pub fn open(
        runtime: &Runtime,
        model: &Model,
        options: &SessionOptions,
        frame: &Frame<'_>,
    ) -> Result<Self> {
        let request = Request {
            model,
            options,
            size: (frame.width(), frame.height()),
        };
        let session = Session::open(runtime.environment(), &request)?;
        let plan = session.plan();
        let mut adapter = Adapter::new(plan.info(), plan.size(), Hands::own())?;
        let mut tensors = Tensors::new(plan)?;
        let inputs = tensors.inputs();
        adapter.reset(inputs)?;
        adapter.load(frame, inputs)?;
        for (index, tensor) in plan.info().inputs.iter().enumerate() {
            if tensor.role == Role::Strength {
                inputs.f32(index)?.fill(1.0);
            }
        }
        Ok(Self { session, tensors })
    }

    /// Runs the network once on the packed frame. Its recurrent state is carried from run to run, as in a stream.
    ///
    /// # Errors
    /// [`crate::Error::Run`] if the network fails.
    pub fn run(&mut self) -> Result<()> {
        self.session.run(&mut self.tensors)?;
        self.tensors.carry().map(|_| ())
    }

    /// The provider that runs the model, and why it is that one.
    #[must_use]
    pub fn active_provider(&self) -> &ActiveProvider {
        self.session.active_provider()
    }
}

//! Frame in, restored frame out: one model, one size, buffers kept from frame to frame.

use crate::adapter::Adapter;
use crate::blend;
use crate::error::{Error, Result};
use crate::frame::{Frame, FrameMut};
use crate::model::Model;
use crate::modelinfo::{ModelInfo, Role};
use crate::provider::{ActiveProvider, SessionOptions};
use crate::runtime::Runtime;
use crate::session::{Request, Session};

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
/// One restorer serves one stream: it holds the recurrent state.
#[derive(Debug)]
pub struct Restorer {
    session: Session,
    width: usize,
    height: usize,
    adapter: Adapter,
    strength_input: Option<usize>,
    /// The map of the last frame, and the output that it comes from.
    degradation: Option<(DegradationMap, String)>,
}

impl Restorer {
    /// Loads `model` for frames of `width` × `height` pixels.
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
        let session = Session::open(
            runtime.environment(),
            &Request {
                model,
                options,
                size: (width, height),
            },
        )?;
        let info = session.info();
        let adapter = Adapter::new(info, session.size())?;
        let strength_input = info
            .inputs
            .iter()
            .position(|tensor| tensor.role == Role::Strength);
        let degradation = ModelInfo::find(&info.outputs, Role::Degradation)
            .map(|tensor| (DegradationMap::default(), tensor.name.clone()));
        let mut restorer = Self {
            session,
            width,
            height,
            adapter,
            strength_input,
            degradation,
        };
        restorer.reset()?;
        Ok(restorer)
    }

    /// Restores `input` into `output`, which has the same format and size. `strength` from 0 (the input) to
    /// 1 (the network's own output) says how much of the restoration to apply. Alpha is copied.
    ///
    /// # Errors
    /// [`Error::Frame`] if the frames do not fit each other or this restorer, [`Error::Run`] if the network fails.
    /// `output` is then undefined.
    pub fn restore(
        &mut self,
        input: &Frame<'_>,
        output: &mut FrameMut<'_>,
        strength: f32,
    ) -> Result<()> {
        self.check_frames(input, output)?;
        let inputs = self.session.inputs();
        self.adapter.load(input, inputs)?;
        if let Some(index) = self.strength_input {
            inputs.f32(index)?.fill(strength);
        }
        let (outputs, inputs) = self.session.run()?;
        self.adapter.store((&outputs, inputs), input, output)?;
        if let Some((map, name)) = &mut self.degradation {
            let shape = outputs.shape(name)?;
            map.values.clear();
            map.values.extend_from_slice(outputs.f32(name, &shape)?);
            (map.height, map.width) = (shape[2], shape[3]);
        }
        if self.strength_input.is_none() && strength < 1.0 {
            blend::toward(input, output, strength)?;
        }
        Ok(())
    }

    /// Forgets the past: for a scene cut, a seek or a gap. A model without memory has none to forget.
    ///
    /// # Errors
    /// [`Error::Run`] if the state cannot be reached.
    pub fn reset(&mut self) -> Result<()> {
        self.session.reset_state()?;
        self.adapter.reset(self.session.inputs())
    }

    /// The provider that runs the model, and why it is that one.
    #[must_use]
    pub fn active_provider(&self) -> &ActiveProvider {
        self.session.active_provider()
    }

    /// What the loaded file expects and gives: the model, or its companion where the provider runs that.
    #[must_use]
    pub fn info(&self) -> &ModelInfo {
        self.session.info()
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

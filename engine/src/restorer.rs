//! Frame in, restored frame out: one model, one size, buffers kept from frame to frame.

use crate::adapter::{PlanesAdapter, RgbAdapter};
use crate::blend;
use crate::error::{Error, Result};
use crate::frame::{Frame, FrameMut};
use crate::model::Model;
use crate::modelinfo::{ModelInfo, ModelKind, Role};
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
    info: ModelInfo,
    width: usize,
    height: usize,
    adapter: Adapter,
    strength_input: Option<usize>,
    degradation: Option<DegradationMap>,
}

#[derive(Debug)]
enum Adapter {
    Planes(Box<PlanesAdapter>),
    Rgb(RgbAdapter),
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
        let info = model.info().clone();
        let size = info.padded_size(width, height)?;
        let session = Session::open(
            runtime.environment(),
            &Request {
                model,
                options,
                size,
            },
        )?;
        let adapter = match info.kind() {
            ModelKind::Planes | ModelKind::Luma => {
                Adapter::Planes(Box::new(PlanesAdapter::new(&info, size)?))
            }
            ModelKind::Rgb => Adapter::Rgb(RgbAdapter::new(&info, size)?),
        };
        let strength_input = info
            .inputs
            .iter()
            .position(|tensor| tensor.role == Role::Strength);
        let degradation =
            ModelInfo::find(&info.outputs, Role::Degradation).map(|_| DegradationMap::default());
        Ok(Self {
            session,
            info,
            width,
            height,
            adapter,
            strength_input,
            degradation,
        })
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
        match &mut self.adapter {
            Adapter::Planes(adapter) => adapter.load(input, &mut self.session)?,
            Adapter::Rgb(adapter) => adapter.load(input, &mut self.session)?,
        }
        if let Some(index) = self.strength_input {
            self.session.input_f32(index)?.fill(strength);
        }
        let outputs = self.session.run()?;
        match &mut self.adapter {
            Adapter::Planes(adapter) => adapter.store(&outputs, input, output)?,
            Adapter::Rgb(adapter) => adapter.store(&outputs, input, output)?,
        }
        if let (Some(map), Some(tensor)) = (
            &mut self.degradation,
            ModelInfo::find(&self.info.outputs, Role::Degradation),
        ) {
            let shape = outputs.shape(&tensor.name)?;
            map.values.clear();
            map.values
                .extend_from_slice(outputs.f32(&tensor.name, &shape)?);
            (map.height, map.width) = (shape[2], shape[3]);
        }
        if self.strength_input.is_none() && strength < 1.0 {
            blend::toward(input, output, strength)?;
        }
        Ok(())
    }

    /// Forgets the past: for a scene cut, a seek or a gap. Without recurrent state this does nothing.
    ///
    /// # Errors
    /// [`Error::Run`] if the state cannot be reached.
    pub fn reset(&mut self) -> Result<()> {
        self.session.reset_state()
    }

    /// The provider that runs the model, and why it is that one.
    #[must_use]
    pub fn active_provider(&self) -> &ActiveProvider {
        self.session.active_provider()
    }

    /// What the model expects and gives.
    #[must_use]
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// The degradation map of the last frame, if the model gives one.
    #[must_use]
    pub fn degradation(&self) -> Option<&DegradationMap> {
        self.degradation
            .as_ref()
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

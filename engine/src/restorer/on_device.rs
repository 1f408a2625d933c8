//! Frames that lie in a GPU's memory: restored there, without a copy.

use super::{Restorer, lock};
use crate::adapter::RangeTables;
use crate::device::DeviceFrame;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::pixel::{Colorimetry, Range};
use crate::provider::SessionOptions;
use crate::quality::LumaSamples;
use crate::runtime::Runtime;
use crate::session::{Ends, Wanted};

/// What a restorer has for such frames.
#[derive(Debug)]
pub(super) struct OnDevice {
    ends: Ends,
    /// The frames' range that the ends are for.
    range: Range,
    /// Whether the last frame was one of them: the past lies where that one was.
    is_current: bool,
}

impl Restorer {
    /// Makes ready for frames of `colorimetry` in the memory of the GPU that runs the model: two small graphs and the
    /// tensors between them. `model` and `options` are those that this was opened with.
    ///
    /// Takes as long as opening a session: not for a streaming thread.
    ///
    /// # Errors
    /// [`Error::Run`] with the reason if provider or model take frames from system memory only; this works as before then.
    pub fn prepare_for_device(
        &mut self,
        runtime: &Runtime,
        model: &Model,
        options: &SessionOptions,
        colorimetry: Colorimetry,
    ) -> Result<()> {
        let tables = RangeTables::default();
        let (frames, own) = (colorimetry.range, self.plan.info().range);
        let wanted = Wanted {
            model,
            options,
            provider: self.active_provider().provider,
            size: (self.width, self.height),
            luts: (tables.between(frames, own), tables.between(own, frames)),
        };
        let (ends, resident) = Ends::open(runtime.environment(), &self.plan, &wanted)?;
        lock(&self.tensors).settle(resident);
        self.on_device = Some(Box::new(OnDevice {
            ends,
            range: frames,
            is_current: false,
        }));
        Ok(())
    }

    /// Whether [`Self::restore_on_device`] takes frames of `colorimetry` at `strength`. Where the strength is not the
    /// model's to apply, only all of it.
    #[must_use]
    pub fn takes_device_frames(&self, colorimetry: Colorimetry, strength: f32) -> bool {
        let is_for = |on_device: &OnDevice| on_device.range == colorimetry.range;
        self.on_device.as_deref().is_some_and(is_for)
            && (self.strength_input.is_some() || strength >= 1.0)
    }

    /// As [`Self::restore`], from GPU memory to GPU memory. `is_cut` sees what the CPU sees of the frame, and says
    /// whether it starts a new scene: then the past is forgotten first.
    ///
    /// The recurrent state is kept apart from that of [`Self::restore`]; going from one to the other forgets the past.
    ///
    /// # Errors
    /// As [`Self::restore`].
    pub fn restore_on_device(
        &mut self,
        input: &DeviceFrame,
        output: &DeviceFrame,
        strength: f32,
        is_cut: impl FnOnce(&LumaSamples<'_>) -> bool,
    ) -> Result<()> {
        self.check_device_frames(input, output)?;
        let mut on_device = self.on_device.take().ok_or_else(|| self.unprepared())?;
        let result = self.run_on_device(&mut on_device, (input, output), strength, is_cut);
        self.on_device = Some(on_device);
        result
    }

    fn run_on_device(
        &mut self,
        on_device: &mut OnDevice,
        (input, output): (&DeviceFrame, &DeviceFrame),
        strength: f32,
        is_cut: impl FnOnce(&LumaSamples<'_>) -> bool,
    ) -> Result<()> {
        let is_cut = is_cut(&on_device.ends.load(input)?);
        if is_cut || !std::mem::replace(&mut on_device.is_current, true) {
            self.reset()?;
        }
        {
            let mut tensors = lock(&self.tensors);
            tensors.choose(true);
            tensors.set_resident_strength(strength)?;
        }
        self.last_wait = self.run()?;
        lock(&self.tensors).advance_resident();
        on_device.ends.store(output)
    }

    /// Has the next run work on the tensors of [`Self::restore`] again, and forgets the past if it has not just done so.
    pub(super) fn leave_device(&mut self) -> Result<()> {
        let was_current = match &mut self.on_device {
            Some(on_device) => std::mem::take(&mut on_device.is_current),
            None => false,
        };
        if was_current {
            lock(&self.tensors).choose(false);
            self.reset()?;
        }
        Ok(())
    }

    fn check_device_frames(&self, input: &DeviceFrame, output: &DeviceFrame) -> Result<()> {
        let size = (self.width, self.height);
        let same = input.colorimetry() == output.colorimetry();
        if same && input.size() == size && output.size() == size {
            return Ok(());
        }
        let (width, height) = input.size();
        Err(Error::Frame {
            format: "NV12",
            width,
            height,
            problem: format!(
                "this restorer was opened for {}x{}, and writes what it reads: not {:?}",
                self.width, self.height, output
            ),
        })
    }

    fn unprepared(&self) -> Error {
        Error::Run {
            model: self.plan.info().name.clone(),
            reason: "the restorer was not made ready for frames in GPU memory".into(),
        }
    }
}

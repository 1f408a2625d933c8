//! What happens to a frame in a GPU's memory, if it can happen there.

use std::time::Instant;

use crossbeam_channel::Receiver;
use lowlight_engine::Error;
use lowlight_engine::device::DeviceFrame;

use super::{Fault, Network, Outcome, Stream};
use crate::lowlightrestore::enums::View;
use crate::lowlightrestore::settings::FrameSettings;

/// What came of it.
#[derive(Debug)]
pub(in crate::lowlightrestore) enum OnDevice {
    /// The output is there.
    Done(Outcome),
    /// The output is still to become the input.
    Pass(Outcome),
    /// Has to be done by way of system memory: a view that the CPU paints, or a model that is not there, or takes no
    /// such frames.
    Elsewhere,
}

impl Stream {
    /// Fills `output` from `input`, if that can be done where they lie.
    ///
    /// # Errors
    /// As [`Stream::process`].
    pub(in crate::lowlightrestore) fn process_on_device(
        &mut self,
        input: &DeviceFrame,
        output: &DeviceFrame,
        settings: &FrameSettings,
        interrupt: &Receiver<()>,
    ) -> Result<OnDevice, Fault> {
        // The view needs the pixels, and so does a picture that is to be shown again.
        if settings.is_off() || settings.view != View::Restored || settings.inference_interval > 1 {
            return Ok(OnDevice::Elsewhere);
        }
        self.settle(settings.wait_for_model, interrupt)?;
        let Network::Ready(restorer, _) = &mut self.network else {
            return Ok(OnDevice::Elsewhere);
        };
        if !restorer.takes_device_frames(input.colorimetry(), settings.strength) {
            return Ok(OnDevice::Elsewhere);
        }
        if std::mem::take(&mut self.is_reset_due) {
            restorer.reset()?;
        }
        self.held.forget();
        restorer.set_patience(self.is_live.then_some(self.patience));
        let (begun, cuts) = (Instant::now(), &mut self.cuts);
        let restored = restorer.restore_on_device(input, output, settings.strength, |samples| {
            cuts.is_cut_at(samples)
        });
        match restored {
            Ok(()) => {
                let (wait, batch) = (restorer.last_wait(), restorer.last_batch());
                self.failures.end();
                Ok(OnDevice::Done(Outcome::Restored {
                    inference: begun.elapsed().saturating_sub(wait),
                    wait,
                    batch,
                    lacks_map: false,
                    is_zero_copy: true,
                }))
            }
            Err(Error::TooLate { .. }) => Ok(OnDevice::Pass(Outcome::Late { is_repeated: false })),
            Err(error) => {
                // What made this frame fail may sit in the recurrent state.
                self.is_reset_due = true;
                Ok(OnDevice::Pass(Outcome::Failed(
                    error,
                    self.failures.count(),
                )))
            }
        }
    }
}

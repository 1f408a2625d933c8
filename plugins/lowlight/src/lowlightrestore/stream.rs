//! One video stream and its model: what happens to each frame. No GObject here.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use lowlight_engine::quality::SceneCutDetector;
use lowlight_engine::{Error, Frame, FrameMut, Range, Restorer, Result, view};

use super::enums::View;
use super::failures::{Failures, Notice};
use super::frames::Layout;
use super::held::Held;
use super::loader::{Load, Progress};
use super::order::Loaded;
use super::settings::FrameSettings;
use super::stats::Reason;

mod on_device;

pub(super) use on_device::OnDevice;

/// The model of a stream.
#[derive(Debug, Default)]
pub(super) enum Network {
    #[default]
    Absent,
    Loading(Load<Loaded>),
    Ready(Box<Restorer>),
    Failed,
}

/// What became of a frame.
#[derive(Debug)]
pub(super) enum Outcome {
    Restored {
        inference: Duration,
        /// Until the network had time for it.
        wait: Duration,
        /// The view is the degradation map, and the model gives none. Said once.
        lacks_map: bool,
        /// It never left the GPU's memory.
        is_zero_copy: bool,
    },
    Passed(Reason),
    /// `inference-interval` left it out: it shows the last restored picture.
    Repeated,
    /// The network had no time for it. It shows the last restored picture if that is kept, or passes.
    Late {
        is_repeated: bool,
    },
    /// The network failed, and the frame passed.
    Failed(Error, Notice),
}

/// Why a frame could not even pass.
#[derive(Debug)]
pub(super) enum Fault {
    /// A flush or a state change ended the wait for the model.
    Interrupted,
    /// There will be no model; its error is on the bus already.
    NoModel,
    /// The thread that loads the model panicked.
    LoaderDied,
    /// Frames before caps.
    NotNegotiated,
    /// A buffer that cannot be read or written as a frame.
    Unmappable,
    /// The buffers do not fit the caps.
    Frame(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Frame(error)
    }
}

/// One stream, from start to stop.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub(super) layout: Option<Layout>,
    network: Network,
    /// What `network` is for.
    network_for: Option<(usize, usize, Option<Range>)>,
    cuts: SceneCutDetector,
    is_reset_due: bool,
    /// Whether frames come from a live source, which does not wait.
    pub(super) is_live: bool,
    /// How long a live frame may wait for the network.
    patience: Duration,
    held: Held,
    failures: Failures,
    told_of_map: bool,
    /// The degradation view's RGB picture.
    painting: Vec<u8>,
}

impl Stream {
    /// New caps: the past is of no use any more.
    pub(super) fn set_layout(&mut self, layout: Layout, fps: gst::Fraction) {
        self.layout = Some(layout);
        self.patience = patience(fps);
        self.reset();
    }

    /// The next frame starts a new scene.
    pub(super) fn reset(&mut self) {
        self.is_reset_due = true;
        self.cuts.reset();
    }

    /// Whether there is no model, not even a failed one, for the present frames.
    pub(super) fn needs_load(&self) -> bool {
        let wanted = self.layout.map(|layout| layout.network());
        wanted.is_some() && wanted != self.network_for
    }

    /// Takes the outdated model out, to be retired.
    pub(super) fn take_network(&mut self) -> Network {
        self.network_for = None;
        std::mem::take(&mut self.network)
    }

    /// Puts in the model for the present frames.
    pub(super) fn set_network(&mut self, network: Network) {
        self.network_for = self.layout.map(|layout| layout.network());
        self.network = network;
    }

    /// Fills `output` from `input`.
    ///
    /// # Errors
    /// [`Fault`]: `output` is then undefined.
    pub(super) fn process(
        &mut self,
        input: &Frame<'_>,
        output: &mut FrameMut<'_>,
        settings: &FrameSettings,
        interrupt: &Receiver<()>,
    ) -> Result<Outcome, Fault> {
        if settings.is_off() {
            return pass(input, output, Reason::Off);
        }
        self.settle(settings.wait_for_model, interrupt)?;
        let is_cut = self.cuts.is_cut(input);
        let Network::Ready(restorer) = &mut self.network else {
            return pass(input, output, Reason::Loading);
        };
        if std::mem::take(&mut self.is_reset_due) || is_cut {
            restorer.reset()?;
            self.held.forget();
        }
        if !self.held.is_due(settings.inference_interval) && self.held.show(output) {
            paint(restorer, &mut self.painting, input, output, settings.view)?;
            return Ok(Outcome::Repeated);
        }
        restorer.set_patience(self.is_live.then_some(self.patience));
        let begun = Instant::now();
        match restorer.restore(input, output, settings.strength) {
            Ok(()) => {
                let wait = restorer.last_wait();
                let inference = begun.elapsed().saturating_sub(wait);
                if settings.inference_interval > 1 {
                    self.held.keep(output);
                }
                paint(restorer, &mut self.painting, input, output, settings.view)?;
                self.failures.end();
                let lacks_map =
                    settings.view == View::Degradation && restorer.degradation().is_none();
                Ok(Outcome::Restored {
                    inference,
                    wait,
                    lacks_map: lacks_map && !std::mem::replace(&mut self.told_of_map, lacks_map),
                    is_zero_copy: false,
                })
            }
            Err(Error::TooLate { .. }) => {
                let is_repeated = self.held.show(output);
                if !is_repeated {
                    output.copy_from(input)?;
                }
                Ok(Outcome::Late { is_repeated })
            }
            Err(error) => {
                // What made this frame fail may sit in the recurrent state.
                self.is_reset_due = true;
                output.copy_from(input)?;
                Ok(Outcome::Failed(error, self.failures.count()))
            }
        }
    }

    /// Takes the model over from its loader if it is there, or once it is.
    fn settle(&mut self, wait: bool, interrupt: &Receiver<()>) -> Result<(), Fault> {
        if let Network::Loading(load) = &self.network {
            let progress = if wait {
                load.wait(interrupt)
            } else {
                load.poll()
            };
            match progress {
                Progress::Done(Some(restorer)) => self.network = Network::Ready(restorer),
                Progress::Done(None) => self.network = Network::Failed,
                Progress::Died => {
                    self.network = Network::Failed;
                    return Err(Fault::LoaderDied);
                }
                Progress::Pending if wait => return Err(Fault::Interrupted),
                Progress::Pending => {}
            }
        }
        match self.network {
            Network::Failed => Err(Fault::NoModel),
            _ => Ok(()),
        }
    }
}

/// How long a live frame may wait for its turn: for two frames' time, since by then there is a newer one; but other
/// streams' frames take theirs, whatever the rate of this one.
fn patience(fps: gst::Fraction) -> Duration {
    const LEAST: Duration = Duration::from_millis(100);
    const WITHOUT_A_RATE: Duration = Duration::from_millis(200);
    match (u32::try_from(fps.numer()), u32::try_from(fps.denom())) {
        (Ok(frames @ 1..), Ok(seconds)) => {
            LEAST.max(2 * Duration::from_secs(u64::from(seconds)) / frames)
        }
        _ => WITHOUT_A_RATE,
    }
}

fn pass(input: &Frame<'_>, output: &mut FrameMut<'_>, reason: Reason) -> Result<Outcome, Fault> {
    output.copy_from(input)?;
    Ok(Outcome::Passed(reason))
}

/// Paints what the view wants over a restored picture.
fn paint(
    restorer: &Restorer,
    painting: &mut Vec<u8>,
    input: &Frame<'_>,
    output: &mut FrameMut<'_>,
    view: View,
) -> Result<()> {
    match (view, restorer.degradation()) {
        (View::Split, _) => view::split(input, output),
        (View::Degradation, Some(map)) => view::degradation(map, painting, output),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

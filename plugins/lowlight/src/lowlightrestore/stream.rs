//! One video stream and its model: what happens to each frame. No GObject here.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use lowlight_engine::quality::{Implausible, SceneCutDetector};
use lowlight_engine::{Error, Frame, FrameMut, Range, Restorer, Result, view};

use super::enums::View;
use super::failures::{Failures, Notice};
use super::frames::Layout;
use super::held::Held;
use super::settings::FrameSettings;
use super::start::{Load, Loaded, Progress, dispose};
use super::stats::Reason;

mod on_device;
mod timing;
mod watch;

pub(super) use on_device::OnDevice;
use timing::{frame_time, patience};
use watch::watch;

/// The model of a stream.
#[derive(Debug, Default)]
pub(super) enum Network {
    #[default]
    Absent,
    Loading(Load<Loaded>),
    /// The load may still give a better one.
    Ready(Box<Restorer>, Option<Load<Loaded>>),
    Failed,
}

/// What became of a frame.
#[derive(Debug)]
pub(super) enum Outcome {
    Restored {
        inference: Duration,
        /// Until the network had time for it.
        wait: Duration,
        /// Frames of how many streams were in its run.
        batch: usize,
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
    /// What the network gave is no restoration, and the frame passed.
    Implausible(Implausible),
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
    /// How often frames come, if the caps say it.
    pub(super) frame_time: Option<Duration>,
    /// How long a live frame may wait for the network.
    patience: Duration,
    held: Held,
    failures: Failures,
    told_of_map: bool,
    /// A better session has taken over: with the past, or without.
    swap: Option<bool>,
    /// The degradation view's RGB picture.
    painting: Vec<u8>,
}

impl Stream {
    /// New caps: the past is of no use any more.
    pub(super) fn set_layout(&mut self, layout: Layout, fps: gst::Fraction) {
        self.layout = Some(layout);
        self.patience = patience(fps);
        self.frame_time = frame_time(fps);
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
        let Network::Ready(restorer, _) = &mut self.network else {
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
                let (wait, batch) = (restorer.last_wait(), restorer.last_batch());
                let inference = begun.elapsed().saturating_sub(wait);
                if let Some(fault) = watch(input, output) {
                    // It may sit in the recurrent state.
                    self.is_reset_due = true;
                    output.copy_from(input)?;
                    return Ok(Outcome::Implausible(fault));
                }
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
                    batch,
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

    /// Whether a better session has taken over since this was last asked, and if so, whether with the past.
    pub(super) fn take_swap(&mut self) -> Option<bool> {
        self.swap.take()
    }

    /// Takes the model over from its loader if it is there, or once it is; and a better one if there is one.
    fn settle(&mut self, wait: bool, interrupt: &Receiver<()>) -> Result<(), Fault> {
        match &mut self.network {
            Network::Loading(load) => {
                let progress = if wait {
                    load.wait(interrupt)
                } else {
                    load.poll()
                };
                match progress {
                    Progress::Done(restorer) => self.begin(restorer),
                    Progress::Ended => {
                        self.network = Network::Failed;
                        return Err(Fault::LoaderDied);
                    }
                    Progress::Pending if wait => return Err(Fault::Interrupted),
                    Progress::Pending => {}
                }
            }
            Network::Ready(restorer, better) => match better.as_ref().map(Load::poll) {
                Some(Progress::Done(Some(mut next))) => {
                    self.swap = Some(next.take_over(restorer)?);
                    dispose(std::mem::replace(restorer, next));
                }
                Some(Progress::Done(None) | Progress::Ended) => *better = None,
                Some(Progress::Pending) | None => {}
            },
            Network::Absent | Network::Failed => {}
        }
        match self.network {
            Network::Failed => Err(Fault::NoModel),
            _ => Ok(()),
        }
    }

    /// The first session of a load is there, or there will be none.
    fn begin(&mut self, restorer: Loaded) {
        self.network = match (std::mem::take(&mut self.network), restorer) {
            (Network::Loading(load), Some(restorer)) => Network::Ready(restorer, Some(load)),
            _ => Network::Failed,
        };
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

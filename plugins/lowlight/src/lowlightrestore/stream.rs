//! One video stream and its model: what happens to each frame. No GObject here.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use lowlight_engine::quality::SceneCutDetector;
use lowlight_engine::{
    ActiveProvider, Error, Frame, FrameMut, Model, Restorer, Result, Runtime, SessionOptions, view,
};

use super::enums::View;
use super::frames::Layout;
use super::loader::{Deliver, Load, Progress};
use super::settings::FrameSettings;
use super::stats::Reason;

/// Everything that a load needs to know.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// The model, or where to look for it.
    pub(super) model: Result<Model, Option<PathBuf>>,
    pub(super) library: Option<PathBuf>,
    pub(super) options: SessionOptions,
}

impl Order {
    /// Opens the restorer for frames of `layout`, hands it over, and says how it went. Slow.
    pub(super) fn fulfil(
        self,
        layout: &Layout,
        delivery: Deliver<Loaded>,
        tell: impl FnOnce(Result<(ActiveProvider, Model)>),
    ) {
        // An error is told before streaming stops for it, readiness once it is true.
        match self.open(layout) {
            Ok((restorer, model)) => {
                let provider = restorer.active_provider().clone();
                delivery.deliver(Some(Box::new(restorer)));
                tell(Ok((provider, model)));
            }
            Err(error) => {
                tell(Err(error));
                delivery.deliver(None);
            }
        }
    }

    fn open(self, layout: &Layout) -> Result<(Restorer, Model)> {
        let model = match self.model {
            Ok(model) => model,
            Err(path) => Model::open(path.as_deref())?,
        };
        let runtime = Runtime::load(self.library.as_deref())?;
        let (width, height) = (layout.width, layout.height);
        let restorer = Restorer::open(&runtime, &model, &self.options, width, height)?;
        Ok((restorer, model))
    }
}

/// What a load hands over: a restorer, or nothing if it failed (and said so).
pub(super) type Loaded = Option<Box<Restorer>>;

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
        /// The view is the degradation map, and the model gives none. Said once.
        lacks_map: bool,
    },
    Passed(Reason),
    /// The network failed, and the frame passed.
    Failed(Error, Notice),
}

/// What to make of a failed frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The last warning was a moment ago.
    Log,
    Warn,
    /// Too many in a row.
    GiveUp,
}

/// Frames in a row that may fail before the stream is given up.
const MAX_FAILURES: u32 = 10;
/// Warnings about failing frames come no closer than this.
const WARNING_INTERVAL: Duration = Duration::from_secs(5);

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
    /// Size that `network` is for.
    network_size: Option<(usize, usize)>,
    cuts: SceneCutDetector,
    is_reset_due: bool,
    /// Frames since the last reset, for `inference-interval`.
    position: u32,
    /// Frames in a row that the network failed on.
    failures: u32,
    last_warning: Option<Instant>,
    told_of_map: bool,
    /// The degradation view's RGB picture.
    painting: Vec<u8>,
}

impl Stream {
    /// New caps: the past is of no use any more.
    pub(super) fn set_layout(&mut self, layout: Layout) {
        self.layout = Some(layout);
        self.reset();
    }

    /// The next frame starts a new scene.
    pub(super) fn reset(&mut self) {
        self.is_reset_due = true;
        self.cuts.reset();
    }

    /// Whether there is no model, not even a failed one, for the present size.
    pub(super) fn needs_load(&self) -> bool {
        let size = self.layout.map(|layout| (layout.width, layout.height));
        size.is_some() && size != self.network_size
    }

    /// Takes the outdated model out, to be retired.
    pub(super) fn take_network(&mut self) -> Network {
        self.network_size = None;
        std::mem::take(&mut self.network)
    }

    /// Puts in the model for the present size.
    pub(super) fn set_network(&mut self, network: Network) {
        self.network_size = self.layout.map(|layout| (layout.width, layout.height));
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
        let Network::Ready(restorer) = &mut self.network else {
            return pass(input, output, Reason::Loading);
        };
        let is_cut = self.cuts.is_cut(input);
        if std::mem::take(&mut self.is_reset_due) || is_cut {
            restorer.reset()?;
            self.position = 0;
        }
        let is_due = self
            .position
            .is_multiple_of(settings.inference_interval.max(1));
        self.position = self.position.wrapping_add(1);
        if !is_due {
            return pass(input, output, Reason::Interval);
        }
        match restore(restorer, &mut self.painting, input, output, settings) {
            Ok(inference) => {
                self.failures = 0;
                let lacks_map =
                    settings.view == View::Degradation && restorer.degradation().is_none();
                Ok(Outcome::Restored {
                    inference,
                    lacks_map: lacks_map && !std::mem::replace(&mut self.told_of_map, lacks_map),
                })
            }
            Err(error) => {
                // What made this frame fail may sit in the recurrent state.
                self.is_reset_due = true;
                output.copy_from(input)?;
                Ok(Outcome::Failed(error, self.notice()))
            }
        }
    }

    /// Counts a failure.
    fn notice(&mut self) -> Notice {
        self.failures += 1;
        let is_recent = self
            .last_warning
            .is_some_and(|last| last.elapsed() < WARNING_INTERVAL);
        if self.failures >= MAX_FAILURES {
            Notice::GiveUp
        } else if is_recent {
            Notice::Log
        } else {
            self.last_warning = Some(Instant::now());
            Notice::Warn
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

fn pass(input: &Frame<'_>, output: &mut FrameMut<'_>, reason: Reason) -> Result<Outcome, Fault> {
    output.copy_from(input)?;
    Ok(Outcome::Passed(reason))
}

/// Restores, and paints what the view wants over it. Gives the time without the painting.
fn restore(
    restorer: &mut Restorer,
    painting: &mut Vec<u8>,
    input: &Frame<'_>,
    output: &mut FrameMut<'_>,
    settings: &FrameSettings,
) -> Result<Duration> {
    let begun = Instant::now();
    restorer.restore(input, output, settings.strength)?;
    let inference = begun.elapsed();
    match (settings.view, restorer.degradation()) {
        (View::Split, _) => view::split(input, output)?,
        (View::Degradation, Some(map)) => view::degradation(map, painting, output)?,
        _ => {}
    }
    Ok(inference)
}

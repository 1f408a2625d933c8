//! From buffers to frames and back: what is done with each of them, and how it went.

use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_video::{VideoFrameRef, VideoInfo};
use std::sync::atomic::Ordering;

use super::errors;
use super::frames::Layout;
use super::imp::{CAT, LowlightRestore, lock};
use super::memory::caps;
use super::memory::gstcuda::{self, Context};
use super::memory::mapped::Mapped;
use super::stream::{Fault, OnDevice, Outcome};

/// What was negotiated.
#[derive(Clone, Debug)]
pub(super) struct Format {
    info: VideoInfo,
    /// Whether frames come in one memory and go out in the other.
    pub(super) is_moved: bool,
    /// Where both are: a GPU's memory.
    context: Option<&'static Context>,
}

impl LowlightRestore {
    /// Takes note of new caps, which differ at most in where frames lie.
    pub(super) fn begin_format(
        &self,
        incaps: &gst::Caps,
        outcaps: &gst::Caps,
    ) -> Result<(), gst::LoggableError> {
        let info = VideoInfo::from_caps(incaps)
            .map_err(|error| gst::loggable_error!(CAT, "{incaps}: {error}"))?;
        let mut layout = Layout::new(&info).ok_or_else(|| {
            gst::loggable_error!(CAT, "{incaps} have a format that is not supported")
        })?;
        let sides = [incaps, outcaps].map(|caps| caps::is_cuda(caps));
        layout.is_on_device = sides == [true; 2];
        let context = match layout.is_on_device {
            true => self.cuda_context().map(Some),
            false => Ok(None),
        };
        let context = context.map_err(|error| gst::loggable_error!(CAT, "{error}"))?;
        gst::debug!(
            CAT,
            imp = self,
            "{layout:?}, CUDA memory in and out: {sides:?}"
        );
        if sides[0] != sides[1] {
            // The very buffers cannot be passed on then.
            self.obj().set_passthrough(false);
        }
        if let Some(stream) = &mut *lock(&self.stream) {
            stream.set_layout(layout, info.fps());
        }
        *lock(&self.format) = Some(Format {
            info,
            is_moved: sides[0] != sides[1],
            context,
        });
        if !lock(&self.settings).frame().is_off() {
            self.ensure_model();
        }
        Ok(())
    }

    /// The context in which the network works, if it works on a GPU: `device`'s primary one.
    pub(super) fn cuda_context(&self) -> Result<&'static Context, String> {
        let options = lock(&self.settings).session_options();
        gstcuda::context(options.device_ordinal()?)
    }

    /// Fills `output` from `input`, and accounts for it.
    pub(super) fn render(
        &self,
        input: &gst::BufferRef,
        output: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        match self.process(input, output) {
            Ok(outcome) => {
                gst::log!(CAT, imp = self, "{:?}: {outcome:?}", input.pts());
                self.account(outcome)
            }
            Err(Fault::Interrupted) => Err(gst::FlowError::Flushing),
            Err(Fault::NoModel) => Err(gst::FlowError::Error),
            Err(Fault::LoaderDied) => {
                let text = "the thread that loads the model panicked";
                gst::element_imp_error!(self, gst::LibraryError::Failed, ("{text}"));
                Err(gst::FlowError::Error)
            }
            Err(Fault::Unmappable) => {
                let text = "a buffer is no frame of the negotiated caps, or cannot be mapped";
                gst::element_imp_error!(self, gst::StreamError::Format, ("{text}"));
                Err(gst::FlowError::Error)
            }
            Err(Fault::NotNegotiated) => Err(gst::FlowError::NotNegotiated),
            Err(Fault::Frame(error)) => {
                self.obj().post_error_message(errors::message(&error));
                Err(gst::FlowError::Error)
            }
        }
    }

    fn process(
        &self,
        input: &gst::BufferRef,
        output: &mut gst::BufferRef,
    ) -> Result<Outcome, Fault> {
        let settings = lock(&self.settings).frame();
        let interrupt = self.interrupt.receiver();
        let format = lock(&self.format).clone().ok_or(Fault::NotNegotiated)?;
        let info = &format.info;
        let mut guard = lock(&self.stream);
        let stream = guard.as_mut().ok_or(Fault::Interrupted)?;
        let layout = stream.layout.ok_or(Fault::NotNegotiated)?;
        stream.is_live = self.is_live.load(Ordering::Relaxed);
        let mut passed = None;
        if let Some(context) = format.context
            && let Some(from) = Mapped::readable(context, input, info)
            && let Some(to) = Mapped::writable(context, output, info)
        {
            let (from, to) = (from.frame(&layout)?, to.frame(&layout)?);
            match stream.process_on_device(&from, &to, &settings, &interrupt)? {
                OnDevice::Done(outcome) => return Ok(outcome),
                OnDevice::Pass(outcome) => passed = Some(outcome),
                OnDevice::Elsewhere => {}
            }
        }
        // GStreamer maps CUDA memory to system memory, and back, by itself.
        let input = VideoFrameRef::from_buffer_ref_readable(input, info);
        let input = input.map_err(|_| Fault::Unmappable)?;
        let output = VideoFrameRef::from_buffer_ref_writable(output, info);
        let mut output = output.map_err(|_| Fault::Unmappable)?;
        let (from, mut to) = (layout.readable(&input)?, layout.writable(&mut output)?);
        match passed {
            Some(outcome) => {
                to.copy_from(&from)?;
                Ok(outcome)
            }
            None => stream.process(&from, &mut to, &settings, &interrupt),
        }
    }
}

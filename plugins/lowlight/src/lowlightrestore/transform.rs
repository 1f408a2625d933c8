//! From buffers to frames and back: what is done with each of them, and how it went.

use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_video::{VideoFrameRef, VideoInfo};
use std::sync::atomic::Ordering;

use super::errors;
use super::frames::Layout;
use super::imp::{CAT, LowlightRestore, lock};
use super::stream::{Fault, Outcome};

impl LowlightRestore {
    /// Takes note of new caps.
    pub(super) fn begin_format(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = VideoInfo::from_caps(caps)
            .map_err(|error| gst::loggable_error!(CAT, "{caps}: {error}"))?;
        let layout = Layout::new(&info).ok_or_else(|| {
            gst::loggable_error!(CAT, "{caps} have a format that is not supported")
        })?;
        gst::debug!(CAT, imp = self, "{layout:?}");
        if let Some(stream) = &mut *lock(&self.stream) {
            stream.set_layout(layout, info.fps());
        }
        *lock(&self.format) = Some(info);
        if !lock(&self.settings).frame().is_off() {
            self.ensure_model();
        }
        Ok(())
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
        let info = lock(&self.format).clone().ok_or(Fault::NotNegotiated)?;
        let mut guard = lock(&self.stream);
        let stream = guard.as_mut().ok_or(Fault::Interrupted)?;
        let layout = stream.layout.ok_or(Fault::NotNegotiated)?;
        stream.is_live = self.is_live.load(Ordering::Relaxed);
        let input = VideoFrameRef::from_buffer_ref_readable(input, &info);
        let input = input.map_err(|_| Fault::Unmappable)?;
        let output = VideoFrameRef::from_buffer_ref_writable(output, &info);
        let mut output = output.map_err(|_| Fault::Unmappable)?;
        let mut to = layout.writable(&mut output)?;
        stream.process(&layout.readable(&input)?, &mut to, &settings, &interrupt)
    }
}

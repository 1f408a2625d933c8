//! What is counted and said of each frame.

use gst::subclass::prelude::*;

use super::failures::Notice;
use super::imp::{CAT, LowlightRestore, lock};
use super::stats::Reason;
use super::stream::{Outcome, Stream};

impl LowlightRestore {
    /// Counts what became of a frame, and says what has to be said about it.
    pub(super) fn account(&self, outcome: Outcome) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.account_swap();
        match outcome {
            Outcome::Restored {
                inference,
                wait,
                batch,
                lacks_map,
                is_zero_copy,
            } => {
                if lock(&self.report).restored(inference, wait, batch, is_zero_copy) {
                    self.announce("restored frames are as they should be again");
                }
                if lacks_map {
                    gst::element_imp_warning!(
                        self,
                        gst::LibraryError::Settings,
                        ("the model gives no degradation map: the restored picture is shown")
                    );
                }
            }
            Outcome::Passed(reason) => lock(&self.report).stats.passed(reason),
            Outcome::Repeated => lock(&self.report).stats.repeated(),
            Outcome::Late { is_repeated } => lock(&self.report).stats.late(is_repeated),
            Outcome::Implausible(fault) => self.degrade(fault.into(), fault.reason()),
            Outcome::Failed(error, notice) => {
                self.degrade(Reason::Failed, &error.to_string());
                match notice {
                    Notice::Log => {
                        gst::warning!(CAT, imp = self, "frame passes unrestored: {error}");
                    }
                    Notice::Warn => gst::element_imp_warning!(
                        self,
                        gst::StreamError::Failed,
                        ("frame passes unrestored: {error}")
                    ),
                    Notice::GiveUp => {
                        gst::element_imp_error!(
                            self,
                            gst::StreamError::Failed,
                            ("too many frames failed in a row: {error}")
                        );
                        return Err(gst::FlowError::Error);
                    }
                }
            }
        }
        Ok(gst::FlowSuccess::Ok)
    }

    /// Counts a frame that passed because what the network gave is not to be shown.
    fn degrade(&self, reason: Reason, text: &str) {
        let is_due = {
            let mut report = lock(&self.report);
            report.stats.passed(reason);
            report.degrade()
        };
        if is_due {
            gst::warning!(CAT, imp = self, "the original frame is shown: {text}");
            self.announce(text);
        }
    }

    /// Takes note of a session that took another one's place.
    fn account_swap(&self) {
        let swap = lock(&self.stream).as_mut().and_then(Stream::take_swap);
        if let Some(has_past) = swap {
            lock(&self.report).stats.swapped();
            gst::info!(
                CAT,
                imp = self,
                "another session restores from this frame on, {}",
                match has_past {
                    true => "with the past of the one before",
                    false => "without a past: the files or the memory are others",
                }
            );
        }
    }
}

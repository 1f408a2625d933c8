//! What is counted and said of each frame.

use gst::subclass::prelude::*;

use super::failures::Notice;
use super::imp::{CAT, LowlightRestore, lock};
use super::stats::Reason;
use super::stream::Outcome;

impl LowlightRestore {
    /// Counts what became of a frame, and says what has to be said about it.
    pub(super) fn account(&self, outcome: Outcome) -> Result<gst::FlowSuccess, gst::FlowError> {
        match outcome {
            Outcome::Restored {
                inference,
                wait,
                lacks_map,
                is_zero_copy,
            } => {
                let stats = &mut lock(&self.report).stats;
                stats.restored(inference, wait, is_zero_copy);
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
            Outcome::Failed(error, notice) => {
                lock(&self.report).stats.passed(Reason::Failed);
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
}

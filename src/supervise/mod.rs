//! Runs a pipeline to its end: bus, signals, clock, on one tokio thread.

mod drive;
mod signals;

pub(crate) use drive::{Ending, drive};
pub(crate) use signals::Signals;

//! Runs pipelines: bus, signals, clock, on one tokio thread.

mod drive;
pub(crate) mod ladder;
mod manager;
mod service;
mod signals;
mod watch;

pub(crate) use drive::{Ending, drive};
pub(crate) use service::serve;
pub(crate) use signals::Signals;

//! Runs pipelines: bus, signals, clock, on one tokio thread.

mod drive;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the live streams' tasks are yet to ask it")
)]
mod ladder;
mod manager;
mod service;
mod signals;
mod watch;

pub(crate) use drive::{Ending, drive};
pub(crate) use service::serve;
pub(crate) use signals::Signals;

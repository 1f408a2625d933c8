//! A live stream: a source that may come and go, a restoration, and sinks that never notice.
//!
//! [`Core`] is where frames pass, on the pipelines' threads. [`Stream`] owns the pipelines and is driven by one task,
//! which never waits for any of them.

mod backoff;
mod broadcast;
mod build;
mod camera_clock;
mod core;
mod effort;
mod figures;
mod freshness;
mod leaving;
mod pacer;
mod part;
mod placeholder;
mod recording;
mod slot;
mod task;
mod timeline;
mod watchdog;

pub(crate) use broadcast::{Broadcast, Tap};
pub(crate) use build::{Joints, blueprint};
pub(crate) use camera_clock::CameraClock;
pub(crate) use figures::Figures;
pub(crate) use task::{Order, Stream};

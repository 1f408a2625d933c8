//! The element `lowlightrestore` between two pads, with tiny models whose answers are known.
//!
//! Needs ONNX Runtime, which `scripts/setup` fetches.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

#[path = "lowlightrestore/faults.rs"]
mod faults;
#[path = "lowlightrestore/formats.rs"]
mod formats;
#[path = "lowlightrestore/intervals.rs"]
mod intervals;
#[path = "lowlightrestore/ladder.rs"]
mod ladder;
#[path = "lowlightrestore/loading.rs"]
mod loading;
#[path = "lowlightrestore/negotiation.rs"]
mod negotiation;
#[path = "lowlightrestore/passing.rs"]
mod passing;
#[path = "lowlightrestore/pipelines.rs"]
mod pipelines;
#[path = "lowlightrestore/resets.rs"]
mod resets;
#[path = "lowlightrestore/sharing.rs"]
mod sharing;
#[path = "lowlightrestore/slow.rs"]
mod slow;
#[path = "lowlightrestore/views.rs"]
mod views;
#[path = "lowlightrestore/watchdog.rs"]
mod watchdog;

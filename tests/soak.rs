//! What it costs to run for months, in an hour and a quarter: `make soak`.
//!
//! Each phase is a test of its own, in the order of their names; `SOAK_ONLY=cycles make soak` runs one alone.
//! `SOAK_MINUTES` says how long the cuts go on (half a minute without it, so that all can be part of every test run), and the
//! other phases are long or short with it. `SOAK_BARS=1` makes a bar that is not reached an error; without it only what must
//! hold on any machine is: readers stay connected, the picture comes back, no descriptor is lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

#[path = "soak/beacon.rs"]
mod beacon;
#[path = "soak/costs.rs"]
mod costs;
#[path = "soak/cuts.rs"]
mod cuts;
#[path = "soak/cycles.rs"]
mod cycles;
#[path = "soak/figures.rs"]
mod figures;
#[path = "soak/four.rs"]
mod four;
#[path = "soak/glass.rs"]
mod glass;
#[path = "soak/plan.rs"]
mod plan;
#[allow(dead_code)] // Shared with tests that need more of it.
#[path = "live/process.rs"]
mod process;
#[allow(dead_code)] // Shared with tests that need more of it.
#[path = "live/reader.rs"]
mod reader;

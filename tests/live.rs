//! Live streams, with real processes: cameras, the runner, readers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)] // Shared with tests that read more of it.
#[path = "common/media.rs"]
mod media;

#[path = "live/absolute.rs"]
mod absolute;
#[path = "live/access.rs"]
mod access;
#[allow(dead_code)] // Shared with the soak.
#[path = "soak/beacon.rs"]
mod beacon;
#[path = "live/colour.rs"]
mod colour;
#[path = "live/device.rs"]
mod device;
#[path = "live/foreign.rs"]
mod foreign;
#[path = "live/metrics.rs"]
mod metrics;
#[path = "live/network.rs"]
mod network;
#[path = "live/outages.rs"]
mod outages;
#[allow(dead_code)] // Shared with the soak.
#[path = "live/process.rs"]
mod process;
#[allow(dead_code)] // Shared with the soak.
#[path = "live/reader.rs"]
mod reader;
#[path = "live/recordings.rs"]
mod recordings;
#[path = "live/service.rs"]
mod service;
#[path = "live/shipped.rs"]
mod shipped;

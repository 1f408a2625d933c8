//! The rules of the house, as tests: which module may know what, how long a file may be, what may be
//! tracked. A rule that is only written down is broken within a month.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "common/repo.rs"]
mod repo;

#[path = "house/code.rs"]
mod code;
#[path = "house/licenses.rs"]
mod licenses;
#[path = "house/sizes.rs"]
mod sizes;
#[path = "house/tracked.rs"]
mod tracked;
#[path = "house/walls.rs"]
mod walls;

//! The rules of the house, as tests: which module may know what, how long a file may be, what may be
//! tracked. A rule that is only written down is broken within a month.

#[path = "house/repo.rs"]
mod repo;

#[path = "house/licenses.rs"]
mod licenses;
#[path = "house/sizes.rs"]
mod sizes;
#[path = "house/tracked.rs"]
mod tracked;
#[path = "house/walls.rs"]
mod walls;

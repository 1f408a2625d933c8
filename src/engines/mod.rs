//! Compiled models: what is kept of them, and building them ahead of time.

mod build;
mod plan;
mod size;
mod table;

pub(crate) use build::{Tally, build_all};
pub(crate) use plan::{Target, Want, of_models, of_pipeline};
pub(crate) use size::{PictureSize, bytes, parse_bytes};
pub(crate) use table::{json, table};

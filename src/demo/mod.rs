//! `tapetum demo`: a drawn scene through a simulated night camera and the restoration, measured.

mod folder;
mod footage;
mod report;
mod run;
mod score;
mod showpiece;

pub(crate) use report::Report;
pub(crate) use run::{Wish, make};

//! `tapetum enhance`: raw arguments ([`crate::cli::enhance`]) to a validated plan, a plan to finished files.

mod batch;
mod draft;
mod job;
mod plan;

pub(crate) use batch::fulfil;
pub(crate) use plan::Wish;

//! The runner: puts Tapetum's elements into pipelines. No pixels and no `ort` here.

pub mod cli;
pub mod config;
mod demo;
pub mod describe;
mod doctor;
mod engines;
mod enhance;
pub mod failure;
pub mod logging;
pub mod pipeline;
mod progress;
mod serve;
mod stream;
mod supervise;

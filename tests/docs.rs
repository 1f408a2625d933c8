//! What the documentation says must work: its command lines parse, its links lead somewhere.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "common/repo.rs"]
mod repo;

#[path = "docs/commands.rs"]
mod commands;
#[path = "docs/links.rs"]
mod links;
#[path = "docs/pages.rs"]
mod pages;

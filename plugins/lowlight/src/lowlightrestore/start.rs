//! From a wanted model to a session that restores: which providers are tried in which order, on threads of their own.
//! The design: `docs/design/start-ladder.md`.

mod climb;
mod estimates;
mod herald;
mod ladder;
mod loader;
mod order;
mod orphans;
mod ticker;

pub(super) use climb::Step;
pub(super) use herald::{Herald, News};
pub(super) use ladder::compiles;
pub(super) use loader::{Load, Progress};
pub(super) use order::{Loaded, Order};
pub(super) use orphans::dispose;
pub(super) use ticker::Ticker;

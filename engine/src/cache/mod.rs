//! Compiled models on disk: built once, checked before they are loaded, never another one's.
//!
//! TensorRT takes minutes to compile a model, OpenVINO tenths of seconds. What they made is kept in one folder for each
//! [`Key`], with a [`Manifest`] of its files. A build happens in a draft beside it, under a lock, and is renamed when it is
//! whole; so whoever is killed half-way leaves nothing that anybody loads, and two processes build once.
//!
//! [`outlook`] says, before a session is opened, whether that will be quick.

mod digest;
mod evict;
mod files;
mod history;
mod inventory;
mod key;
mod lock;
mod manifest;
mod outlook;
mod seed;
mod slot;
mod store;

pub use evict::Prune;
pub use history::{Build, Estimate, Likeness, Subject, estimate};
pub use inventory::{Listed, Pruned};
pub use key::Key;
pub use manifest::{Flaw, Manifest, Record};
pub use outlook::{Outlook, outlook};
pub use slot::Origin;
pub use store::EngineCache;

pub(crate) use digest::{of_bytes as digest_of, short_digest};
pub(crate) use slot::{Order, Slot};

/// Ending of the folder beside an entry in which a provider keeps what it checks itself.
pub(crate) const KERNELS: &str = "kernels";

/// SHA-256 of the model at `path` and its weights; read once per process.
pub(crate) fn model_digest(path: &std::path::Path) -> std::io::Result<String> {
    digest::MODELS.of_model(path)
}

#[cfg(test)]
mod tests;

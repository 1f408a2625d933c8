//! Whether opening a session will be quick.

use super::history::{self, Estimate, estimate};
use super::manifest::Manifest;
use super::slot::Order;
use super::store::EngineCache;
use crate::model::Model;
use crate::provider::{self, Provider, SessionOptions};
use crate::runtime::Runtime;

/// What opening a session will come to, as far as the disk tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// The provider compiles nothing: as long as reading the model takes.
    NotCompiled,
    /// The compiled model is in the cache. (Its content is checked when it is loaded.)
    Cached,
    /// It has to be built; how long that will take, if earlier builds tell.
    ToBuild(Option<Estimate>),
}

/// What opening `model` on `provider` for frames of `size` (width and height) will come to. Reads the model once
/// per process, to know it again: not for a streaming thread. `None` if the provider or the model is not usable here.
#[must_use]
pub fn outlook(
    runtime: &Runtime,
    model: &Model,
    options: &SessionOptions,
    provider: Provider,
    size: (usize, usize),
) -> Option<Outlook> {
    if !provider.compiles() {
        return Some(Outlook::NotCompiled);
    }
    let model = model.for_provider(provider).ok()?;
    let size = model.info().padded_size(size.0, size.1).ok()?;
    let environment = runtime.environment();
    let order = provider::order(provider, environment, options, &model, size).ok()?;
    Some(look(EngineCache::of(options).as_ref(), &order))
}

fn look(cache: Option<&EngineCache>, order: &Order) -> Outlook {
    let Some(cache) = cache else {
        return Outlook::ToBuild(None);
    };
    let dir = cache.entry_dir(&order.key.digest());
    if Manifest::read(&dir).is_ok_and(|manifest| manifest.key == order.key) {
        return Outlook::Cached;
    }
    Outlook::ToBuild(estimate(&history::read(cache.root()), &order.subject()))
}

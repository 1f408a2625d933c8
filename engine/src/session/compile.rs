//! Opening a session through the cache of compiled models.

use std::path::Path;
use std::time::Instant;

use ort::session::Session;

use super::{Environment, load};
use crate::cache::{EngineCache, Origin, Slot};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::provider::{self, Provider, SessionOptions};

/// Opens `model` on `provider` for a picture of `size` (padded): from the cache if it is there, and into it if not.
pub(super) fn open(
    provider: Provider,
    environment: &Environment,
    options: &SessionOptions,
    model: &Model,
    size: (usize, usize),
) -> Result<(Session, Origin)> {
    let slot = match provider.compiles() {
        true => {
            let order = provider::order(provider, environment, options, model, size);
            Slot::take(EngineCache::of(options).as_ref(), order)
        }
        false => Slot::Unused,
    };
    let begun = Instant::now();
    let commit = |cache: Option<&Path>| -> Result<Session> {
        let builder = load::builder(environment, options, model, size);
        let builder = builder.map_err(|error| Error::Provider {
            provider: provider.name(),
            reason: error.to_string(),
        })?;
        let mut builder = provider::configure(provider, environment, builder, options, cache)?;
        builder.commit_from_file(model.path()).map_err(|error| {
            model.fault(Error::ModelLoad {
                path: model.path().to_path_buf(),
                reason: first_line(error.message()),
            })
        })
    };
    match commit(slot.dir()) {
        Ok(session) => Ok((session, slot.settle(begun.elapsed()))),
        Err(error) if slot.is_sound() => {
            let slot = slot.again(&error.to_string());
            let session = commit(slot.dir())?;
            Ok((session, slot.settle(begun.elapsed())))
        }
        Err(error) => Err(error),
    }
}

/// ONNX Runtime's errors can run over many lines of stack; the first says what happened.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}

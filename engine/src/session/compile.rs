//! Opening a session through the cache of compiled models.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ort::session::Session;

use super::{Environment, Request, load};
use crate::cache::{EngineCache, Origin, Slot};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::provider::{self, Provider, Target};

/// Whose turn it is to compile. One at a time: TensorRT measures kernels, which another build would disturb, and
/// OpenVINO has one cache folder for the whole process.
static COMPILING: Mutex<()> = Mutex::new(());

/// Opens `model` on `provider`: from the cache if it is there, and into it if not. Gives the size of its picture
/// (padded), too.
pub(super) fn open(
    provider: Provider,
    environment: &Environment,
    request: &Request<'_>,
    model: &Model,
) -> Result<(Session, (usize, usize), Origin)> {
    let options = request.options;
    let size = model.info().padded_size(request.size.0, request.size.1)?;
    let slot = match provider.compiles() {
        true => {
            let order = provider::order(provider, environment, options, model, size);
            Slot::take(EngineCache::of(options).as_ref(), order)
        }
        false => Slot::Unused,
    };
    let begun = Instant::now();
    let commit = |cache: Option<&Path>| -> Result<Session> {
        let target = Target {
            environment,
            options,
            model,
            size,
            cache,
        };
        let _turn = provider.compiles().then(|| lock(&COMPILING));
        let mut builder = load::prepare(provider, &target)?;
        let compiled = cache.and_then(|dir| provider::compiled_file(provider, dir));
        let file = compiled.as_deref().unwrap_or(model.path());
        builder.commit_from_file(file).map_err(|error| {
            model.fault(Error::ModelLoad {
                path: file.to_path_buf(),
                reason: first_line(error.message()),
            })
        })
    };
    match commit(slot.dir()) {
        Ok(session) => Ok((session, size, slot.settle(begun.elapsed()))),
        Err(error) if slot.is_sound() => {
            let slot = slot.again(&error.to_string());
            let session = commit(slot.dir())?;
            Ok((session, size, slot.settle(begun.elapsed())))
        }
        Err(error) => Err(error),
    }
}

/// ONNX Runtime's errors can run over many lines of stack; the first says what happened.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}

fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The cache as a session that is being opened sees it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::history::{self, Subject};
use super::key::Key;
use super::manifest::Facts;
use super::seed::seed;
use super::store::{Draft, EngineCache, Found, Sound};
use crate::provider::SessionOptions;

/// Where a session's compiled model comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The provider compiles nothing that would be worth keeping.
    #[default]
    NotCompiled,
    /// From the cache: nothing was built.
    Cached,
    /// Built, and kept for the next start.
    Built(Duration),
    /// Built, and not kept: the reason is in the log.
    BuiltForOnce(Duration),
}

impl Origin {
    /// In a word, as statistics have it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotCompiled => "none",
            Self::Cached => "cached",
            Self::Built(_) => "built",
            Self::BuiltForOnce(_) => "built-for-once",
        }
    }

    /// How long the build took, if there was one.
    #[must_use]
    pub const fn build_time(&self) -> Option<Duration> {
        match self {
            Self::Built(time) | Self::BuiltForOnce(time) => Some(*time),
            Self::NotCompiled | Self::Cached => None,
        }
    }
}

/// What is wanted from a cache.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) key: Key,
    /// The model file.
    pub(crate) model: PathBuf,
    /// Width and height of its picture.
    pub(crate) size: (usize, usize),
}

impl Order {
    pub(super) fn subject(&self) -> Subject {
        let bytes = std::fs::metadata(&self.model).map_or(0, |metadata| metadata.len());
        Subject {
            provider: self.key.provider.clone(),
            device: self.key.device.clone(),
            model: self.key.model.clone(),
            model_bytes: bytes,
            pixels: (self.size.0 * self.size.1) as u64,
            precision: self.key.precision.clone(),
        }
    }
}

impl EngineCache {
    /// The cache that sessions with `options` use; none if they keep nothing.
    #[must_use]
    pub fn of(options: &SessionOptions) -> Option<Self> {
        let dir = options.cache_dir.as_deref()?;
        Some(Self::new(
            dir,
            options.cache_read_only,
            options.cache_max_size,
        ))
    }
}

/// A session's place in the cache while it is being opened.
#[derive(Debug)]
pub(crate) enum Slot {
    /// The provider compiles nothing.
    Unused,
    /// It compiles, and nothing is kept: the cache, and why it is of no use, if there is one.
    Nowhere(Option<(PathBuf, String)>),
    /// There is an entry to load.
    Sound(Box<Sound>, EngineCache, Order),
    /// There is a folder to build in.
    Draft(Box<Draft>, EngineCache, Order),
}

impl Slot {
    /// The place for `order`; waits while another process builds it. An order that cannot be made is no error: the
    /// model is compiled, and not kept.
    pub(crate) fn take(cache: Option<&EngineCache>, order: Result<Order, String>) -> Self {
        let Some(cache) = cache else {
            return Self::Nowhere(None);
        };
        let nowhere = |reason| Self::Nowhere(Some((cache.root().to_path_buf(), reason)));
        let order = match order {
            Ok(order) => order,
            Err(reason) => return nowhere(reason),
        };
        let waiting = || {
            tracing::info!(model = %order.model.display(), "another process builds the same; waiting for it");
        };
        match cache.find(&order.key, waiting) {
            Found::Sound(sound) => Self::Sound(Box::new(sound), cache.clone(), order),
            Found::Draft(draft) => {
                let (provider, size) = (&order.key.provider, order.size);
                tracing::info!(model = %order.model.display(), provider, ?size, "compiling");
                seed(cache, &order.key, draft.dir());
                Self::Draft(Box::new(draft), cache.clone(), order)
            }
            Found::Nowhere(reason) => nowhere(reason),
        }
    }

    /// The folder for the provider to read from or write to.
    pub(crate) fn dir(&self) -> Option<&Path> {
        match self {
            Self::Unused | Self::Nowhere(_) => None,
            Self::Sound(sound, ..) => Some(sound.dir()),
            Self::Draft(draft, ..) => Some(draft.dir()),
        }
    }

    /// Whether what is in [`Self::dir`] is to be loaded.
    pub(crate) fn is_sound(&self) -> bool {
        matches!(self, Self::Sound(..))
    }

    /// The entry did not load, for `reason`: a place to build it anew.
    pub(crate) fn again(self, reason: &str) -> Self {
        let Self::Sound(sound, cache, order) = self else {
            return self;
        };
        match sound.again(reason) {
            Some(draft) => Self::Draft(Box::new(draft), cache, order),
            None => Self::Nowhere(None),
        }
    }

    /// The session is open, `took` after its provider got it: keeps what was built.
    pub(crate) fn settle(self, took: Duration) -> Origin {
        match self {
            Self::Unused => Origin::NotCompiled,
            Self::Nowhere(why) => {
                // Only now: a provider that is not usable at all has nothing to keep.
                if let Some((root, reason)) = why {
                    tell_once(&root, &reason);
                }
                Origin::BuiltForOnce(took)
            }
            Self::Sound(sound, ..) if sound.is_untouched() => Origin::Cached,
            Self::Sound(sound, ..) => {
                // What it holds now is nobody's: the next start notices, and builds it in order.
                let entry = sound.dir().display();
                tracing::warn!(%entry, "the provider found the compiled model of no use, and wrote another");
                Origin::BuiltForOnce(took)
            }
            Self::Draft(draft, cache, order) => keep(*draft, &cache, &order, took),
        }
    }
}

fn keep(draft: Draft, cache: &EngineCache, order: &Order, took: Duration) -> Origin {
    let name = order.model.file_name().unwrap_or_default();
    let facts = Facts {
        model_file: name.to_string_lossy().into_owned(),
        size: order.size,
        took,
    };
    match draft.publish(facts) {
        Ok(true) => {
            tracing::info!(model = %order.model.display(), ?took, "compiled, and kept");
            history::remember(cache.root(), order.subject(), took);
            Origin::Built(took)
        }
        Ok(false) => {
            tell_once(cache.root(), "the provider wrote nothing");
            Origin::BuiltForOnce(took)
        }
        Err(error) => {
            tracing::warn!(root = %cache.root().display(), %error, "what was compiled cannot be kept");
            Origin::BuiltForOnce(took)
        }
    }
}

/// Says once per process and reason that a cache is of no use.
fn tell_once(root: &Path, reason: &str) {
    static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if !told.iter().any(|known| known == reason) {
        told.push(reason.to_owned());
        tracing::warn!(root = %root.display(), reason, "compiled models are not kept");
    }
}

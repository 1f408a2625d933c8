//! What a load needs to know, and what it does.

use std::path::PathBuf;

use lowlight_engine::{Error, Model, Restorer, Result, Runtime, SessionOptions};

use super::frames::Layout;
use super::loader::Deliver;
use super::report::Readiness;

/// What a load hands over: a restorer, or nothing if it failed (and said so).
pub(super) type Loaded = Option<Box<Restorer>>;

/// Everything that a load needs to know.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// The model, or where to look for it.
    pub(super) model: Result<Model, Option<PathBuf>>,
    pub(super) library: Option<PathBuf>,
    pub(super) options: SessionOptions,
}

impl Order {
    /// Opens the restorer for frames of `layout`, hands it over, and says how it went. Slow.
    pub(super) fn fulfil(
        self,
        layout: &Layout,
        delivery: Deliver<Loaded>,
        tell: impl FnOnce(Result<Readiness, Error>),
    ) {
        let threads = self.options.effective_threads();
        // An error is told before streaming stops for it, readiness once it is true.
        match self.open(layout) {
            Ok((restorer, model, note)) => {
                let mut provider = restorer.active_provider().clone();
                provider.reason.push_str(&note);
                let readiness = Readiness {
                    provider,
                    threads,
                    sharing: restorer.sharing(),
                    model,
                };
                delivery.deliver(Some(Box::new(restorer)));
                tell(Ok(readiness));
            }
            Err(error) => {
                tell(Err(error));
                delivery.deliver(None);
            }
        }
    }

    /// Elements that want the same share the session, without being asked.
    /// Gives what else there is to say.
    fn open(self, layout: &Layout) -> Result<(Restorer, Model, String)> {
        let model = match self.model {
            Ok(model) => model,
            Err(path) => Model::open(path.as_deref())?,
        };
        let runtime = Runtime::load(self.library.as_deref())?;
        let (width, height) = (layout.width, layout.height);
        let mut restorer = Restorer::join(&runtime, &model, &self.options, width, height)?;
        let prepared = match layout.is_on_device {
            true => {
                restorer.prepare_for_device(&runtime, &model, &self.options, layout.colorimetry)
            }
            false => Ok(()),
        };
        // It is a matter of speed, and no reason to fail.
        let note = prepared.err().map_or_else(String::new, |error| {
            format!("; frames in GPU memory are copied: {error}")
        });
        Ok((restorer, model, note))
    }
}

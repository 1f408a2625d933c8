//! Which model the element wants, how it comes in, and what is said about it.

use gst::prelude::*;
use gst::subclass::prelude::*;
use lowlight_engine::Error;

use super::errors;
use super::imp::{CAT, LowlightRestore, lock};
use super::loader::Load;
use super::order::Order;
use super::report::Readiness;
use super::stream::Network;

impl LowlightRestore {
    /// Starts to load the model for the present size, unless it is there or on its way.
    pub(super) fn ensure_model(&self) {
        // Only the streaming thread puts models in: between the locks nothing changes but on stop, which waits for it.
        let outdated = match &mut *lock(&self.stream) {
            Some(stream) => stream
                .layout
                .filter(|_| stream.needs_load())
                .map(|layout| (layout, stream.take_network())),
            None => None,
        };
        let Some((layout, retired)) = outdated else {
            return;
        };
        let order = self.order();
        let generation = lock(&self.report).begin_load();
        self.announce(&format!("frames of {}x{}", layout.width, layout.height));
        let element = self.obj().downgrade();
        let tell = move |result| {
            if let Some(element) = element.upgrade() {
                element.imp().loaded(generation, result);
            }
        };
        let load = Load::spawn(retired, move |delivery| {
            order.fulfil(&layout, delivery, tell);
        });
        let network = match load {
            Ok(load) => Network::Loading(load),
            Err(error) => {
                lock(&self.report).end_load(generation, None);
                let text = format!("cannot start a thread to load the model: {error}");
                self.announce(&text);
                gst::element_imp_error!(self, gst::ResourceError::Failed, ("{text}"));
                Network::Failed
            }
        };
        if let Some(stream) = &mut *lock(&self.stream) {
            stream.set_network(network);
        }
    }

    fn order(&self) -> Order {
        let settings = lock(&self.settings).clone();
        Order {
            model: lock(&self.report)
                .model
                .clone()
                .ok_or(settings.model_path()),
            library: settings.library_path(),
            options: settings.session_options(),
        }
    }

    /// Takes note of a finished load, on the loader's thread.
    fn loaded(&self, generation: u64, result: Result<Readiness, Error>) {
        let (loaded, result) = match result {
            Ok(loaded) => {
                gst::info!(
                    CAT,
                    imp = self,
                    "the network takes {} threads",
                    loaded.threads
                );
                (Some(loaded.clone()), Ok(loaded.provider.reason))
            }
            Err(error) => (None, Err(error)),
        };
        if !lock(&self.report).end_load(generation, loaded) {
            gst::debug!(CAT, imp = self, "the load is outdated");
            return;
        }
        match result {
            Ok(reason) => self.announce(&reason),
            Err(error) => {
                self.announce(&error.to_string());
                self.obj().post_error_message(errors::message(&error));
            }
        }
    }

    /// Tells everybody about a new state.
    pub(super) fn announce(&self, reason: &str) {
        let structure = lock(&self.report).state_structure(reason);
        gst::info!(CAT, imp = self, "{structure}");
        let obj = self.obj();
        obj.notify("state");
        obj.notify("active-provider");
        let message = gst::message::Element::builder(structure).src(&*obj).build();
        // Without a bus nobody wants to know.
        let _ = obj.post_message(message);
    }
}

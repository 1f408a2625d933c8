//! Which model the element wants, how it comes in, and what is said about it.

use gst::prelude::*;
use gst::subclass::prelude::*;
use lowlight_engine::ProviderChoice;

use super::errors;
use super::imp::{CAT, LowlightRestore, lock};
use super::start::{Herald, Load, News, Order, Step, Ticker};
use super::stream::{Network, Stream};

impl LowlightRestore {
    /// Starts to load the model for the present size, unless it is there or on its way.
    pub(super) fn ensure_model(&self) {
        // Only the streaming thread puts models in: between the locks nothing changes but on stop, which waits for it.
        let outdated = match &mut *lock(&self.stream) {
            Some(stream) => stream
                .layout
                .filter(|_| stream.needs_load())
                .map(|layout| (layout, self.order(stream), stream.take_network())),
            None => None,
        };
        let Some((layout, order, retired)) = outdated else {
            return;
        };
        let generation = lock(&self.report).begin_load();
        self.announce(&format!("frames of {}x{}", layout.width, layout.height));
        let (element, ticking) = (self.obj().downgrade(), self.obj().downgrade());
        let is_strict = order.options.provider != ProviderChoice::Auto;
        let load = Load::spawn(retired, move |delivery| {
            let _ticker = Ticker::start(move || {
                if let Some(element) = ticking.upgrade() {
                    element.imp().report_progress(generation);
                }
            });
            let herald = Herald {
                element,
                generation,
                delivery,
                is_strict,
            };
            order.fulfil(&layout, herald);
        });
        let network = match load {
            Ok(load) => Network::Loading(load),
            Err(error) => {
                lock(&self.report).fail(generation);
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

    fn order(&self, stream: &Stream) -> Order {
        let settings = lock(&self.settings).clone();
        Order {
            model: lock(&self.report)
                .model
                .clone()
                .ok_or(settings.model_path()),
            library: settings.library_path(),
            options: settings.session_options(),
            frame_time: stream.frame_time,
            is_patient: settings.wait_for_model,
        }
    }

    /// Takes note of how a load goes, on the loader's thread.
    pub(super) fn hear(&self, generation: u64, news: News) {
        let is_listened_to = match &news {
            News::Step(step) => lock(&self.report).step(generation, *step),
            News::Restoring {
                readiness,
                is_final,
            } => lock(&self.report).restore(generation, readiness, *is_final),
            News::Settled(_) => lock(&self.report).settle(generation),
            News::Failed(_) => lock(&self.report).fail(generation),
        };
        if !is_listened_to {
            gst::debug!(CAT, imp = self, "the load is outdated");
            return;
        }
        match news {
            // Most are over in no time: those that are not, are told of as they go on.
            News::Step(Step::Opening(prospect)) => {
                gst::debug!(CAT, imp = self, "opening {}", prospect.provider.name());
            }
            News::Step(Step::Testing(provider)) => {
                self.announce(&format!("{} is put to the test", provider.name()));
            }
            News::Restoring { readiness, .. } => {
                let threads = readiness.threads;
                gst::info!(CAT, imp = self, "the network takes {threads} threads");
                self.announce(&readiness.provider.reason);
            }
            News::Settled(reason) => self.announce(&reason),
            News::Failed(error) => {
                self.announce(&error.to_string());
                self.obj().post_error_message(errors::message(&error));
            }
        }
    }

    /// Says how a load goes on, if it is time to. Called again and again while it does.
    fn report_progress(&self, generation: u64) {
        let progress = lock(&self.report).progress(generation);
        if let Some(reason) = progress {
            self.announce(&reason);
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

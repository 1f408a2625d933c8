//! Between the thread that loads and the element: takes sessions to the stream, and word of them to the bus.

use gst::glib;
use gst::subclass::prelude::*;
use lowlight_engine::{ActiveProvider, Error, Provider};

use super::climb::{Audience, Step};
use super::loader::Deliver;
use super::order::{Loaded, Opened};
use crate::lowlightrestore::report::Readiness;

/// What the element hears.
#[derive(Debug)]
pub(in crate::lowlightrestore) enum News {
    Step(Step),
    /// A session restores frames from now on, until a better one comes if it is not final.
    Restoring {
        readiness: Box<Readiness>,
        is_final: bool,
    },
    /// The session that restores frames is final: why.
    Settled(String),
    Failed(Error),
}

/// Speaks for one load.
pub(in crate::lowlightrestore) struct Herald {
    pub(in crate::lowlightrestore) element: glib::WeakRef<crate::lowlightrestore::LowlightRestore>,
    pub(in crate::lowlightrestore) generation: u64,
    pub(in crate::lowlightrestore) delivery: Deliver<Loaded>,
    /// Whether one provider was asked for by name.
    pub(in crate::lowlightrestore) is_strict: bool,
}

impl Herald {
    fn tell(&self, news: News) {
        if let Some(element) = self.element.upgrade() {
            element.imp().hear(self.generation, news);
        }
    }

    /// Why it is this provider.
    fn why(&self, is_final: bool, reason: &str) -> String {
        let rule = match (self.is_strict, is_final) {
            (true, _) => "asked for",
            (false, true) if reason.is_empty() => "first choice of auto",
            (false, true) => "the first that works",
            (false, false) => "until a better provider is ready",
        };
        match reason.is_empty() {
            true => rule.to_owned(),
            false => format!("{rule}; {reason}"),
        }
    }
}

impl Audience<Opened> for Herald {
    fn hear(&mut self, step: Step) {
        // The CPU provider is what others are compared with: there is no test to speak of.
        if !matches!(step, Step::Testing(Provider::Cpu)) {
            self.tell(News::Step(step));
        }
    }

    fn take(&mut self, opened: Opened, is_final: bool, reason: String) {
        let restorer = opened.restorer;
        let readiness = Readiness {
            provider: ActiveProvider {
                reason: self.why(is_final, &reason) + &opened.note,
                ..restorer.active_provider().clone()
            },
            threads: opened.threads,
            sharing: restorer.sharing(),
            model: opened.model,
        };
        // Readiness is told once it is true: the frame after it is restored.
        self.delivery.deliver(Some(restorer));
        self.tell(News::Restoring {
            readiness: Box::new(readiness),
            is_final,
        });
    }

    fn settle(&mut self, reason: String) {
        let reason = self.why(true, &reason);
        self.tell(News::Settled(reason));
    }

    fn give_up(&mut self, error: Error) {
        // Before streaming stops for it, and upstream complains.
        self.tell(News::Failed(error));
        self.delivery.deliver(None);
    }

    fn is_there(&self) -> bool {
        self.delivery.is_wanted()
    }
}

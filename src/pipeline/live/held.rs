//! A pipeline that may hang without hurting anybody: its state changes happen on a thread of its own.

use gst::prelude::*;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// How long a pipeline may take to write what it still holds.
const DRAIN: Duration = Duration::from_secs(5);

/// What a pipeline says of itself.
#[derive(Debug)]
pub(crate) enum Said {
    /// It has failed and does nothing any more.
    Failed(Failure),
    /// It has come to its end.
    Ended,
    /// An element's message.
    Element(gst::Structure),
}

/// Why a pipeline has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// In one line, for people.
    pub(crate) reason: String,
    /// Whether a password was refused.
    pub(crate) is_refusal: bool,
}

impl Failure {
    /// A failure that has nothing to do with passwords.
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            is_refusal: false,
        }
    }
}

enum Order {
    Discard,
    Drain,
    /// From the pipeline itself: its end has come out at its sinks.
    Ended,
}

/// A pipeline on its way up, up, or on its way down.
pub(crate) struct Held {
    pipeline: gst::Pipeline,
    orders: Sender<Order>,
    done: Receiver<()>,
}

/// A pipeline that was told to stop.
pub(crate) struct Stopping {
    done: Receiver<()>,
    since: Instant,
}

impl Held {
    /// Starts a pipeline and hands what it says to `listen`, which is called from its threads and must not wait.
    pub(crate) fn start(
        pipeline: &gst::Pipeline,
        listen: impl Fn(Said) + Send + Sync + 'static,
    ) -> Self {
        let (orders, inbox) = channel();
        let (finished, done) = channel();
        let ended = orders.clone();
        let listen = std::sync::Arc::new(listen);
        let told = std::sync::Arc::clone(&listen);
        // All pipelines' times must be comparable.
        pipeline.use_clock(Some(&gst::SystemClock::obtain()));
        if let Some(bus) = pipeline.bus() {
            bus.set_sync_handler(move |_, message| {
                if let gst::MessageView::Eos(_) = message.view() {
                    let _ = ended.send(Order::Ended);
                }
                if let Some(said) = said(message) {
                    told(said);
                }
                gst::BusSyncReply::Drop
            });
        }
        let held = pipeline.clone();
        let body = move || {
            run(&held, &inbox, &*listen);
            let _ = finished.send(());
        };
        // A system that has no thread left fails here; the stream notices that no frame comes.
        let _ = std::thread::Builder::new()
            .name("tapetum-pipeline".into())
            .spawn(body);
        Self {
            pipeline: pipeline.clone(),
            orders,
            done,
        }
    }

    /// The pipeline.
    pub(crate) fn pipeline(&self) -> &gst::Pipeline {
        &self.pipeline
    }

    /// Stops it, without waiting.
    pub(crate) fn discard(self) -> Stopping {
        self.stop(Order::Discard)
    }

    /// Stops it when its end has come out at its sinks, without waiting. Its sources must have been ended.
    pub(crate) fn drain(self) -> Stopping {
        self.stop(Order::Drain)
    }

    fn stop(self, order: Order) -> Stopping {
        let _ = self.orders.send(order);
        Stopping {
            done: self.done,
            since: Instant::now(),
        }
    }
}

impl Stopping {
    /// Whether it has stopped.
    pub(crate) fn is_done(&self) -> bool {
        !matches!(
            self.done.try_recv(),
            Err(std::sync::mpsc::TryRecvError::Empty)
        )
    }

    /// How long it has been stopping.
    pub(crate) fn age(&self) -> Duration {
        self.since.elapsed()
    }
}

fn run(pipeline: &gst::Pipeline, inbox: &Receiver<Order>, listen: &dyn Fn(Said)) {
    if pipeline.set_state(gst::State::Playing).is_err() {
        // Whatever an element had to say was said before; this is for those that say nothing.
        listen(Said::Failed(Failure::new("does not start")));
    }
    wait_for_stop(inbox);
    let _ = pipeline.set_state(gst::State::Null);
    if let Some(bus) = pipeline.bus() {
        bus.unset_sync_handler();
    }
}

fn wait_for_stop(inbox: &Receiver<Order>) {
    let mut has_ended = false;
    loop {
        match inbox.recv() {
            Ok(Order::Ended) => has_ended = true,
            Ok(Order::Drain) if !has_ended => {
                // Its end, an order to hurry, or nothing in time: over in any case.
                let _ = inbox.recv_timeout(DRAIN);
                return;
            }
            Ok(Order::Drain | Order::Discard) | Err(_) => return,
        }
    }
}

fn said(message: &gst::Message) -> Option<Said> {
    match message.view() {
        gst::MessageView::Eos(_) => Some(Said::Ended),
        gst::MessageView::Error(error) => Some(Said::Failed(failure(error))),
        gst::MessageView::Element(element) => {
            element.structure().map(|s| Said::Element(s.to_owned()))
        }
        _ => None,
    }
}

fn failure(error: &gst::message::Error) -> Failure {
    tracing::debug!(debug = ?error.debug(), "{}", error.error());
    let element = error.src().map(|src| src.name().to_string());
    let text = error.error();
    let is_refusal = text.matches(gst::ResourceError::NotAuthorized);
    let mut reason = text.message().trim_end_matches('.').replace('\n', " ");
    // What an element adds stands in the last line: "Connection refused", say.
    let debug = error.debug().unwrap_or_default();
    if let Some((_, detail)) = debug.rsplit_once(":\n") {
        reason = format!("{reason}: {}", detail.trim().replace('\n', " "));
    }
    Failure {
        reason: match element {
            Some(element) => format!("{element}: {reason}"),
            None => reason,
        },
        is_refusal,
    }
}

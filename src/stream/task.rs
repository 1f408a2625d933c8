//! The task of a stream: starts what is due, throws away what has failed, and looks at the clock.

mod changes;

use super::build::{Joints, has_end, roles};
use super::effort::Effort;
use super::figures::Figures;
use super::leaving::Leaving;
use super::pacer::PLACEHOLDER_EVERY;
use super::part::{Part, Role};
use super::{recording, watchdog};
use crate::config::{self, Restore, Source};
use crate::pipeline::live::{Failure, Held, SEGMENT_CLOSED, Said, now, rewind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::MissedTickBehavior;

/// How often a stream looks at what it has.
const LOOK: Duration = Duration::from_millis(50);
/// How often figures are logged.
const REPORT: Duration = Duration::from_secs(60);
/// How often load is judged.
const JUDGE: Duration = Duration::from_secs(1);

/// What a pipeline has said.
struct Event {
    role: Role,
    serial: u64,
    said: Said,
}

/// What a stream is told.
#[derive(Debug)]
pub(crate) enum Order {
    /// Restore with other settings from now on.
    Restore(Restore),
    /// Stop, and finish recordings.
    Stop,
}

/// A live stream.
pub(crate) struct Stream {
    config: config::Stream,
    joints: Arc<Joints>,
    parts: Vec<Part>,
    leaving: Leaving,
    effort: Effort,
    sender: UnboundedSender<Event>,
    events: UnboundedReceiver<Event>,
    is_over: bool,
}

impl Stream {
    /// A stream that does nothing yet.
    pub(crate) fn new(config: &config::Stream) -> Self {
        let (sender, events) = unbounded_channel();
        Self {
            joints: Arc::new(Joints::new(config)),
            parts: roles(config).into_iter().map(Part::new).collect(),
            config: config.clone(),
            leaving: Leaving::default(),
            effort: Effort::new(&config.restore),
            sender,
            events,
            is_over: false,
        }
    }

    /// What its pipelines are connected to.
    pub(crate) fn joints(&self) -> &Arc<Joints> {
        &self.joints
    }

    /// Runs it until its source is over or it is told to stop.
    pub(crate) async fn run(mut self, mut orders: UnboundedReceiver<Order>) {
        let ticks = |period| {
            let mut interval = tokio::time::interval(period);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        };
        let (mut look, mut placeholder) = (ticks(LOOK), ticks(PLACEHOLDER_EVERY));
        let mut judge = ticks(JUDGE);
        let mut report = tokio::time::interval_at((Instant::now() + REPORT).into(), REPORT);
        tracing::info!(stream = self.config.name, "started");
        while !self.is_over {
            tokio::select! {
                Some(event) = self.events.recv() => self.heed(event),
                order = orders.recv() => match order {
                    Some(Order::Restore(restore)) => self.restore_with(restore),
                    Some(Order::Stop) | None => break,
                },
                _ = look.tick() => self.look(),
                _ = placeholder.tick() => self.tick().await,
                _ = judge.tick() => self.judge(),
                _ = report.tick() => self.report("figures"),
            }
        }
        self.stop().await;
        self.report("stopped");
    }

    fn figures(&self) -> &Figures {
        &self.joints.core.figures
    }

    fn report(&self, what: &str) {
        let name = &self.config.name;
        tracing::info!(stream = name, figures = %self.figures(), "{what}");
    }

    /// Shows placeholders where they are due; making one may take a while.
    async fn tick(&self) {
        let joints = Arc::clone(&self.joints);
        let work = move || {
            joints.core.restored.tick();
            if let Some(original) = &joints.core.original {
                original.tick();
            }
        };
        // Fails only if the picture cannot be made at all; the next tick tries again.
        let _ = tokio::task::spawn_blocking(work).await;
    }

    fn look(&mut self) {
        for index in 0..self.parts.len() {
            if self.parts[index].is_due() {
                self.start(index);
            }
        }
        if let Some(failure) = self.stall() {
            self.figures().stalls.add();
            self.fail(Role::Camera, &failure);
        }
        if self.restorer_hangs() {
            let failure = Failure::new("gives no frame, though it is given some");
            self.fail(Role::Restorer, &failure);
        }
        self.reap();
    }

    fn start(&mut self, index: usize) {
        let role = self.parts[index].role;
        let settings = self.effort.settings(&self.config.restore);
        let pipeline = match self.joints.build(&self.config, &settings, role) {
            Ok(Some(pipeline)) => pipeline,
            Ok(None) => return,
            Err(error) => return self.fail(role, &Failure::new(error.to_string())),
        };
        if role == Role::Camera {
            self.figures().starts.add();
        }
        let part = &mut self.parts[index];
        part.serial += 1;
        part.started = Instant::now();
        let (sender, serial) = (self.sender.clone(), part.serial);
        let tell = move |said| {
            // Fails only when the stream is gone.
            let _ = sender.send(Event { role, serial, said });
        };
        part.held = Some(Held::start(&pipeline, tell));
        tracing::debug!(stream = self.config.name, part = role.name(), "starting");
    }

    fn heed(&mut self, event: Event) {
        let (role, serial) = (event.role, event.serial);
        let is_current =
            |part: &Part| part.role == role && part.serial == serial && part.held.is_some();
        if !self.parts.iter().any(is_current) {
            return;
        }
        match event.said {
            Said::Failed(failure) => self.fail(role, &failure),
            Said::Ended if role == Role::Camera => self.source_ended(),
            Said::Ended => self.fail(role, &Failure::new("has ended")),
            Said::Element(message) if message.name() == SEGMENT_CLOSED => {
                recording::segment_closed(&self.config, role, &message);
            }
            Said::Element(_) => {}
        }
    }

    fn source_ended(&mut self) {
        if let Source::File(file) = &self.config.source
            && file.repeat
        {
            self.rewind();
        } else if has_end(&self.config.source) {
            tracing::info!(stream = self.config.name, "the source has come to its end");
            self.is_over = true;
        } else {
            self.fail(Role::Camera, &Failure::new("has ended"));
        }
    }

    /// Sends a file back to its start, on a thread of its own: seeking waits for the file's threads.
    fn rewind(&self) {
        let Some(held) = self.part(Role::Camera).and_then(|part| part.held.as_ref()) else {
            return;
        };
        let (pipeline, name) = (held.pipeline().clone(), self.config.name.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = rewind(&pipeline) {
                tracing::warn!(stream = name, %error, "the file cannot be sent back to its start");
            }
        });
    }

    fn part(&self, role: Role) -> Option<&Part> {
        self.parts.iter().find(|part| part.role == role)
    }

    /// Throws a pipeline away, and plans the next one.
    fn fail(&mut self, role: Role, failure: &Failure) {
        let figures = &self.joints.core.figures;
        match role {
            Role::Camera => figures.failures.add(),
            Role::Restorer => figures.restorer_failures.add(),
            _ => figures.sink_failures.add(),
        }
        if failure.is_refusal {
            figures.refusals.add();
        }
        let Some(part) = self.parts.iter_mut().find(|part| part.role == role) else {
            return;
        };
        let retry_ms = part.postpone(failure).as_millis() as u64;
        let (held, is_news) = (part.held.take(), part.is_news(failure));
        let (name, reason) = (&self.config.name, &failure.reason);
        if is_news {
            tracing::warn!(
                stream = name,
                part = role.name(),
                reason,
                retry_ms,
                "failed"
            );
        } else {
            tracing::debug!(
                stream = name,
                part = role.name(),
                reason,
                retry_ms,
                "failed again"
            );
        }
        self.discard(role, held);
    }

    /// Takes a pipeline off its joints and stops it.
    fn discard(&mut self, role: Role, held: Option<Held>) {
        self.joints.disconnect(role, false);
        if let Some(held) = held {
            self.leaving.add(role, held.discard());
        }
    }

    /// Why the camera has to go, if no frame has come for too long.
    fn stall(&self) -> Option<Failure> {
        let camera = self.part(Role::Camera).filter(|part| part.held.is_some())?;
        let limit = Duration::from_millis(self.config.stall_timeout_ms.into());
        let quiet = self.joints.core.frame_at().map(since);
        watchdog::stall(quiet, camera.started.elapsed(), limit).map(Failure::new)
    }

    fn restorer_hangs(&self) -> bool {
        let core = &self.joints.core;
        let restorer = self.part(Role::Restorer).filter(|part| part.held.is_some());
        restorer.is_some_and(|part| {
            let (fed, gave) = (core.frame_at().map(since), since(core.restored.seen_at()));
            watchdog::restorer_hangs(fed, gave, part.started.elapsed())
        })
    }

    fn reap(&mut self) {
        let figures = &self.joints.core.figures;
        self.leaving.reap(&self.config.name, figures);
    }
}

/// How long ago a time on the monotonic clock was.
fn since(time: u64) -> Duration {
    Duration::from_nanos(now().saturating_sub(time))
}

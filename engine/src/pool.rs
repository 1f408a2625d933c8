//! Loaded sessions that streams share: one model in memory, and one run at a time, for however many cameras.

mod alone;
mod gate;
mod key;
mod worker;

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::error::Result;
use crate::provider::ActiveProvider;
use crate::selftest::Verdict;
use crate::session::{Environment, Plan, Request, Session, Tensors};
use alone::{Alone, Work, work_on};
use gate::CORES;
use key::Key;
use worker::{Line, Terms, Worker};

/// The sessions of this process that anybody uses, and those being opened.
static OPEN: Mutex<Vec<Arc<Slot>>> = Mutex::new(Vec::new());

/// A place for one session. Locked while it is opened, so that two who want the same one open it once.
#[derive(Debug)]
struct Slot {
    key: Key,
    session: Mutex<Weak<Shared>>,
}

/// A session with its worker. Goes when the last seat goes.
#[derive(Debug)]
struct Shared {
    worker: Worker<Tensors>,
    alone: Option<Alone<Tensors>>,
    plan: Arc<Plan>,
    active: ActiveProvider,
    verdict: Known,
}

/// What the self-test found, once it is known: as [`crate::Restorer::self_test`] says it, but for the names.
pub(crate) type Known = Arc<Mutex<Option<Result<Verdict, String>>>>;

/// One stream's seat at a session.
#[derive(Debug)]
pub(crate) struct Seat {
    // Dropped before the worker, which ends once nobody can ask it any more.
    line: Line<Tensors>,
    shared: Arc<Shared>,
}

/// How many streams a session serves. Does not keep it.
#[derive(Clone, Debug)]
pub struct Sharing(Weak<Shared>);

impl Sharing {
    /// Streams that have the session now; 0 once it is closed.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.0.strong_count()
    }
}

impl Seat {
    /// A seat at the session that `request` describes, which is opened if nobody has it.
    pub(crate) fn take(environment: &Environment, request: &Request<'_>) -> Result<Self> {
        let slot = slot(Key::new(request));
        let mut session = lock(&slot.session);
        let shared = match session.upgrade() {
            Some(shared) if shared.is_alive() => shared,
            _ => {
                let opened = Arc::new(Shared::open(environment, request)?);
                *session = Arc::downgrade(&opened);
                opened
            }
        };
        Ok(Self {
            line: shared.worker.line(),
            shared,
        })
    }

    /// What a stream's tensors are made from.
    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.shared.plan
    }

    pub(crate) fn active_provider(&self) -> &ActiveProvider {
        &self.shared.active
    }

    /// What is known of the session's pictures. Locked by whoever is finding it out.
    pub(crate) fn verdict(&self) -> Known {
        Arc::clone(&self.shared.verdict)
    }

    pub(crate) fn sharing(&self) -> Sharing {
        Sharing(Arc::downgrade(&self.shared))
    }

    /// Runs the model once on `tensors` when it is their turn, and says how long they waited for it.
    pub(crate) fn run(
        &mut self,
        tensors: &Arc<Mutex<Tensors>>,
        patience: Option<Duration>,
    ) -> Result<Duration> {
        match &self.shared.alone {
            // Nobody to take turns with.
            Some(alone) if Arc::strong_count(&self.shared) == 1 => alone.run(tensors, patience),
            _ => self.line.run(tensors, patience),
        }
    }
}

impl Shared {
    fn open(environment: &Environment, request: &Request<'_>) -> Result<Self> {
        let mut session = Session::open(environment, request)?;
        let (plan, active) = (
            Arc::clone(session.plan()),
            session.active_provider().clone(),
        );
        let terms = Terms {
            model: plan.info().name.clone(),
            gate: &CORES,
            cores: match active.provider.runs_on_cpu() {
                true => request.options.effective_threads(),
                false => 0,
            },
        };
        let model = terms.model.clone();
        let work: Arc<Mutex<Work<Tensors>>> = Arc::new(Mutex::new(move |tensors: &mut Tensors| {
            session.run(tensors)
        }));
        Ok(Self {
            alone: Alone::new(&terms, &work),
            worker: Worker::spawn(terms, move |tensors| work_on(&work, tensors, &model))?,
            plan,
            active,
            verdict: Known::default(),
        })
    }
}

impl Shared {
    /// Whether whoever joins is served.
    fn is_alive(&self) -> bool {
        self.worker.is_alive() && self.alone.as_ref().is_none_or(Alone::is_alive)
    }
}

/// The place for `key`. Places that nobody has any more are cleared away.
fn slot(key: Key) -> Arc<Slot> {
    let mut open = lock(&OPEN);
    // Whoever opens a session holds its slot; whoever has one holds the session.
    open.retain(|slot| Arc::strong_count(slot) > 1 || lock(&slot.session).strong_count() > 0);
    if let Some(slot) = open.iter().find(|slot| slot.key == key) {
        return Arc::clone(slot);
    }
    let slot = Arc::new(Slot {
        key,
        session: Mutex::default(),
    });
    open.push(Arc::clone(&slot));
    slot
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

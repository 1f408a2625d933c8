//! Loaded sessions that streams share: one model in memory, and one run at a time, for however many cameras.

mod alone;
mod batching;
mod gate;
mod key;
mod serve;
mod work;
mod worker;

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::error::Result;
use crate::provider::ActiveProvider;
use crate::runtime::Runtime;
use crate::selftest::Verdict;
use crate::session::{Batch, Plan, Request, Session, Tensors};
use alone::{Alone, Work};
use gate::CORES;
use key::Key;
use work::{Recipe, SessionWork};
pub(crate) use worker::Turn;
use worker::{Line, Terms, Worker};

/// How long a frame may wait for company where a run of several costs little more than a run of one: a sixteenth of a frame's
/// time at 30 a second.
const LINGER: Duration = Duration::from_millis(2);

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
    recipe: Arc<Recipe>,
    /// Sessions for several frames, on their way to the worker.
    opened: Arc<Mutex<Vec<Batch>>>,
    sizes: Mutex<Sizes>,
}

/// The numbers of frames in a run that a session has beside one.
#[derive(Debug, Default)]
struct Sizes {
    /// Asked for once, whatever came of it.
    claimed: Vec<usize>,
    ready: Vec<usize>,
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

    /// Frames of different streams that can go into one run now, smallest number first; none where they are run one by one.
    #[must_use]
    pub fn batch_sizes(&self) -> Vec<usize> {
        let shared = self.0.upgrade();
        shared.map_or_else(Vec::new, |shared| lock(&shared.sizes).ready.clone())
    }
}

impl Seat {
    /// A seat at the session that `request` describes, which is opened if nobody has it.
    pub(crate) fn take(runtime: &Runtime, request: &Request<'_>) -> Result<Self> {
        let slot = slot(Key::new(request));
        let mut session = lock(&slot.session);
        let shared = match session.upgrade() {
            Some(shared) if shared.is_alive() => shared,
            _ => {
                let opened = Arc::new(Shared::open(runtime, request)?);
                *session = Arc::downgrade(&opened);
                opened
            }
        };
        let line = shared.worker.line();
        work::open_batches(&shared);
        Ok(Self { line, shared })
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

    /// Runs the model once on `tensors` when it is their turn, and says when that was.
    pub(crate) fn run(
        &mut self,
        tensors: &Arc<Mutex<Tensors>>,
        patience: Option<Duration>,
    ) -> Result<Turn> {
        match &self.shared.alone {
            // Nobody to take turns with.
            Some(alone) if Arc::strong_count(&self.shared) == 1 => {
                let waited = alone.run(tensors, patience)?;
                Ok(Turn { waited, batch: 1 })
            }
            _ => self.line.run(tensors, patience),
        }
    }
}

impl Shared {
    fn open(runtime: &Runtime, request: &Request<'_>) -> Result<Self> {
        let mut session = Session::open(runtime.environment(), request)?;
        let (plan, active) = (
            Arc::clone(session.plan()),
            session.active_provider().clone(),
        );
        let is_on_cpu = active.provider.runs_on_cpu();
        let terms = Terms {
            model: plan.info().name.clone(),
            gate: &CORES,
            cores: if is_on_cpu {
                request.options.effective_threads()
            } else {
                0
            },
            linger: LINGER,
        };
        let opened = Arc::new(Mutex::new(Vec::new()));
        let one: Arc<Mutex<Work<Tensors>>> = Arc::new(Mutex::new(move |tensors: &mut Tensors| {
            session.run(tensors)
        }));
        let work = SessionWork::new(&terms.model, &one, &opened);
        Ok(Self {
            alone: Alone::new(&terms, &one),
            worker: Worker::spawn(terms, work)?,
            recipe: Arc::new(Recipe::new(runtime, request, active.provider)),
            plan,
            active,
            verdict: Known::default(),
            opened,
            sizes: Mutex::default(),
        })
    }

    /// The sizes that its streams want now and that nobody has asked for yet.
    fn claim_sizes(self: &Arc<Self>) -> Vec<usize> {
        if !self.plan.is_batched() {
            return Vec::new();
        }
        let most = self.recipe.options.effective_batch(self.active.provider);
        let mut sizes = lock(&self.sizes);
        let wanted = work::sizes_for(Arc::strong_count(self), most);
        let new: Vec<_> = wanted
            .filter(|size| !sizes.claimed.contains(size))
            .collect();
        sizes.claimed.extend(&new);
        new
    }

    fn add_batch(&self, batch: Batch) {
        let mut sizes = lock(&self.sizes);
        sizes.ready.push(batch.size());
        sizes.ready.sort_unstable();
        lock(&self.opened).push(batch);
    }

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

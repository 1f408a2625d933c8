//! Threads that share out a frame's rows: what a core does in two milliseconds, two do in one.
//!
//! The threads sleep while there is nothing to share out, and the network has their cores then. Nobody waits for one to
//! wake: whoever asks begins at once, and does what the others have not come to.

// A thread that lives longer than a frame can only borrow the frame by a promise that the compiler cannot check. It is
// kept in one place, `Crew::together`; `rayon`'s pool makes the same promise, and takes from the heap for its queue.
#![allow(unsafe_code)]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{Builder, JoinHandle};

/// Beyond as many threads, memory is what is waited for.
const MOST: usize = 4;
/// How often whoever asked looks whether the others are done before going to sleep: some 20 µs, which is less than
/// falling asleep and being woken takes.
const LOOKS: usize = 1000;

/// The threads of this process, while anybody has them.
static HIRED: Mutex<Weak<Crew>> = Mutex::new(Weak::new());

/// What the threads are to do: called by each of them once, and told whether it is by who asked. Valid while `State::task` has it or a thread is counted in
/// `State::busy`.
#[derive(Clone, Copy)]
struct Task(*const (dyn Fn(bool) + Sync));

// SAFETY: what it points to is `Sync`, and outlives every use of it (`Crew::together`).
unsafe impl Send for Task {}

#[derive(Default)]
struct State {
    task: Option<Task>,
    /// Threads that may still take part.
    places: usize,
    /// Threads that take part now.
    busy: usize,
    panic: Option<Box<dyn Any + Send>>,
    is_over: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// There is a task, or nothing to wait for any more.
    begin: Condvar,
    /// Nobody is busy any more.
    done: Condvar,
    /// `State::busy`, for those who only look.
    busy: AtomicUsize,
}

/// Threads called `lowlight-rows`. They end with the last who has them.
pub(crate) struct Crew {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// A number of threads, the asking one included.
#[derive(Clone)]
pub(crate) struct Hands {
    crew: Option<Arc<Crew>>,
    others: usize,
}

impl Hands {
    /// The asking thread alone.
    pub(crate) fn own() -> Self {
        Self {
            crew: None,
            others: 0,
        }
    }

    /// Up to `threads` threads: fewer where the process may use fewer cores, or a thread cannot be had.
    pub(crate) fn hire(threads: usize) -> Self {
        let others = threads.min(MOST).saturating_sub(1);
        if others == 0 {
            return Self::own();
        }
        let mut hired = HIRED.lock().unwrap_or_else(PoisonError::into_inner);
        let crew = hired.upgrade().unwrap_or_else(|| {
            let crew = Arc::new(Crew::start());
            *hired = Arc::downgrade(&crew);
            crew
        });
        Self {
            crew: Some(crew),
            others,
        }
    }

    /// How many there are at most.
    pub(crate) fn count(&self) -> usize {
        let hired = self.crew.as_ref().map_or(0, |crew| crew.threads.len());
        1 + hired.min(self.others)
    }

    /// Does `work` to every part, each with one of the `tools`, of which there must be [`Self::count`].
    ///
    /// The asking thread begins at the front and the others at the back: so do the network's threads, and what a core has
    /// just written is in its own cache.
    pub(crate) fn each<P: Send, T: Send>(
        &self,
        parts: &[Mutex<Option<P>>],
        tools: &[Mutex<T>],
        work: impl Fn(P, &mut T) + Sync,
    ) {
        let [taken, front, back, hands] = [(); 4].map(|()| AtomicUsize::new(0));
        let next = |is_asking: bool| {
            if taken.fetch_add(1, Ordering::Relaxed) >= parts.len() {
                return None;
            }
            // No more are counted than there are parts: front and back do not meet.
            match is_asking {
                true => parts.get(front.fetch_add(1, Ordering::Relaxed)),
                false => parts.iter().rev().nth(back.fetch_add(1, Ordering::Relaxed)),
            }
        };
        let task = |is_asking: bool| {
            let Some(tool) = tools.get(hands.fetch_add(1, Ordering::Relaxed)) else {
                return;
            };
            let tool = &mut *lock(tool);
            while let Some(part) = next(is_asking) {
                if let Some(part) = lock(part).take() {
                    work(part, tool);
                }
            }
        };
        match &self.crew {
            Some(crew) if parts.len() > 1 => crew.together(self.others, &task),
            _ => task(true),
        }
    }
}

impl std::fmt::Debug for Hands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Hands").field(&self.count()).finish()
    }
}

impl Crew {
    fn start() -> Self {
        let cores = crate::cores::usable();
        let shared = Arc::new(Shared::default());
        let thread = |_| {
            let shared = Arc::clone(&shared);
            let builder = Builder::new().name("lowlight-rows".into());
            builder.spawn(move || shared.serve()).ok()
        };
        Self {
            threads: (1..cores.min(MOST)).filter_map(thread).collect(),
            shared,
        }
    }

    /// Calls `task` here, and on as many as `others` threads that come in time. Here alone if they have another task.
    fn together(&self, others: usize, task: &(dyn Fn(bool) + Sync)) {
        let pointer: *const (dyn Fn(bool) + Sync + '_) = task;
        // SAFETY: only the lifetime changes. No thread uses the task after this function: it is taken back in `Ended`,
        // which waits for those who have begun, also when `task` panics here.
        let pointer = unsafe {
            std::mem::transmute::<*const (dyn Fn(bool) + Sync + '_), *const (dyn Fn(bool) + Sync)>(
                pointer,
            )
        };
        let mut state = lock(&self.shared.state);
        if state.task.is_some() || state.busy > 0 {
            drop(state);
            return task(true);
        }
        (state.task, state.places) = (Some(Task(pointer)), others);
        drop(state);
        let ended = Ended(&self.shared);
        self.shared.begin.notify_all();
        task(true);
        drop(ended);
        let panic = lock(&self.shared.state).panic.take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        lock(&self.shared.state).is_over = true;
        self.shared.begin.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Takes the task back when it is dropped, and waits until nobody has it any more.
struct Ended<'a>(&'a Shared);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).task = None;
        let is_busy = || self.0.busy.load(Ordering::Acquire) > 0;
        for _ in 0..LOOKS {
            if !is_busy() {
                break;
            }
            std::hint::spin_loop();
        }
        let mut state = lock(&self.0.state);
        while state.busy > 0 {
            let waited = self.0.done.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Shared {
    /// A thread's life.
    fn serve(&self) {
        let mut state = lock(&self.state);
        loop {
            if state.is_over {
                return;
            }
            let Some(task) = state.take_place() else {
                let woken = self.begin.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            self.busy.store(state.busy, Ordering::Release);
            drop(state);
            // SAFETY: this thread is counted as busy, so whoever gave the task waits.
            let task = unsafe { &*task.0 };
            let result = catch_unwind(AssertUnwindSafe(|| task(false)));
            state = lock(&self.state);
            state.busy -= 1;
            self.busy.store(state.busy, Ordering::Release);
            state.panic = result.err().or(state.panic.take());
            if state.busy == 0 {
                self.done.notify_all();
            }
        }
    }
}

impl State {
    fn take_place(&mut self) -> Option<Task> {
        let task = self.task?;
        self.places = self.places.checked_sub(1)?;
        self.busy += 1;
        Some(task)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

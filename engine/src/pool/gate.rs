//! Who may run on the cores now: the one who asked first.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The cores that this process may use. Sessions of different sizes or models know nothing of each other, and two that
/// run at once on the same cores take each other's time without either being done sooner.
pub(super) static CORES: LazyLock<Gate> = LazyLock::new(|| Gate::new(crate::cores::usable()));

/// A number of cores, given out in the order in which they were asked for.
#[derive(Debug)]
pub(super) struct Gate {
    next: AtomicU64,
    state: Mutex<State>,
    changed: Condvar,
    cores: usize,
}

#[derive(Debug)]
struct State {
    free: usize,
    waiting: Vec<Ticket>,
}

/// A place in the order. Drawn when a frame asks for its run, which may be long before its session's worker gets to it:
/// so a session with one stream does not take every other turn from a session with nine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// Cores in use until it is dropped.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    gate: &'a Gate,
    cores: usize,
}

impl Gate {
    pub(super) fn new(cores: usize) -> Self {
        Self {
            next: AtomicU64::new(0),
            state: Mutex::new(State {
                free: cores,
                waiting: Vec::new(),
            }),
            changed: Condvar::new(),
            cores,
        }
    }

    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Waits until `ticket` is the oldest one waiting and `cores` of them are free; nothing if `deadline` comes first.
    /// Whoever wants more cores than there are gets all of them.
    ///
    /// No younger ticket goes ahead where the oldest has to wait for more cores: it would wait for ever.
    pub(super) fn enter(
        &self,
        ticket: Ticket,
        cores: usize,
        deadline: Option<Instant>,
    ) -> Option<Permit<'_>> {
        let cores = cores.min(self.cores);
        let mut state = self.lock();
        state.waiting.push(ticket);
        while state.waiting.iter().min() != Some(&ticket) || state.free < cores {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            state = match left {
                Some(left) if left.is_zero() => {
                    state.leave(ticket);
                    self.tell(&state);
                    return None;
                }
                Some(left) => {
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.changed.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
        state.leave(ticket);
        state.free -= cores;
        // The next one may fit beside this one.
        self.tell(&state);
        Some(Permit { gate: self, cores })
    }

    /// Wakes those who wait. A lone stream's frames pass without asking the kernel for anything.
    fn tell(&self, state: &State) {
        if !state.waiting.is_empty() {
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn leave(&mut self, ticket: Ticket) {
        self.waiting.retain(|&waiting| waiting != ticket);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.free += self.cores;
        self.gate.tell(&state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    /// Waits until `count` are waiting at `gate`.
    fn wait_for_waiting(gate: &Gate, count: usize) {
        while gate.lock().waiting.len() < count {
            std::thread::yield_now();
        }
    }

    #[test]
    fn no_more_cores_are_used_than_there_are() {
        let gate = Gate::new(3);
        let (used, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for cores in [1, 2, 3, 9, 1, 2] {
                let (gate, used, most) = (&gate, &used, &most);
                scope.spawn(move || {
                    for _ in 0..200 {
                        let permit = gate.enter(gate.ticket(), cores, None).unwrap();
                        let now = used.fetch_add(permit.cores, Ordering::SeqCst) + permit.cores;
                        most.fetch_max(now, Ordering::SeqCst);
                        used.fetch_sub(permit.cores, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!((most.into_inner(), gate.lock().free), (3, 3));
    }

    #[test]
    fn turns_are_taken_in_the_order_of_the_tickets_not_of_the_arrivals() {
        let gate = Gate::new(2);
        let tickets = [0; 4].map(|_| gate.ticket());
        let order = Mutex::new(Vec::new());
        let held = gate.enter(gate.ticket(), 2, None).unwrap();
        std::thread::scope(|scope| {
            // A ticket that fits beside nothing, too: it is not overtaken.
            for (arrived, (index, cores)) in
                [(3, 2), (1, 2), (0, 2), (2, 2)].into_iter().enumerate()
            {
                let (gate, order) = (&gate, &order);
                scope.spawn(move || {
                    let _permit = gate.enter(tickets[index], cores, None).unwrap();
                    order.lock().unwrap().push(index);
                });
                wait_for_waiting(gate, arrived + 1);
            }
            drop(held);
        });
        assert_eq!(order.into_inner().unwrap(), [0, 1, 2, 3]);
    }

    #[test]
    fn whoever_waits_past_the_deadline_leaves_and_holds_nobody_up() {
        let gate = Gate::new(1);
        let held = gate.enter(gate.ticket(), 1, None).unwrap();
        let soon = Instant::now() + Duration::from_millis(5);
        assert!(gate.enter(gate.ticket(), 1, Some(soon)).is_none());
        assert!(gate.lock().waiting.is_empty());
        drop(held);
        let past = Instant::now() - Duration::from_secs(1);
        // A core that is free is given even then: the question is whether to wait.
        assert!(gate.enter(gate.ticket(), 1, Some(past)).is_some());
    }
}

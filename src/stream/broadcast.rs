//! Coded frames to any number of takers, none of which can hold up another.

use crate::pipeline::live::Unit;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Somebody who takes coded frames.
pub(crate) trait Tap: Send + Sync {
    /// Takes a frame, or loses it; must not wait. Says whether a key frame is needed to go on.
    fn put(&self, unit: &Unit) -> bool;
}

/// The takers of one picture's coded frames.
#[derive(Default)]
pub(crate) struct Broadcast {
    taps: Mutex<Vec<(u64, Arc<dyn Tap>)>>,
    next: AtomicU64,
    wants_key: AtomicBool,
}

impl Broadcast {
    /// Adds a taker, and gives the number by which it is removed.
    pub(crate) fn add(&self, tap: Arc<dyn Tap>) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().push((number, tap));
        self.want_key();
        number
    }

    /// Removes a taker.
    pub(crate) fn remove(&self, number: u64) {
        self.lock().retain(|(other, _)| *other != number);
    }

    /// Whether anybody takes frames.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.lock().is_empty()
    }

    /// Gives a frame to all.
    pub(crate) fn send(&self, unit: &Unit) {
        let mut wants_key = false;
        for (_, tap) in self.lock().iter() {
            wants_key |= tap.put(unit);
        }
        if wants_key {
            self.want_key();
        }
    }

    /// Wishes for a key frame, for somebody who has just come.
    pub(crate) fn want_key(&self) {
        self.wants_key.store(true, Ordering::Relaxed);
    }

    /// Whether a key frame was wished for since this was last asked.
    pub(crate) fn take_key_wish(&self) -> bool {
        self.wants_key.swap(false, Ordering::Relaxed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(u64, Arc<dyn Tap>)>> {
        self.taps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Counting(AtomicU64);

    impl Tap for Counting {
        fn put(&self, unit: &Unit) -> bool {
            self.0.fetch_add(1, Ordering::Relaxed);
            !unit.is_key
        }
    }

    fn unit(is_key: bool) -> Unit {
        gst::init().unwrap();
        Unit {
            buffer: gst::Buffer::new(),
            caps: gst::Caps::new_any(),
            time: 0,
            is_key,
            has_dts: true,
        }
    }

    #[test]
    fn everybody_gets_every_frame_until_removed() {
        let (broadcast, first, second) = (
            Broadcast::default(),
            Arc::new(Counting::default()),
            Arc::new(Counting::default()),
        );
        assert!(!broadcast.is_wanted());
        let number = broadcast.add(Arc::clone(&first) as Arc<dyn Tap>);
        broadcast.add(Arc::clone(&second) as Arc<dyn Tap>);
        broadcast.send(&unit(true));
        broadcast.remove(number);
        broadcast.send(&unit(true));
        assert_eq!(first.0.load(Ordering::Relaxed), 1);
        assert_eq!(second.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_key_frame_is_wished_for_when_somebody_comes_or_has_lost_track() {
        let broadcast = Broadcast::default();
        broadcast.add(Arc::new(Counting::default()));
        assert!(broadcast.take_key_wish());
        broadcast.send(&unit(true));
        assert!(!broadcast.take_key_wish());
        broadcast.send(&unit(false));
        assert!(broadcast.take_key_wish());
    }
}

//! Newest wins: a place for one frame between a camera that pushes and a restorer that pulls.

use std::sync::{Mutex, PoisonError};

/// A slot of one. Neither side ever waits for the other.
#[derive(Debug)]
pub(crate) struct Slot<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    frame: Option<T>,
    /// Whether the taker found the slot empty and is to be given the next frame directly.
    is_hungry: bool,
}

/// What became of a frame that was put in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Put<T> {
    /// The taker waits for it: hand it over now.
    HandOver(T),
    /// It lies in the slot.
    Kept,
    /// It lies in the slot, in the place of an older one, which is lost.
    Superseded,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Mutex::new(State {
            frame: None,
            is_hungry: false,
        }))
    }
}

impl<T> Slot<T> {
    /// Puts a frame in.
    pub(crate) fn put(&self, frame: T) -> Put<T> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_hungry {
            state.is_hungry = false;
            return Put::HandOver(frame);
        }
        match state.frame.replace(frame) {
            None => Put::Kept,
            Some(_) => Put::Superseded,
        }
    }

    /// Takes the frame that waits, or asks for the next one.
    pub(crate) fn take(&self) -> Option<T> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let frame = state.frame.take();
        state.is_hungry = frame.is_none();
        frame
    }

    /// Forgets what waits, and who.
    pub(crate) fn clear(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.frame = None;
        state.is_hungry = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_frame_wins_while_nobody_takes() {
        let slot = Slot::default();
        assert_eq!(slot.put(1), Put::Kept);
        assert_eq!(slot.put(2), Put::Superseded);
        assert_eq!(slot.take(), Some(2));
    }

    #[test]
    fn a_taker_that_waits_is_given_the_next_frame_once() {
        let slot = Slot::default();
        assert_eq!(slot.take(), None);
        assert_eq!(slot.put(1), Put::HandOver(1));
        assert_eq!(slot.put(2), Put::Kept);
        assert_eq!(slot.take(), Some(2));
        assert_eq!(slot.put(3), Put::Kept);
    }

    #[test]
    fn a_cleared_slot_has_neither_frame_nor_taker() {
        let slot = Slot::default();
        slot.put(1);
        slot.take();
        slot.take();
        slot.clear();
        assert_eq!(slot.put(2), Put::Kept);
    }
}

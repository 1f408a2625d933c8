//! Lets a flush or a state change end a wait on the streaming thread.

use std::sync::{Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};

/// A signal that stays up from [`Self::raise`] to [`Self::clear`].
///
/// It is the disconnection of a channel, so that one `select!` waits for it and for something else.
#[derive(Debug)]
pub(super) struct Interrupt {
    channel: Mutex<(Option<Sender<()>>, Receiver<()>)>,
}

impl Default for Interrupt {
    fn default() -> Self {
        Self {
            channel: Mutex::new(channel()),
        }
    }
}

impl Interrupt {
    pub(super) fn raise(&self) {
        self.lock().0 = None;
    }

    pub(super) fn clear(&self) {
        *self.lock() = channel();
    }

    /// Receives nothing, and is disconnected once the signal is up.
    pub(super) fn receiver(&self) -> Receiver<()> {
        self.lock().1.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Option<Sender<()>>, Receiver<()>)> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn channel() -> (Option<Sender<()>>, Receiver<()>) {
    let (sender, receiver) = bounded(0);
    (Some(sender), receiver)
}

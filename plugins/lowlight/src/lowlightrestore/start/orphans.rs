//! Threads that outlive their element: a provider that is still compiling, a session being closed.
//!
//! They hold up neither frames nor a stop. But a process must not end under one: ONNX Runtime's statics would be
//! destroyed while a thread uses them, which crashes. So the end of the process waits for them, for a moment; and
//! where they take longer, it ends without destroying anything.
#![allow(unsafe_code)] // `on_exit` has no safe wrapper: see `watch_the_exit`.

use std::ffi::{c_int, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// How long the end of a process waits for its orphans.
const GRACE: Duration = Duration::from_secs(2);

static ORPHANS: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// Leaves `thread` to itself.
pub(in crate::lowlightrestore) fn adopt(thread: JoinHandle<()>) {
    let mut orphans = lock();
    orphans.retain(|thread| !thread.is_finished());
    orphans.push(thread);
    // Anew for each: what is registered last runs first, and an orphan may have loaded libraries.
    watch_the_exit();
}

/// Drops `thing` on a thread of its own, where that is slow.
pub(in crate::lowlightrestore) fn dispose(thing: impl Send + 'static) {
    // Without a thread it was dropped here: slow, but right.
    if let Ok(thread) = Builder::new()
        .name("lowlight-retire".into())
        .spawn(move || drop(thing))
    {
        adopt(thread);
    }
}

fn lock() -> MutexGuard<'static, Vec<JoinHandle<()>>> {
    ORPHANS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until all orphans have ended, or `grace` is over. Says whether they have.
fn wait_for_all(grace: Duration) -> bool {
    let deadline = Instant::now() + grace;
    loop {
        let mut orphans = lock();
        orphans.retain(|thread| !thread.is_finished());
        if orphans.is_empty() {
            return true;
        }
        drop(orphans);
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

unsafe extern "C" {
    fn on_exit(function: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
    fn fflush(stream: *mut c_void) -> c_int;
    fn _exit(status: c_int) -> !;
}

/// Has [`leave`] run when the process ends, before what was loaded up to now is destroyed.
fn watch_the_exit() {
    // SAFETY: glibc's own function; `leave` unwinds nowhere, and needs no argument. The plugin is never unloaded
    // (GStreamer keeps plugins), so `leave` is there when it is called.
    let failed = unsafe { on_exit(leave, std::ptr::null_mut()) };
    // Then the process ends as it would have without.
    let _ = failed;
}

/// Ends the process at once if it would end under an orphan.
extern "C" fn leave(status: c_int, _: *mut c_void) {
    if !wait_for_all(GRACE) {
        // SAFETY: both may be called at any time. Without the first, what is in the C library's buffers is lost.
        unsafe {
            fflush(std::ptr::null_mut());
            _exit(status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn the_wait_for_orphans_ends_with_them_or_without() {
        let (release, gate) = mpsc::channel::<()>();
        dispose(Waits(gate));
        assert!(!wait_for_all(Duration::from_millis(20)));
        drop(release);
        assert!(wait_for_all(Duration::from_secs(60)));
    }

    /// Something that is slow to drop.
    struct Waits(mpsc::Receiver<()>);

    impl Drop for Waits {
        fn drop(&mut self) {
            let _ = self.0.recv();
        }
    }
}

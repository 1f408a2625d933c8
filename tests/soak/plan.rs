//! How long each phase is.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What `packaging/tapetum.service` sets.
pub(crate) const UNIT: [(&str, &str); 1] = [("MALLOC_ARENA_MAX", "1")];

/// A run, long or short.
pub(crate) struct Plan {
    /// How long the camera is cut off again and again.
    pub(crate) length: Duration,
    /// One cut in this time.
    pub(crate) cut_every: Duration,
    /// How long the other phases measure.
    pub(crate) measure: Duration,
    /// How often a stream is started and stopped.
    pub(crate) cycles: usize,
    /// Whether it is long enough for memory to say anything.
    pub(crate) is_long: bool,
    _machine: MutexGuard<'static, ()>,
}

/// Held by whoever measures: figures of two at a time would be nobody's.
static MACHINE: Mutex<()> = Mutex::new(());

impl Plan {
    /// The plan of this run, once nobody else measures.
    #[track_caller]
    pub(crate) fn begin() -> Self {
        let minutes = number("SOAK_MINUTES").unwrap_or(0.5);
        let length = Duration::from_secs_f64(minutes * 60.0);
        let is_long = minutes >= 30.0;
        Self {
            length,
            // 200 in an hour.
            cut_every: Duration::from_secs(if is_long { 18 } else { 10 }),
            measure: length.clamp(Duration::from_secs(8), Duration::from_secs(120)),
            cycles: number("SOAK_CYCLES").map_or(if is_long { 1000 } else { 10 }, |n| n as usize),
            is_long,
            _machine: MACHINE.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

#[track_caller]
fn number(variable: &str) -> Option<f64> {
    let text = std::env::var(variable).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable}: {text:?} is no number")))
}

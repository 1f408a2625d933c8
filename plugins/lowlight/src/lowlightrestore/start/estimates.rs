//! How long providers took to start in this process: what is known to be quick needs no stop-gap.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lowlight_engine::Provider;

/// What a start was of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lowlightrestore) struct Start {
    pub(in crate::lowlightrestore) model: PathBuf,
    pub(in crate::lowlightrestore) provider: Provider,
    pub(in crate::lowlightrestore) size: (usize, usize),
}

static STARTS: Mutex<Vec<(Start, Duration)>> = Mutex::new(Vec::new());

/// Remembers how long a start took. The last one counts: a cache may have made it quick.
pub(in crate::lowlightrestore) fn remember(start: Start, took: Duration) {
    let mut starts = STARTS.lock().unwrap_or_else(PoisonError::into_inner);
    starts.retain(|(known, _)| *known != start);
    starts.push((start, took));
}

/// How long the last such start took.
pub(in crate::lowlightrestore) fn recall(start: &Start) -> Option<Duration> {
    let starts = STARTS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut known = starts.iter().filter(|(known, _)| known == start);
    known.next().map(|(_, took)| *took)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_start_of_a_kind_counts() {
        let start = |width| Start {
            model: "night.onnx".into(),
            provider: Provider::OpenVino,
            size: (width, 2),
        };
        assert_eq!(recall(&start(2)), None);
        remember(start(2), Duration::from_secs(90));
        remember(start(2), Duration::from_secs(1));
        assert_eq!(recall(&start(2)), Some(Duration::from_secs(1)));
        assert_eq!(recall(&start(4)), None);
    }
}

//! Which entries have to go. Pure: what is there comes in, what is to be removed comes out.

use std::time::{Duration, SystemTime};

/// An entry as eviction sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    /// Bytes on disk.
    pub(super) bytes: u64,
    pub(super) last_used: SystemTime,
}

/// What is to be removed from a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prune {
    /// Everything.
    All,
    /// What was not used for so long.
    UnusedFor(Duration),
    /// The least recently used, until the rest has so many bytes at most.
    ToSize(u64),
}

/// Places of the entries that `prune` removes, the least recently used first.
pub(super) fn victims(entries: &[Usage], prune: Prune, now: SystemTime) -> Vec<usize> {
    let mut oldest: Vec<usize> = (0..entries.len()).collect();
    oldest.sort_by_key(|&index| entries[index].last_used);
    match prune {
        Prune::All => {}
        Prune::UnusedFor(time) => oldest.retain(|&index| {
            // A clock that was set back makes nothing old.
            let unused = now.duration_since(entries[index].last_used);
            unused.is_ok_and(|unused| unused >= time)
        }),
        Prune::ToSize(limit) => {
            let mut total: u64 = entries.iter().map(|entry| entry.bytes).sum();
            oldest.retain(|&index| {
                let is_too_much = total > limit;
                if is_too_much {
                    total -= entries[index].bytes;
                }
                is_too_much
            });
        }
    }
    oldest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn usage(bytes: u64, last_used: u64) -> Usage {
        Usage {
            bytes,
            last_used: at(last_used),
        }
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let entries = [usage(10, 30), usage(10, 10), usage(10, 20)];
        for (limit, expected) in [
            (30, vec![]),
            (29, vec![1]),
            (20, vec![1]),
            (19, vec![1, 2]),
            (0, vec![1, 2, 0]),
        ] {
            assert_eq!(
                victims(&entries, Prune::ToSize(limit), at(99)),
                expected,
                "{limit}"
            );
        }
        assert_eq!(victims(&entries, Prune::All, at(99)), [1, 2, 0]);
        let unused = Prune::UnusedFor(Duration::from_secs(20));
        assert_eq!(victims(&entries, unused, at(40)), [1, 2]);
        assert!(victims(&entries, unused, at(5)).is_empty());
    }

    proptest! {
        #[test]
        fn what_stays_fits_and_is_newer_than_what_goes(
            given in prop::collection::vec((0_u64..100, 0_u64..50), 0..20),
            limit in 0_u64..1000,
        ) {
            let entries: Vec<Usage> = given.iter().map(|&(bytes, time)| usage(bytes, time)).collect();
            let gone = victims(&entries, Prune::ToSize(limit), at(0));
            let stays = |index: &usize| !gone.contains(index);
            let kept: Vec<usize> = (0..entries.len()).filter(stays).collect();
            let total: u64 = kept.iter().map(|&index| entries[index].bytes).sum();
            prop_assert!(total <= limit);
            for &old in &gone {
                prop_assert!(kept.iter().all(|&new| entries[old].last_used <= entries[new].last_used));
            }
            // No more than needed: with the last one it would have been too much.
            if let Some(&last) = gone.last() {
                prop_assert!(total + entries[last].bytes > limit);
            }
        }
    }
}

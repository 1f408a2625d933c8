use super::*;
use std::collections::HashSet;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// Hands with `others` threads beside the asking one, whatever the machine.
fn hands(others: usize) -> Hands {
    let shared = Arc::new(Shared::default());
    let thread = |_| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || shared.serve())
    };
    let threads = (0..others).map(thread).collect();
    Hands {
        crew: Some(Arc::new(Crew { shared, threads })),
        others,
    }
}

fn parts(count: usize) -> Vec<Mutex<Option<usize>>> {
    (0..count).map(|part| Mutex::new(Some(part))).collect()
}

fn tools(count: usize) -> Vec<Mutex<Vec<usize>>> {
    (0..count).map(|_| Mutex::default()).collect()
}

#[test]
fn every_part_is_done_once_whoever_does_it() {
    for others in 0..4 {
        let hands = hands(others);
        for count in [0, 1, 2, 7, 64] {
            let tools = tools(hands.count());
            hands.each(&parts(count), &tools, |part, done| done.push(part));
            let mut done: Vec<usize> = tools.iter().flat_map(|tool| lock(tool).clone()).collect();
            done.sort_unstable();
            assert_eq!(done, (0..count).collect::<Vec<_>>(), "{others}, {count}");
        }
    }
}

#[test]
fn threads_do_come() {
    let hands = hands(1);
    let seen: Mutex<HashSet<ThreadId>> = Mutex::default();
    let begun = Instant::now();
    // Each waits for the other one: a thread alone would wait until the time is up.
    hands.each(&parts(2), &tools(2), |_, _| {
        lock(&seen).insert(thread::current().id());
        while lock(&seen).len() < 2 && begun.elapsed() < Duration::from_secs(20) {
            thread::yield_now();
        }
    });
    assert_eq!(lock(&seen).len(), 2);
}

#[test]
fn no_more_threads_take_part_than_were_asked_for() {
    let mut hands = hands(3);
    hands.others = 1;
    assert_eq!(hands.count(), 2);
    for _ in 0..200 {
        // A third thread would find no tool, and leave its part undone.
        let done = AtomicUsize::new(0);
        hands.each(&parts(9), &tools(2), |_, _| {
            done.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(done.into_inner(), 9);
    }
}

#[test]
fn two_who_ask_at_once_are_both_served() {
    let hands = hands(2);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..300 {
                    let done = AtomicUsize::new(0);
                    hands.each(&parts(5), &tools(3), |_, _| {
                        done.fetch_add(1, Ordering::Relaxed);
                    });
                    assert_eq!(done.into_inner(), 5);
                }
            });
        }
    });
}

#[test]
fn a_panic_comes_out_where_the_work_was_asked_for_and_the_threads_live_on() {
    let hands = hands(1);
    for panics_at in [0, 1, 7] {
        let result = catch_unwind(AssertUnwindSafe(|| {
            hands.each(&parts(8), &tools(2), |part, _| assert!(part != panics_at));
        }));
        assert!(result.is_err());
    }
    let done = AtomicUsize::new(0);
    hands.each(&parts(8), &tools(2), |_, _| {
        done.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(done.into_inner(), 8);
}

#[test]
fn the_threads_go_with_the_last_who_has_them() {
    let hands = hands(2);
    let crew = hands.crew.as_ref().unwrap();
    let shared = Arc::downgrade(&crew.shared);
    let again = hands.clone();
    drop(hands);
    assert!(shared.upgrade().is_some());
    drop(again);
    assert!(shared.upgrade().is_none());
}

#[test]
fn one_thread_is_no_crew() {
    assert!(Hands::hire(1).crew.is_none());
    assert_eq!(Hands::hire(1).count(), 1);
    assert!((1..=MOST).contains(&Hands::hire(1000).count()));
}

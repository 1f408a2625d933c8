use super::*;
use proptest::prelude::*;

const MS: Duration = Duration::from_millis(1);

fn base() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}

/// Frames that asked so many milliseconds ago, and whose deadlines lie so many ahead.
fn queue(now: Instant, ages: &[(u32, Option<u32>)]) -> Vec<Waiting> {
    let mut queue: Vec<_> = ages
        .iter()
        .map(|&(age, left)| Waiting {
            asked: now - MS * age,
            deadline: left.map(|left| now + MS * left),
        })
        .collect();
    queue.sort_by_key(|frame| frame.asked);
    queue
}

fn decide(sizes: &[usize], streams: usize, linger: u32, ages: &[(u32, Option<u32>)]) -> Decision {
    let now = base();
    let situation = Situation {
        sizes,
        streams,
        linger: MS * linger,
        now,
    };
    situation.decide(queue(now, ages).into_iter())
}

#[test]
fn what_waits_is_run_together_as_far_as_a_size_fits() {
    let waiting = [(0, None); 7];
    for (count, size) in [(1, 1), (2, 2), (3, 2), (4, 4), (7, 4)] {
        assert_eq!(decide(&SIZES, 7, 0, &waiting[..count]), Decision::Run(size));
    }
    assert_eq!(
        decide(&[], 7, 5, &waiting),
        Decision::Run(1),
        "no size but one"
    );
}

#[test]
fn a_lone_stream_and_a_full_house_wait_for_nobody() {
    assert_eq!(decide(&SIZES, 1, 5, &[(0, None)]), Decision::Run(1));
    assert_eq!(decide(&SIZES, 4, 5, &[(0, None); 4]), Decision::Run(4));
    // The fifth would make no larger run.
    assert_eq!(decide(&SIZES, 5, 5, &[(0, None); 4]), Decision::Run(4));
}

#[test]
fn company_is_waited_for_until_the_oldest_has_waited_long_enough() {
    let is_waiting =
        |ages: &[(u32, Option<u32>)]| matches!(decide(&SIZES, 4, 5, ages), Decision::Wait(_));
    assert!(is_waiting(&[(4, None), (0, None)]));
    assert!(!is_waiting(&[(5, None), (0, None)]));
    assert!(
        !is_waiting(&[(4, None), (0, Some(1))]),
        "somebody's deadline comes before"
    );
}

fn frame() -> impl Strategy<Value = (u32, Option<u32>)> {
    (0_u32..20, proptest::option::of(0_u32..20))
}

proptest! {
    #[test]
    fn a_run_is_a_size_that_waits_and_a_wait_ends_in_time(
        ages in proptest::collection::vec(frame(), 1..20),
        sizes in proptest::sample::subsequence(SIZES.to_vec(), 0..=SIZES.len()),
        more in 0_usize..20,
        linger in 0_u32..10,
    ) {
        let now = base();
        let queue = queue(now, &ages);
        let streams = queue.len() + more;
        let situation = Situation { sizes: &sizes, streams, linger: MS * linger, now };
        match situation.decide(queue.iter().copied()) {
            Decision::Run(count) => {
                prop_assert!(count == 1 || sizes.contains(&count));
                prop_assert!(count <= queue.len());
                // None larger would have been possible.
                prop_assert!(sizes.iter().all(|&size| size <= count || size > queue.len()));
            }
            Decision::Wait(until) => {
                prop_assert!(until > now && until <= queue[0].asked + MS * linger);
                prop_assert!(queue.iter().all(|frame| frame.deadline.is_none_or(|deadline| deadline > until)));
                prop_assert!(sizes.iter().any(|&size| size > queue.len() && size <= streams), "company could come");
            }
        }
    }

    /// Frames of streams that ask again as soon as they are answered: who asked first is answered first, and everybody is.
    #[test]
    fn everybody_is_served_in_the_order_of_asking(
        streams in 1_usize..24,
        sizes in proptest::sample::subsequence(SIZES.to_vec(), 0..=SIZES.len()),
        runs in 1_usize..40,
    ) {
        let now = base();
        let mut queue: Vec<_> = (0..streams).collect();
        let mut served = vec![0_usize; streams];
        for _ in 0..runs {
            let situation = Situation { sizes: &sizes, streams, linger: MS, now };
            let waiting = queue.iter().map(|_| Waiting { asked: now - MS * 2, deadline: None });
            let Decision::Run(count) = situation.decide(waiting) else { panic!("nobody waits longer than 1 ms") };
            let done: Vec<_> = queue.drain(..count).collect();
            for &stream in &done {
                served[stream] += 1;
            }
            queue.extend(done);
        }
        let (most, least) = (served.iter().max().unwrap(), served.iter().min().unwrap());
        prop_assert!(most - least <= 1, "{served:?}");
    }
}

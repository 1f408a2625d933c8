use super::*;
use std::sync::LazyLock;
use std::thread;

static GATE: LazyLock<Gate> = LazyLock::new(|| Gate::new(64));

fn worker<T: Send + 'static>(work: impl FnMut(&mut T) -> Result<()> + Send + 'static) -> Worker<T> {
    let terms = Terms {
        model: "model".into(),
        gate: &GATE,
        cores: 1,
        linger: Duration::ZERO,
    };
    Worker::spawn(terms, work).unwrap()
}

fn subject<T>(value: T) -> Arc<Mutex<T>> {
    Arc::new(Mutex::new(value))
}

/// A worker that says which subject it begins with, to a receiver that must listen, and then waits to be released.
fn held() -> (Worker<u32>, Receiver<u32>, Sender<()>) {
    let ((begin, begun), (release, released)) = (bounded(0), bounded(0));
    let worker = worker(move |number: &mut u32| {
        let _ = begin.send(*number);
        let _ = released.recv();
        Ok(())
    });
    (worker, begun, release)
}

fn wait_for_waiting(worker: &Worker<u32>, count: usize) {
    while worker.requests.as_ref().unwrap().len() < count {
        thread::yield_now();
    }
}

fn text(result: Result<Turn>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn work_is_done_on_the_streams_own_memory() {
    let worker = worker(|bytes: &mut Vec<u8>| {
        bytes[0] += 1;
        Ok(())
    });
    let mut line = worker.line();
    let bytes = subject(vec![0_u8; 8]);
    let place = bytes.lock().unwrap().as_ptr();
    for _ in 0..3 {
        line.run(&bytes, None).unwrap();
    }
    let bytes = bytes.lock().unwrap();
    assert_eq!((bytes[0], bytes.as_ptr()), (3, place));
}

#[test]
fn a_stream_that_asks_at_once_again_takes_turns_with_the_others() {
    let (worker, begun, release) = held();
    let (mut greedy, mut modest) = (worker.line(), worker.line());
    thread::scope(|scope| {
        let ask = |line: &mut Line<u32>, number, times| {
            let subject = subject(number);
            (0..times).for_each(|_| assert!(line.run(&subject, None).is_ok()));
        };
        scope.spawn(move || ask(&mut greedy, 0, 9));
        assert_eq!(begun.recv(), Ok(0));
        scope.spawn(move || ask(&mut modest, 1, 3));
        let mut order = Vec::new();
        for served in 1..12 {
            // One is being served and one waits, while the modest one still asks.
            wait_for_waiting(&worker, usize::from(served < 6));
            release.send(()).unwrap();
            order.push(begun.recv().unwrap());
        }
        release.send(()).unwrap();
        assert_eq!(order, [1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    });
}

#[test]
fn a_request_that_is_too_old_is_answered_without_work() {
    let (worker, begun, release) = held();
    let (mut first, mut second) = (worker.line(), worker.line());
    thread::scope(|scope| {
        scope.spawn(move || first.run(&subject(0), None).unwrap());
        assert_eq!(begun.recv(), Ok(0));
        let patience = Duration::from_millis(3);
        let late = scope.spawn(move || {
            let late = second.run(&subject(1), Some(patience));
            // The next one has a worker to itself, and is in time.
            (late, second.run(&subject(2), Some(Duration::MAX)))
        });
        wait_for_waiting(&worker, 1);
        thread::sleep(2 * patience);
        release.send(()).unwrap();
        assert_eq!(begun.recv(), Ok(2));
        release.send(()).unwrap();
        let (late, next) = late.join().unwrap();
        assert!(
            matches!(late, Err(Error::TooLate { waited, .. }) if waited >= 2 * patience),
            "{late:?}"
        );
        assert!(next.is_ok());
    });
}

#[test]
fn one_streams_error_is_its_own() {
    let worker = worker(|is_good: &mut bool| match is_good {
        true => Ok(()),
        false => Err(Error::Run {
            model: "model".into(),
            reason: "bad frame".into(),
        }),
    });
    let (mut good, mut bad) = (worker.line(), worker.line());
    for _ in 0..3 {
        assert_eq!(
            text(bad.run(&subject(false), None)),
            "model model: bad frame"
        );
        assert!(good.run(&subject(true), None).is_ok());
    }
}

#[test]
fn a_stream_that_goes_away_while_it_is_served_hurts_nobody() {
    let (worker, begun, release) = held();
    let mut other = worker.line();
    let (reply, answer) = bounded(1);
    let request = Request {
        subject: subject(0),
        asked: Instant::now(),
        ticket: GATE.ticket(),
        deadline: None,
        reply,
    };
    worker.requests.as_ref().unwrap().send(request).unwrap();
    assert_eq!(begun.recv(), Ok(0));
    drop(answer);
    release.send(()).unwrap();
    let thread = thread::spawn(move || other.run(&subject(1), None));
    assert_eq!(begun.recv(), Ok(1));
    release.send(()).unwrap();
    assert!(thread.join().unwrap().is_ok());
}

#[test]
fn a_worker_that_panics_is_an_error_to_its_streams_and_never_a_hang() {
    let worker = worker(|_: &mut ()| panic!("on purpose"));
    let (mut first, mut second) = (worker.line(), worker.line());
    assert!(worker.is_alive());
    let ended = "model model: its session has broken down, and is of no use to anybody any more";
    assert_eq!(text(first.run(&subject(()), None)), ended);
    assert!(!worker.is_alive());
    assert_eq!(text(first.run(&subject(()), None)), ended);
    assert_eq!(text(second.run(&subject(()), None)), ended);
}

#[test]
fn nothing_survives_a_dropped_worker() {
    let value = Arc::new(());
    let inside = Arc::clone(&value);
    let worker = worker(move |_: &mut ()| {
        let _ = &inside;
        Ok(())
    });
    worker.line().run(&subject(()), None).unwrap();
    drop(worker);
    assert_eq!(Arc::strong_count(&value), 1);
}

/// Doubles numbers, two or four at once; says what it was given. Those above 99 are bad.
struct Doubling(Sender<Vec<u32>>, Receiver<()>);

impl Work<u32> for Doubling {
    fn sizes(&mut self) -> &[usize] {
        &[2, 4]
    }

    fn run(&mut self, subjects: &[Arc<Mutex<u32>>]) -> Result<()> {
        let numbers = subjects.iter().map(|subject| *subject.lock().unwrap());
        let numbers: Vec<_> = numbers.collect();
        let _ = self.0.send(numbers.clone());
        let _ = self.1.recv();
        if numbers.iter().any(|&number| number > 99) {
            return Err(Error::Run {
                model: "model".into(),
                reason: format!("bad frame among {numbers:?}"),
            });
        }
        subjects
            .iter()
            .for_each(|subject| *subject.lock().unwrap() *= 2);
        Ok(())
    }
}

/// `numbers` of as many streams, which ask while a run of 0 is under way; what was run, and what each was told.
fn batches(numbers: &[u32]) -> (Vec<Vec<u32>>, Vec<Result<Turn>>) {
    let ((begin, begun), (release, released)) = (bounded(99), bounded(99));
    let terms = Terms {
        model: "model".into(),
        gate: &GATE,
        cores: 1,
        linger: Duration::ZERO,
    };
    let worker = Worker::spawn(terms, Doubling(begin, released)).unwrap();
    let mut lines: Vec<_> = (0..=numbers.len()).map(|_| worker.line()).collect();
    thread::scope(|scope| {
        let mut lines = lines.drain(..);
        let mut first = lines.next().unwrap();
        scope.spawn(move || first.run(&subject(0), None));
        let mut runs = vec![begun.recv().unwrap()];
        let asking: Vec<_> = lines
            .zip(numbers)
            .enumerate()
            .map(|(index, (mut line, &number))| {
                let asking = scope.spawn(move || line.run(&subject(number), None));
                wait_for_waiting(&worker, index + 1);
                asking
            })
            .collect();
        (0..99).for_each(|_| release.send(()).unwrap());
        let answers = asking
            .into_iter()
            .map(|asking| asking.join().unwrap())
            .collect();
        runs.extend(begun.try_iter());
        (runs, answers)
    })
}

#[test]
fn what_waits_is_done_at_once_the_oldest_first() {
    let (runs, answers) = batches(&[1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(runs, [vec![0], vec![1, 2, 3, 4], vec![5, 6], vec![7]]);
    let sizes: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().unwrap().batch)
        .collect();
    assert_eq!(sizes, [4, 4, 4, 4, 2, 2, 1]);
}

#[test]
fn a_run_of_several_that_fails_is_done_one_by_one_and_the_error_is_its_streams_own() {
    let (runs, answers) = batches(&[1, 100, 3, 4]);
    assert_eq!(
        runs[1..],
        [vec![1, 100, 3, 4], vec![1], vec![100], vec![3], vec![4]]
    );
    for (index, answer) in answers.into_iter().enumerate() {
        match index {
            1 => assert_eq!(text(answer), "model model: bad frame among [100]"),
            _ => assert_eq!(answer.unwrap().batch, 1),
        }
    }
}

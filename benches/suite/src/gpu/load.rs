//! Streams that ask for frames to be restored, each on a thread of its own as in a pipeline.

use crate::plan::{CONTENT_FPS, Size};
use crate::setting::dark_frames;
use anyhow::Context;
use lowlight_engine::{Model, OwnedFrame, Restorer, Runtime, SessionOptions};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// How long may be waited for sessions that take several frames: TensorRT compiles one for each number.
const COMPILING: Duration = Duration::from_secs(900);
/// Frames that are not counted, of each stream.
const WARM_UP: usize = 5;

/// When frames come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paced {
    AsFastAsItGoes,
    /// 30 a second, the streams' frames spread evenly over the time between two of one.
    Live,
}

/// A frame that was restored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// From its arrival until it was there.
    pub(super) seconds: f64,
    /// Frames in its run.
    pub(super) batch: usize,
}

/// What all streams did.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    pub(super) frames: Vec<Frame>,
    pub(super) seconds: f64,
}

/// `count` streams at one session, with everything opened that their number asks for.
pub(super) fn join(
    runtime: &Runtime,
    model: &Model,
    options: &SessionOptions,
    (width, height): Size,
    count: usize,
) -> anyhow::Result<Vec<Restorer>> {
    let one = || Restorer::join(runtime, model, options, width, height);
    let streams = (0..count).map(|_| one()).collect::<Result<Vec<_>, _>>()?;
    // A model that takes one frame a run never has it.
    let largest = [16, 8, 4, 2]
        .into_iter()
        .find(|&size| size <= count.min(options.max_batch));
    if let (Some(largest), Some(true)) = (largest, streams.first().map(takes_several)) {
        let sharing = streams[0].sharing().context("a joined session is shared")?;
        let begun = Instant::now();
        while !sharing.batch_sizes().contains(&largest) {
            anyhow::ensure!(
                begun.elapsed() < COMPILING,
                "no session for {largest} frames in a run"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(streams)
}

fn takes_several(stream: &Restorer) -> bool {
    let info = stream.info();
    let mut tensors = info.inputs.iter().chain(&info.outputs);
    tensors.all(|tensor| tensor.dims.first() == Some(&-1))
}

/// Runs all of them for `time`, after a few frames that are not counted.
pub(super) fn run(
    streams: &mut [Restorer],
    size: Size,
    time: Duration,
    paced: Paced,
) -> anyhow::Result<Turns> {
    let (frames, count) = (dark_frames(size, 3), streams.len());
    let barrier = Barrier::new(count);
    let done = thread::scope(|scope| {
        let (frames, barrier) = (&frames, &barrier);
        let threads: Vec<_> = streams
            .iter_mut()
            .enumerate()
            .map(|(index, stream)| {
                let share = index as f64 / count as f64;
                scope.spawn(move || one_stream(stream, frames, barrier, time, (paced, share)))
            })
            .collect();
        let results = threads.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(_) => Err(anyhow::anyhow!("a stream's thread panicked")),
        });
        results.collect::<anyhow::Result<Vec<_>>>()
    })?;
    let mut turns = Turns::default();
    for (frames, seconds) in done {
        turns.frames.extend(frames);
        turns.seconds = turns.seconds.max(seconds);
    }
    Ok(turns)
}

/// -> its frames, and the seconds that they took together.
fn one_stream(
    stream: &mut Restorer,
    frames: &[OwnedFrame],
    barrier: &Barrier,
    time: Duration,
    (paced, share): (Paced, f64),
) -> anyhow::Result<(Vec<Frame>, f64)> {
    let mut output = frames.first().context("no frames")?.clone();
    let mut restore = |stream: &mut Restorer, index: usize| {
        let input = &frames[index % frames.len()];
        stream.restore(&input.as_frame(), &mut output.as_frame_mut(), 1.0)
    };
    let warm = (0..WARM_UP).try_for_each(|index| restore(stream, index));
    // Who fails comes here too: the others wait for it.
    barrier.wait();
    warm?;
    let (begun, mut done) = (Instant::now(), Vec::new());
    while begun.elapsed() < time {
        let due = match paced {
            Paced::AsFastAsItGoes => Instant::now(),
            Paced::Live => {
                begun + Duration::from_secs_f64((done.len() as f64 + share) / CONTENT_FPS)
            }
        };
        thread::sleep(due.saturating_duration_since(Instant::now()));
        restore(stream, done.len())?;
        done.push(Frame {
            seconds: due.elapsed().as_secs_f64(),
            batch: stream.last_batch(),
        });
    }
    Ok((done, begun.elapsed().as_secs_f64()))
}

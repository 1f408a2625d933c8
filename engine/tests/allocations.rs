//! What a frame costs the heap once everything is warm: nothing.
//!
//! Counted are the allocations of all Rust code in this process, `ort` and the session's thread included. ONNX Runtime
//! itself is C++ and has its own ways.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// The only way to count: an allocator is `unsafe` to write. This one hands everything on.
#![allow(unsafe_code)]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{fixture, on_cpu, patterned, runtime};
use lowlight_engine::{
    Error, Model, PixelFormat, Provider, ProviderChoice, Restorer, Runtime, SessionOptions,
};

/// The system's allocator, counting.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's own promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's own promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's own promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Frames that are counted.
const FRAMES: usize = 100;

/// Allocations of [`FRAMES`] frames, after ten.
fn allocations(restorer: &mut Restorer, format: PixelFormat) -> usize {
    let input = patterned(format, 48, 32, 3);
    let mut output = patterned(format, 48, 32, 7);
    let mut frame = || {
        let result = restorer.restore(&input.as_frame(), &mut output.as_frame_mut(), 0.9);
        result.unwrap();
    };
    (0..10).for_each(|_| frame());
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    (0..FRAMES).for_each(|_| frame());
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

fn options(provider: Provider) -> SessionOptions {
    SessionOptions {
        provider: ProviderChoice::Only(provider),
        ..on_cpu()
    }
}

/// One test: the tests of a program run side by side, and would count each other's.
#[test]
fn a_frame_allocates_nothing_once_everything_is_warm() {
    // The counter counts.
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    drop(std::hint::black_box(vec![0_u8; 100]));
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), before + 1);

    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/lowlight-nano-int8.onnx");
    let fixtures = ["count-frames", "past-blocks", "identity-rgb-nchw"].map(fixture);
    for path in fixtures.iter().chain([&shipped]) {
        for provider in [Provider::Cpu, Provider::OpenVino] {
            let model = Model::open(Some(path)).unwrap();
            // One after the other: a session's thread takes something from the heap while it starts.
            check(Restorer::open, &model, provider, 0);
            // Each end of a channel makes a list when somebody has to wait there for the first time, whenever that may be.
            check(Restorer::join, &model, provider, 4);
        }
    }
    more_outputs_than_ort_has_room_for();
}

type Open = fn(&Runtime, &Model, &SessionOptions, usize, usize) -> Result<Restorer, Error>;

/// At most `allowed` allocations in [`FRAMES`] frames of any format.
fn check(open: Open, model: &Model, provider: Provider, allowed: usize) {
    let mut restorer = open(&runtime(), model, &options(provider), 48, 32).unwrap();
    for format in [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Rgba] {
        let counted = allocations(&mut restorer, format);
        let what = format!("{} {provider:?} {format:?}", model.path().display());
        assert!(counted <= allowed, "{counted} {what}");
    }
}

/// `ort` has room for four outputs, and takes more from the heap: a few lists of pointers.
fn more_outputs_than_ort_has_room_for() {
    let model = Model::open(Some(&fixture("delay-planes"))).unwrap();
    assert!(model.info().outputs.len() > 4);
    let options = options(Provider::Cpu);
    let mut restorer = Restorer::open(&runtime(), &model, &options, 48, 32).unwrap();
    let counted = allocations(&mut restorer, PixelFormat::I420);
    assert!((1..=4 * FRAMES).contains(&counted), "{counted}");
}

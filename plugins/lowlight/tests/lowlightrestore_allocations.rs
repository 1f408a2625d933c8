//! What a frame costs the heap in the element once everything is warm: nothing.
//!
//! Counted are the allocations of all Rust code, this test's program included. GStreamer's own are C, and go by pools.
#![allow(clippy::unwrap_used, clippy::panic)]
// The only way to count: an allocator is `unsafe` to write. This one hands everything on.
#![allow(unsafe_code)]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use common::picture::{buffer, info, patterned};
use common::{element, wait_for};
use gst::prelude::*;
use lowlight_engine::PixelFormat;

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

/// Allocations of passing `count` frames like `input` through `harness`.
fn allocations(harness: &mut gst_check::Harness, input: &gst::Buffer, count: usize) -> usize {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for _ in 0..count {
        // A copy shares the memory, and is made by GStreamer.
        harness.push(input.copy()).unwrap();
        drop(harness.pull().unwrap());
    }
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

#[test]
fn a_frame_allocates_nothing_in_the_element_once_everything_is_warm() {
    // With more than one thread, and a frame that they share out.
    let frame = patterned(PixelFormat::I420, 640, 480);
    let (restorer, bus) = element("past-blocks", &[("n-threads", "2")]);
    let mut harness = gst_check::Harness::with_element(&restorer, Some("sink"), Some("src"));
    harness.set_src_caps(info(&frame).to_caps().unwrap());
    harness.play();
    wait_for(&bus, "ready");
    let input = buffer(&frame);
    allocations(&mut harness, &input, 20);
    // A list here and there, made when somebody has to wait for the first time, whenever that may be.
    let counted = allocations(&mut harness, &input, 200);
    assert!(counted <= 4, "{counted} allocations in 200 frames");
    restorer.set_state(gst::State::Null).unwrap();
}

//! Runs a loop with the widest vectors that the processor has.
//!
//! The workspace is built for any x86-64, whose vectors are 16 bytes wide. Restoring a 720p frame of blocks takes
//! 1.08 ms so, 0.71 ms with AVX2 and 0.41 ms with AVX-512 (`docs/design/engine.md`, "Blocks").

// The calls below are sound because the processor was asked first. `multiversion` would write them for us, but
// it keeps AVX-512 from processors before Ice Lake, where it is worth most.
#![allow(unsafe_code)]

/// A loop to be compiled for several kinds of vectors.
pub(crate) trait Kernel {
    /// Must be `#[inline(always)]`, and so must what it calls in its inner loops: inlined code takes on the vectors
    /// of the place it is put in.
    fn run(self);
}

/// Runs `kernel` with the widest vectors there are.
#[cfg(target_arch = "x86_64")]
pub(crate) fn run(kernel: impl Kernel) {
    if std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("avx512dq")
        && std::is_x86_feature_detected!("avx512vl")
    {
        // SAFETY: the processor has the features; BW, DQ and VL each imply F.
        unsafe { run_avx512(kernel) }
    } else if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has the feature.
        unsafe { run_avx2(kernel) }
    } else {
        kernel.run();
    }
}

/// Runs `kernel`: other processors' vectors need no asking.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn run(kernel: impl Kernel) {
    kernel.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512bw,avx512dq,avx512vl")]
fn run_avx512(kernel: impl Kernel) {
    kernel.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_avx2(kernel: impl Kernel) {
    kernel.run();
}

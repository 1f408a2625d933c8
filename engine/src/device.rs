//! Frames in a GPU's memory: addresses that this crate hands on and never looks at.
//!
//! Unsafe, since nobody can check an address: whoever makes a [`DeviceFrame`] vouches for it.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};
use crate::pixel::{Colorimetry, PixelFormat};

/// A plane: rows of bytes, `stride` bytes apart, in the memory of a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevicePlane {
    /// Where it begins, as CUDA's driver API writes it (`CUdeviceptr`).
    pub address: usize,
    /// Distance between the starts of two rows, in bytes. The last row has all of it too.
    pub stride: usize,
}

/// An NV12 frame in the memory of a GPU: luma, and interleaved chroma at half resolution, rounded up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeviceFrame {
    width: usize,
    height: usize,
    colorimetry: Colorimetry,
    planes: [DevicePlane; 2],
}

impl DeviceFrame {
    /// Puts two planes together to a frame of `width` × `height` pixels.
    ///
    /// # Safety
    /// Each plane's rows (as many as [`PixelFormat::plane_size`] says, of `stride` bytes each) lie at its address, in the
    /// primary context of the GPU that the frame is given to, and stay there, with nobody else writing to them, until
    /// that call returns. A frame that is written to is nobody else's to read either.
    ///
    /// # Errors
    /// [`Error::Frame`] if the size is zero or a stride is shorter than a row, or odd where pairs are to fit in it.
    pub unsafe fn nv12(
        width: usize,
        height: usize,
        colorimetry: Colorimetry,
        planes: [DevicePlane; 2],
    ) -> Result<Self> {
        let format = PixelFormat::Nv12;
        let fail = |problem| {
            Err(Error::Frame {
                format: format.name(),
                width,
                height,
                problem,
            })
        };
        if width == 0 || height == 0 {
            return fail("a frame needs at least one pixel".into());
        }
        for (index, plane) in planes.iter().enumerate() {
            let (row_bytes, _) = format.plane_size(index, width, height);
            if plane.address == 0 || plane.stride < row_bytes {
                return fail(format!(
                    "plane {index} in GPU memory has stride {}, a row needs {row_bytes}",
                    plane.stride
                ));
            }
        }
        Ok(Self {
            width,
            height,
            colorimetry,
            planes,
        })
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// What the code values mean.
    #[must_use]
    pub fn colorimetry(&self) -> Colorimetry {
        self.colorimetry
    }

    pub(crate) fn planes(&self) -> [DevicePlane; 2] {
        self.planes
    }
}

/// Whether host memory stands in for a GPU's.
static HOST_STANDS_IN: AtomicBool = AtomicBool::new(false);

/// For tests with a libcuda whose device memory is host memory: from now on the CPU provider of this process reads and
/// writes [`DeviceFrame`]s. Nothing outside a test calls it, and nothing takes it back.
#[doc(hidden)]
pub fn let_host_memory_stand_in() {
    HOST_STANDS_IN.store(true, Ordering::Relaxed);
}

pub(crate) fn host_stands_in() -> bool {
    HOST_STANDS_IN.load(Ordering::Relaxed)
}

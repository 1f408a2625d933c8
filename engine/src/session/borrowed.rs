//! Tensors over memory that somebody else owns, on any device.
//!
//! `ort`'s own `TensorRefMut::from_raw` makes such tensors too, but `IoBinding::bind_input` never returns from one that
//! lies on the session's own device (2.0.0-rc.15: it locks one mutex twice). A tensor that ONNX Runtime itself wraps
//! around the memory goes everywhere.
//!
//! Unsafe, since an address cannot be checked.
#![allow(unsafe_code)]

use ort::AsPointer;
use ort::memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType};
use ort::value::{DynTensor, TensorElementType};
use std::ptr::NonNull;

use crate::device::DevicePlane;

/// Where memory lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The GPU at this place in CUDA's order.
    Gpu(i32),
    /// Host memory that stands in for a GPU's, in tests.
    Host,
}

impl Place {
    pub(super) fn info(self) -> ort::Result<MemoryInfo<'static>> {
        let (device, id) = match self {
            Self::Gpu(ordinal) => (AllocationDevice::CUDA, ordinal),
            Self::Host => (AllocationDevice::CPU, 0),
        };
        MemoryInfo::new(device, id, AllocatorType::Device, MemoryType::Default)
    }
}

/// A plane of a frame as `height` rows, each as long as the pitch.
pub(super) fn plane(place: Place, plane: DevicePlane, height: usize) -> ort::Result<DynTensor> {
    let shape = [1, 1, height, plane.stride];
    // SAFETY: whoever made the frame vouches for its planes, for the time of the call that the frame is given to; and
    // no handle of one outlives that.
    unsafe { tensor(place, plane.address, TensorElementType::Uint8, &shape) }
}

/// Another handle of a tensor at `place`: `ort` gives a tensor to one run, or one set of options, for good. The memory
/// goes with `owner`, which `ends.rs` and `resident.rs` keep beside its handles.
pub(super) fn alias(owner: &DynTensor, place: Place) -> ort::Result<DynTensor> {
    let shape: Vec<usize> = owner.shape().iter().map(|&dim| dim as usize).collect();
    // SAFETY: type, shape and address are the owner's, which is kept; runs follow each other.
    unsafe { tensor(place, owner.data_ptr() as usize, *owner.data_type(), &shape) }
}

/// A tensor of `shape` over the bytes at `address` of `place`. Frees nothing when it is dropped.
///
/// # Safety
/// As many elements as `shape` says lie at `address`, and stay there while any run reads or writes the tensor. Where a
/// run writes it, nobody else reads or writes them meanwhile.
unsafe fn tensor(
    place: Place,
    address: usize,
    element: TensorElementType,
    shape: &[usize],
) -> ort::Result<DynTensor> {
    let dims: Vec<i64> = shape.iter().map(|&dim| dim as i64).collect();
    let elements = shape.iter().product();
    let bytes = element.byte_size(elements);
    let bytes = bytes.ok_or_else(|| ort::Error::new("a type without a size"))?;
    let info = place.info()?;
    let mut value = std::ptr::null_mut();
    // SAFETY: ONNX Runtime is loaded (there is a session); it copies the description and the dims, and the memory is as
    // the caller promises.
    let status = unsafe {
        (ort::api().CreateTensorWithDataAsOrtValue)(
            info.ptr(),
            address as *mut _,
            bytes,
            dims.as_ptr(),
            dims.len(),
            element.into(),
            &raw mut value,
        )
    };
    // SAFETY: a status of the call above, looked at once.
    unsafe { ort::Error::result_from_status(status)? };
    let value = NonNull::new(value).ok_or_else(|| ort::Error::new("no tensor was made"))?;
    // SAFETY: a tensor that nobody else has. The allocator is a formality: it has nothing to free.
    Ok(unsafe { DynTensor::from_ptr(value, Some(&Allocator::default())) })
}

#[cfg(test)]
mod tests;

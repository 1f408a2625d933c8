//! Buffers in a GPU's memory as the engine's frames.
//!
//! Unsafe, since it takes addresses out of buffers and vouches for them to the engine.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use gst::glib::ffi::GFALSE;
use gst::glib::translate::ToGlibPtr;
use gst_video::VideoInfo;
use gst_video::ffi::{
    GST_VIDEO_FRAME_MAP_FLAG_NO_REF, GstVideoFrame, gst_video_frame_map, gst_video_frame_unmap,
};
use lowlight_engine::Result;
use lowlight_engine::device::{DeviceFrame, DevicePlane};

use super::gstcuda::Context;
use crate::lowlightrestore::frames::Layout;

/// `GST_MAP_CUDA`: the address on the GPU rather than that of a copy.
const MAP_CUDA: gst::ffi::GstMapFlags = gst::ffi::GST_MAP_FLAG_LAST << 1;

/// An NV12 buffer mapped where it lies.
pub(in crate::lowlightrestore) struct Mapped<'a> {
    frame: GstVideoFrame,
    buffer: PhantomData<&'a gst::BufferRef>,
}

impl<'a> Mapped<'a> {
    /// `None` unless `buffer` is one piece of `context`'s memory.
    pub(in crate::lowlightrestore) fn readable(
        context: &Context,
        buffer: &'a gst::BufferRef,
        info: &VideoInfo,
    ) -> Option<Self> {
        Self::new(context, buffer, info, gst::ffi::GST_MAP_READ)
    }

    /// As [`Self::readable`], to write.
    pub(in crate::lowlightrestore) fn writable(
        context: &Context,
        buffer: &'a mut gst::BufferRef,
        info: &VideoInfo,
    ) -> Option<Self> {
        Self::new(context, buffer, info, gst::ffi::GST_MAP_WRITE)
    }

    fn new(
        context: &Context,
        buffer: &'a gst::BufferRef,
        info: &VideoInfo,
        access: gst::ffi::GstMapFlags,
    ) -> Option<Self> {
        if !context.holds(buffer) {
            return None;
        }
        let mut frame = MaybeUninit::uninit();
        // SAFETY: the buffer lives as long as the result, which is what no reference needs; whoever maps to write has it
        // alone. The frame is looked at only where mapping it went well.
        unsafe {
            let is_mapped = gst_video_frame_map(
                frame.as_mut_ptr(),
                info.to_glib_none().0.cast_mut(),
                buffer.as_mut_ptr(),
                access | MAP_CUDA | GST_VIDEO_FRAME_MAP_FLAG_NO_REF,
            );
            (is_mapped != GFALSE).then(|| Self {
                frame: frame.assume_init(),
                buffer: PhantomData,
            })
        }
    }

    /// The frame, as long as this is mapped.
    pub(in crate::lowlightrestore) fn frame(&self, layout: &Layout) -> Result<DeviceFrame> {
        let planes = [0, 1].map(|plane| DevicePlane {
            address: self.frame.data[plane] as usize,
            // A negative stride becomes 0, which the engine refuses.
            stride: usize::try_from(self.frame.info.stride[plane]).unwrap_or(0),
        });
        // SAFETY: addresses and strides of mapped CUDA memory, which GStreamer allocates in rows of its pitch.
        unsafe { DeviceFrame::nv12(layout.width, layout.height, layout.colorimetry, planes) }
    }
}

impl Drop for Mapped<'_> {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and unmapped once.
        unsafe { gst_video_frame_unmap(&raw mut self.frame) };
    }
}

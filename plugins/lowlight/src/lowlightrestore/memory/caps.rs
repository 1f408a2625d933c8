//! Caps of both memories. Frames in a GPU's memory are NV12: what NVIDIA's decoders give and its encoders take.

use gst_video::VideoFormat;

use crate::lowlightrestore::frames::{self, SIDE};

/// The caps feature of GStreamer's CUDA elements.
const CUDA_MEMORY: &str = "memory:CUDAMemory";

/// Whether frames of `caps` lie in a GPU's memory.
pub(in crate::lowlightrestore) fn is_cuda(caps: &gst::CapsRef) -> bool {
    let features = caps.features(0);
    features.is_some_and(|features| features.contains(CUDA_MEMORY))
}

/// Everything that is taken, system memory first.
pub(in crate::lowlightrestore) fn supported() -> gst::Caps {
    sized(*SIDE.end(), *SIDE.end())
}

/// [`supported`] up to `width` × `height` pixels.
pub(in crate::lowlightrestore) fn sized(width: i32, height: i32) -> gst::Caps {
    let mut caps = frames::sized_caps(width, height);
    let cuda = gst_video::VideoCapsBuilder::new()
        .features([CUDA_MEMORY])
        .format(VideoFormat::Nv12)
        .width_range(*SIDE.start()..=width.min(*SIDE.end()))
        .height_range(*SIDE.start()..=height.min(*SIDE.end()))
        .build();
    caps.merge(cuda);
    caps
}

/// What the other pad can have for `caps`: the same first, since nothing is moved then; after that the other memory.
pub(in crate::lowlightrestore) fn across(caps: &gst::Caps) -> gst::Caps {
    let mut moved = gst::Caps::new_empty();
    for (structure, features) in caps.iter_with_features() {
        let other = match features.contains(CUDA_MEMORY) {
            true => gst::CapsFeatures::new_empty(),
            false => gst::CapsFeatures::new([CUDA_MEMORY]),
        };
        moved.merge_structure_full(structure.to_owned(), Some(other));
    }
    let mut all = caps.clone();
    // Other formats than NV12 do not change their memory.
    all.merge(moved.intersect(&supported()));
    all
}

/// Why frames of `caps` in a GPU's memory are not taken, if that is for their format.
pub(in crate::lowlightrestore) fn objection(caps: &gst::CapsRef) -> Option<String> {
    let structure = caps.structure(0).filter(|_| is_cuda(caps))?;
    let format = structure.get::<&str>("format").ok()?;
    (format != "NV12").then(|| {
        format!(
            "{format} frames in CUDA memory are not taken, NV12 ones are (8 bits): have the decoder give those, or \
             put `cudadownload ! videoconvert` before this element"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(text: &str) -> gst::Caps {
        gst::init().unwrap();
        text.parse().unwrap()
    }

    #[test]
    fn nv12_may_change_its_memory_and_keeps_it_where_it_can() {
        let size = "width=64,height=48,framerate=25/1";
        let system = caps(&format!("video/x-raw,format=NV12,{size}"));
        let cuda = caps(&format!(
            "video/x-raw(memory:CUDAMemory),format=NV12,{size}"
        ));
        for (one, other) in [(&system, &cuda), (&cuda, &system)] {
            let across = across(one);
            assert_eq!(across.size(), 2, "{across}");
            let mut first = across.clone();
            first.truncate();
            assert_eq!(&first, one);
            assert!(other.is_subset(&across), "{across}");
        }
        let i420 = caps(&format!("video/x-raw,format=I420,{size}"));
        assert_eq!(across(&i420), i420);
    }

    #[test]
    fn ten_bits_in_cuda_memory_are_refused_with_what_to_do() {
        let ten = caps("video/x-raw(memory:CUDAMemory),format=P010_10LE,width=64,height=48");
        assert!(!ten.can_intersect(&supported()));
        let objection = objection(&ten).unwrap();
        assert!(objection.contains("P010_10LE") && objection.contains("cudadownload"));
        let eight = caps("video/x-raw(memory:CUDAMemory),format=NV12,width=64,height=48");
        assert!(super::objection(&eight).is_none() && eight.can_intersect(&supported()));
    }
}

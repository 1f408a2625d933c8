use gst::glib;
use gst_base::subclass::prelude::*;
use gst_video::subclass::prelude::*;
use std::sync::LazyLock;

#[derive(Default)]
pub struct LowlightRestore;

#[glib::object_subclass]
impl ObjectSubclass for LowlightRestore {
    const NAME: &'static str = "GstLowlightRestore";
    type Type = super::LowlightRestore;
    type ParentType = gst_video::VideoFilter;
}

impl ObjectImpl for LowlightRestore {}
impl GstObjectImpl for LowlightRestore {}
impl ElementImpl for LowlightRestore {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static M: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new("placeholder", "Filter/Effect/Video", "placeholder", "placeholder")
        });
        Some(&*M)
    }
    fn pad_templates() -> &'static [gst::PadTemplate] {
        static T: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst_video::VideoCapsBuilder::new().build();
            [("sink", gst::PadDirection::Sink), ("src", gst::PadDirection::Src)]
                .into_iter()
                .filter_map(|(n, d)| gst::PadTemplate::new(n, d, gst::PadPresence::Always, &caps).ok())
                .collect()
        });
        T.as_ref()
    }
}
impl BaseTransformImpl for LowlightRestore {
    const MODE: gst_base::subclass::BaseTransformMode = gst_base::subclass::BaseTransformMode::Both;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
}
impl VideoFilterImpl for LowlightRestore {}

//! The restoration of a live stream: kept while cameras come and go, so that its model stays loaded.

use super::super::error::PipelineError;
use super::super::make::{add_chain, make};
use super::super::restore::restore;
use super::entry;
use crate::config::{Crop, Degrade, Restore};
use gst::prelude::*;

/// A restorer that has been built but not started.
pub(crate) struct Restorer {
    pub(crate) pipeline: gst::Pipeline,
    /// Where frames go in.
    pub(crate) entry: gst_app::AppSrc,
}

/// Builds a restorer. `wanted` is called when it wants a frame, `restored` with each frame that comes out.
///
/// # Errors
///
/// An element is missing or takes no such value.
pub(crate) fn restorer(
    crop: Option<&Crop>,
    degrade: Option<&Degrade>,
    settings: &Restore,
    wanted: impl Fn(&gst_app::AppSrc) + Send + Sync + 'static,
    restored: impl Fn(gst::Sample) + Send + Sync + 'static,
) -> Result<Restorer, PipelineError> {
    let pipeline = gst::Pipeline::new();
    let entry = entry("frames");
    entry.set_callbacks(
        gst_app::AppSrcCallbacks::builder()
            .need_data(move |entry, _| wanted(entry))
            .build(),
    );
    let mut elements = vec![entry.clone().upcast()];
    if let Some(crop) = crop {
        elements.extend([make("videoconvert")?, croppable()?, cropper(crop)?]);
    }
    if let Some(degrade) = degrade {
        let camera = make("lowlightdegrade")?;
        camera.set_property_from_str("severity", degrade.severity.nick());
        camera.set_property("seed", degrade.seed);
        elements.extend([make("videoconvert")?, camera]);
    }
    // Passes what the network takes, and converts the rest, such as the 4:2:2 of MJPEG cameras.
    elements.extend([
        make("videoconvert")?,
        restore(settings, false)?,
        exit(restored),
    ]);
    let chain: Vec<&gst::Element> = elements.iter().collect();
    add_chain(&pipeline, &chain)?;
    Ok(Restorer { pipeline, entry })
}

/// The formats that `videocrop` can crop; it says that it takes all, and fails at others.
fn croppable() -> Result<gst::Element, PipelineError> {
    let formats = gst::List::new([
        "I420", "NV12", "GRAY8", "Y42B", "Y444", "YUY2", "UYVY", "RGB", "BGR", "RGBx", "BGRx",
        "RGBA", "BGRA",
    ]);
    let filter = make("capsfilter")?;
    let caps = gst::Caps::builder("video/x-raw").field("format", formats);
    filter.set_property("caps", caps.build());
    Ok(filter)
}

fn cropper(crop: &Crop) -> Result<gst::Element, PipelineError> {
    let element = make("videocrop")?;
    element.set_property("left", i32::from(crop.left));
    element.set_property("top", i32::from(crop.top));
    element.set_property("right", i32::from(crop.right));
    element.set_property("bottom", i32::from(crop.bottom));
    Ok(element)
}

fn exit(restored: impl Fn(gst::Sample) + Send + Sync + 'static) -> gst::Element {
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            restored(sink.pull_sample().map_err(|_| gst::FlowError::Eos)?);
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    let sink = gst_app::AppSink::builder()
        .name("restored")
        .sync(false)
        .max_buffers(1)
        .callbacks(callbacks)
        .build();
    sink.upcast()
}

//! Elements by name, with errors that say which package brings a missing one.

use super::error::PipelineError;
use gst::prelude::*;

/// Makes an element.
pub(super) fn make(factory: &str) -> Result<gst::Element, PipelineError> {
    gst::ElementFactory::make(factory)
        .build()
        .map_err(|_| PipelineError::MissingElement {
            factory: factory.to_owned(),
            package: package(factory),
        })
}

/// Makes an element with a name, by which errors are told apart.
pub(super) fn make_named(factory: &str, name: &str) -> Result<gst::Element, PipelineError> {
    let element = make(factory)?;
    element.set_property("name", name);
    Ok(element)
}

/// Adds `elements` to `bin` and links them in their order.
pub(super) fn add_chain(
    bin: &impl IsA<gst::Bin>,
    elements: &[&gst::Element],
) -> Result<(), PipelineError> {
    for element in elements {
        bin.add(*element).map_err(|_| PipelineError::Link {
            from: element.name().into(),
            to: "the pipeline".into(),
        })?;
    }
    for pair in elements.windows(2) {
        pair[0].link(pair[1]).map_err(|_| PipelineError::Link {
            from: pair[0].name().into(),
            to: pair[1].name().into(),
        })?;
    }
    Ok(())
}

/// Brings `elements`, added to a running pipeline, to its state; downstream ones first, so that none
/// pushes into one that sleeps.
pub(super) fn wake(elements: &[&gst::Element]) -> Result<(), PipelineError> {
    for element in elements.iter().rev() {
        element.sync_state_with_parent().map_err(|_| {
            PipelineError::Unsupported(format!("{} does not start", element.name()))
        })?;
    }
    Ok(())
}

/// Calls `act` with the size of the pictures that will pass `pad`, whenever it is told.
pub(super) fn on_size(
    pad: &gst::Pad,
    act: impl Fn(&gst::CapsRef, i32, i32) + Send + Sync + 'static,
) {
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(gst::EventView::Caps(event)) = info.event().map(|event| event.view())
            && let Some(structure) = event.caps().structure(0)
            && let (Ok(width), Ok(height)) = (structure.get("width"), structure.get("height"))
        {
            act(event.caps(), width, height);
        }
        gst::PadProbeReturn::Ok
    });
}

/// Links two pads.
pub(super) fn link_pads(from: &gst::Pad, to: &gst::Pad) -> Result<(), PipelineError> {
    from.link(to).map(|_| ()).map_err(|_| PipelineError::Link {
        from: from
            .current_caps()
            .map_or_else(|| from.name().to_string(), |caps| caps.to_string()),
        to: to
            .parent()
            .map_or_else(|| to.name().to_string(), |parent| parent.name().to_string()),
    })
}

/// An element's pad that always exists.
pub(super) fn pad(element: &gst::Element, name: &str) -> Result<gst::Pad, PipelineError> {
    element.static_pad(name).ok_or_else(|| PipelineError::Link {
        from: element.name().into(),
        to: format!("its pad {name}"),
    })
}

/// A pad that an element makes on request.
pub(super) fn request_pad(
    element: &gst::Element,
    template: &str,
) -> Result<gst::Pad, PipelineError> {
    element
        .request_pad_simple(template)
        .ok_or_else(|| PipelineError::Link {
            from: element.name().into(),
            to: format!("a new pad {template}"),
        })
}

/// The Debian and Ubuntu package that brings an element.
fn package(factory: &str) -> &'static str {
    match factory {
        "x264enc" => "gstreamer1.0-plugins-ugly",
        "x265enc" | "capssetter" | "ssaparse" => "gstreamer1.0-plugins-bad",
        "mp4mux" | "matroskamux" | "pngenc" | "jpegenc" | "videocrop" | "autovideosink" => {
            "gstreamer1.0-plugins-good"
        }
        "avenc_aac" => "gstreamer1.0-libav",
        "lowlightrestore" | "lowlightdegrade" => "tapetum itself",
        _ => "gstreamer1.0-plugins-base",
    }
}

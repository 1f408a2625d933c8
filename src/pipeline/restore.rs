//! The restoring element and what it may need around it.

use super::error::PipelineError;
use super::make::make_named;
use crate::config::Restore;
use gst::prelude::*;

/// The name that tells errors of the restoration from those of the input.
pub(crate) const RESTORE: &str = "restore";

/// Makes `lowlightrestore` as configured. With `wait_for_model` it holds frames back until the model is
/// loaded, as a file wants; without, they pass unrestored meanwhile, as a live picture wants.
pub(super) fn restore(
    settings: &Restore,
    wait_for_model: bool,
) -> Result<gst::Element, PipelineError> {
    let element = make_named("lowlightrestore", RESTORE)?;
    if let Some(model) = &settings.model_file {
        set(&element, "model-file", &*model.to_string_lossy());
    }
    set_nick(
        &element,
        "execution-provider",
        settings.execution_provider.nick(),
    );
    set(&element, "n-threads", settings.n_threads);
    set(&element, "strength", settings.strength);
    set_nick(&element, "view", settings.view.nick());
    set(&element, "wait-for-model", wait_for_model);
    Ok(element)
}

fn set(element: &gst::Element, property: &str, value: impl Into<gst::glib::Value>) {
    if element.find_property(property).is_some() {
        element.set_property_from_value(property, &value.into());
    }
}

fn set_nick(element: &gst::Element, property: &str, nick: &str) {
    if element.find_property(property).is_some() {
        element.set_property_from_str(property, nick);
    }
}

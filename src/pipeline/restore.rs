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
        element.set_property("model-file", &*model.to_string_lossy());
    }
    element.set_property_from_str("execution-provider", settings.execution_provider.nick());
    element.set_property("device", &settings.device);
    element.set_property("n-threads", settings.n_threads);
    if let Some(dir) = &settings.cache_dir {
        element.set_property("cache-dir", &*dir.to_string_lossy());
    }
    element.set_property("cache-read-only", settings.cache_read_only);
    change(&element, settings);
    element.set_property_from_str("view", settings.view.nick());
    element.set_property("wait-for-model", wait_for_model);
    Ok(element)
}

/// Sets what may change while frames flow.
fn change(element: &gst::Element, settings: &Restore) {
    element.set_property("inference-interval", settings.inference_interval);
    element.set_property("strength", settings.strength);
}

/// Sets what may change while frames flow, in a pipeline that restores.
pub(crate) fn change_within(pipeline: &gst::Pipeline, settings: &Restore) {
    if let Some(element) = pipeline.by_name(RESTORE) {
        change(&element, settings);
    }
}

//! `tapetum doctor`: what is installed, what of it works, and what to do about the rest.

mod blacklist;
mod capacity;
mod elements;
mod graphics;
mod inference;
mod machine;
mod models;
mod report;
mod storage;

pub(crate) use report::Report;

use lowlight_engine::{Model, Runtime};

/// Looks at everything. Takes seconds: libraries are loaded, and a model is run.
pub(crate) fn examine(device: Option<&str>, measure: bool) -> Report {
    let mut report = Report::new();
    report.add("machine", machine::findings());
    report.add("gstreamer", elements::findings());
    let model = Model::open(None);
    report.add("models", models::findings(&model));
    report.add("gpu", graphics::findings(device));
    let runtime = Runtime::load(None);
    let (findings, usable) = inference::findings(&runtime, &model, device);
    report.add("inference", findings);
    report.add("cache", storage::findings());
    if let (true, Ok(runtime), Ok(model)) = (measure, &runtime, &model) {
        report.add("speed", capacity::findings(runtime, model, &usable));
    }
    report
}

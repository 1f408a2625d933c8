//! How many frames this machine restores, roughly.

use super::report::{Finding, Level};
use lowlight_engine::{
    BareNetwork, Colorimetry, Model, OwnedFrame, PixelFormat, Plane, Provider, ProviderChoice,
    Result, Runtime, SessionOptions,
};
use std::time::{Duration, Instant};

/// The size that is measured.
const SIZE: (usize, usize) = (1280, 720);
/// Runs are begun for this long.
const BUDGET: Duration = Duration::from_secs(1);

/// Measures the best of `usable` that needs no engine to be built first.
pub(super) fn findings(runtime: &Runtime, model: &Model, usable: &[Provider]) -> Vec<Finding> {
    let quick = [Provider::Cuda, Provider::OpenVino, Provider::Cpu];
    let Some(provider) = quick.into_iter().find(|provider| usable.contains(provider)) else {
        return Vec::new();
    };
    vec![match measure(runtime, model, provider) {
        Ok((precision, time)) => told(provider, &precision, time),
        Err(error) => Finding::new(Level::Warning, provider.name(), error.to_string()),
    }]
}

/// The precision of the file that was loaded, and the median time of a run.
fn measure(runtime: &Runtime, model: &Model, provider: Provider) -> Result<(String, Duration)> {
    let options = SessionOptions {
        provider: ProviderChoice::Only(provider),
        ..SessionOptions::default()
    };
    let format = PixelFormat::I420;
    let planes = (0..format.n_planes()).map(|index| {
        let (stride, rows) = format.plane_size(index, SIZE.0, SIZE.1);
        Plane {
            data: vec![40; stride * rows],
            stride,
        }
    });
    let frame = OwnedFrame::new(format, SIZE.0, SIZE.1, Colorimetry::default(), planes)?;
    let mut network = BareNetwork::open(runtime, model, &options, &frame.as_frame())?;
    network.run()?;
    let begun = Instant::now();
    let mut times = Vec::new();
    while begun.elapsed() < BUDGET {
        let run = Instant::now();
        network.run()?;
        times.push(run.elapsed());
    }
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    Ok((network.active_provider().precision.clone(), median))
}

fn told(provider: Provider, precision: &str, time: Duration) -> Finding {
    let rate = 1.0 / time.as_secs_f64().max(1e-6);
    let detail = format!(
        "{}x{} {precision}: {:.1} ms a frame, {rate:.0} frames a second, so {} streams of 30 (the network alone)",
        SIZE.0,
        SIZE.1,
        time.as_secs_f64() * 1e3,
        (rate / 30.0).floor()
    );
    match rate < 30.0 {
        false => Finding::ok(provider.name(), detail),
        true => Finding::new(Level::Note, provider.name(), detail)
            .remedy("inference-interval, or a smaller picture: docs/guide/performance.md"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_streams_are_counted() {
        let told = |milliseconds| told(Provider::Cpu, "int8", Duration::from_millis(milliseconds));
        let text = told(10).text();
        assert!(
            text.contains("10.0 ms a frame, 100 frames a second, so 3 streams of 30"),
            "{text}"
        );
        assert_eq!(told(10).level(), Level::Ok);
        assert_eq!(told(50).level(), Level::Note);
    }
}

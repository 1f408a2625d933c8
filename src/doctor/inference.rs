//! ONNX Runtime, and each of its providers: usable, or why not.

use super::report::{Finding, Level};
use lowlight_engine::{Error, Model, Provider, ProviderChoice, Runtime, SessionOptions, gpu};

/// The findings, and the providers that can be used.
pub(super) fn findings(
    runtime: &Result<Runtime, Error>,
    model: &Result<Model, Error>,
    device: Option<&str>,
) -> (Vec<Finding>, Vec<Provider>) {
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let finding = Finding::new(Level::Failure, "ONNX Runtime", error.to_string());
            return (vec![finding], Vec::new());
        }
    };
    let version = runtime
        .version()
        .unwrap_or_else(|| "of unknown version".into());
    let library = runtime.library();
    let mut findings = vec![Finding::ok(
        "ONNX Runtime",
        format!("{version}, {}", library.display()),
    )];
    let Ok(model) = model else {
        return (findings, Vec::new());
    };
    let has_gpu = gpu::survey().is_ok();
    let mut usable = Vec::new();
    for provider in Provider::ALL {
        let options = SessionOptions {
            provider: ProviderChoice::Only(provider),
            device: device.map(str::to_owned),
            ..SessionOptions::default()
        };
        let probed = runtime.probe(provider, model, &options);
        if probed.is_ok() {
            usable.push(provider);
        }
        let reason = probed.map_err(|error| match error {
            Error::Provider { reason, .. } => reason,
            error => error.to_string(),
        });
        findings.push(verdict(provider, reason, has_gpu));
    }
    (findings, usable)
}

/// A provider that is missing matters as much as what it would be good for here.
fn verdict(provider: Provider, probed: Result<(), String>, has_gpu: bool) -> Finding {
    let level = match provider {
        Provider::Cpu => Level::Failure,
        Provider::OpenVino if cfg!(target_arch = "x86_64") => Level::Warning,
        Provider::OpenVino => Level::Note,
        // One of the two TensorRTs is enough, and which one depends on the card.
        Provider::TensorRtRtx => Level::Note,
        Provider::Cuda | Provider::TensorRt => match has_gpu {
            true => Level::Warning,
            false => Level::Note,
        },
    };
    match probed {
        Ok(()) => Finding::ok(provider.name(), "usable"),
        Err(reason) => Finding::new(level, provider.name(), reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(provider: Provider, has_gpu: bool) -> Level {
        verdict(provider, Err("it is gone".into()), has_gpu).level()
    }

    #[test]
    fn what_is_missing_counts_where_it_would_be_of_use() {
        assert_eq!(level(Provider::Cpu, false), Level::Failure);
        for provider in [Provider::Cuda, Provider::TensorRt] {
            assert_eq!(level(provider, false), Level::Note);
            assert_eq!(level(provider, true), Level::Warning);
        }
        let usable = verdict(Provider::Cuda, Ok(()), true);
        assert_eq!(
            (usable.level(), usable.text()),
            (Level::Ok, "cuda: usable".into())
        );
    }
}

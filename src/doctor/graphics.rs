//! NVIDIA's GPUs, driver and libraries.

use super::report::{Finding, Level};
use lowlight_engine::gpu::{self, Library, Survey};

pub(super) fn findings(device: Option<&str>) -> Vec<Finding> {
    match gpu::survey() {
        Err(error) => vec![Finding::new(Level::Note, "driver", error.to_string())],
        Ok(survey) => {
            let mut findings = with_gpu(&survey, &gpu::libraries());
            if let (Some(name), Err(error)) = (device, gpu::find(device)) {
                let refusal =
                    Finding::new(Level::Failure, format!("device {name}"), error.to_string());
                findings.push(refusal);
            }
            findings
        }
    }
}

/// A machine with GPUs misses every library that it does not have.
fn with_gpu(survey: &Survey, libraries: &[Library]) -> Vec<Finding> {
    let version = survey.driver.as_deref().unwrap_or("of unknown version");
    let driver = format!(
        "{version}, knows CUDA up to {}.{}",
        survey.cuda.0, survey.cuda.1
    );
    let mut findings = vec![match survey.cuda.0 {
        13.. => Finding::ok("driver", driver),
        _ => Finding::new(Level::Warning, "driver", driver)
            .remedy("the GPU build of ONNX Runtime needs CUDA 13: install a driver of the 580 series or newer"),
    }];
    findings.extend(survey.gpus.iter().map(|gpu| {
        let (major, minor) = gpu.capability;
        let gib = gpu.memory as f64 / f64::from(1 << 30);
        let detail = format!("{gpu}, {gib:.0} GiB, compute capability {major}.{minor}");
        Finding::ok("GPU", detail)
    }));
    findings.extend(libraries.iter().map(|library| {
        match &library.version {
            Ok(version) => Finding::ok(library.name, format!("{version} ({})", library.file)),
            Err(reason) => Finding::new(Level::Warning, library.name, reason)
                .remedy("docs/guide/nvidia.md says where it comes from"),
        }
    }));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_driver_and_missing_libraries_are_warned_of() {
        let survey = |cuda| Survey {
            driver: Some("580.65.06".into()),
            cuda,
            gpus: vec![gpu::Gpu {
                index: 0,
                name: "Card".into(),
                uuid: "GPU-0".into(),
                memory: 80 << 30,
                capability: (9, 0),
            }],
        };
        let library = |version: Result<&str, &str>| Library {
            name: "cuDNN",
            file: "libcudnn.so.9",
            version: version.map(str::to_owned).map_err(str::to_owned),
        };
        let good = with_gpu(&survey((13, 2)), &[library(Ok("9.10.2"))]);
        assert!(good.iter().all(|finding| finding.level() == Level::Ok));
        let texts: Vec<String> = good.iter().map(Finding::text).collect();
        assert_eq!(
            texts,
            [
                "driver: 580.65.06, knows CUDA up to 13.2",
                "GPU: 0 Card (GPU-0), 80 GiB, compute capability 9.0",
                "cuDNN: 9.10.2 (libcudnn.so.9)"
            ]
        );
        let bad = with_gpu(
            &survey((12, 8)),
            &[library(Err("libcudnn.so.9 was not found"))],
        );
        assert_eq!(bad[0].level(), Level::Warning);
        assert_eq!(bad[2].level(), Level::Warning);
    }
}

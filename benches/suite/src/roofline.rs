//! How close the network's own run comes to what this machine can do.

use crate::child::answer;
use crate::plan::{FULL_HD, TIERS, name};
use crate::row::{Outcome, Row};
use crate::setting::Setting;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What `benches/python/roofline.py` prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Peaks {
    models: BTreeMap<String, Cost>,
    /// By kind of arithmetic.
    pub(crate) peak_macs_per_second: BTreeMap<String, f64>,
    pub(crate) bytes_per_second: f64,
    versions: Value,
}

/// One frame's.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) macs: f64,
    /// Every operator's tensors, once per use: without any fusion.
    pub(crate) bytes: f64,
    /// The graph's inputs, outputs and weights.
    pub(crate) least_bytes: f64,
}

/// A model under its roof.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Roof {
    pub(crate) model: String,
    pub(crate) size: String,
    pub(crate) cost: Cost,
    /// By operations alone.
    pub(crate) compute_ms: f64,
    /// By the least bytes, and by every operator's.
    pub(crate) least_memory_ms: f64,
    pub(crate) memory_ms: f64,
    /// The bare session's median.
    pub(crate) measured_ms: f64,
}

impl Roof {
    /// What the machine could do at best, over what was measured.
    pub(crate) fn closeness(&self) -> f64 {
        self.compute_ms.max(self.least_memory_ms) / self.measured_ms
    }
}

/// Peaks and roofs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Roofline {
    pub(crate) provider: String,
    pub(crate) peaks: Peaks,
    pub(crate) roofs: Vec<Roof>,
}

/// Looks at the files that the throughput rows ran; those rows must be among `rows`.
pub(crate) fn measure(setting: &Setting, rows: &[Row]) -> anyhow::Result<Roofline> {
    let python = setting.python.as_ref().context("no Python for it")?;
    let size = FULL_HD;
    let ran: Vec<(&str, String, f64)> = TIERS
        .into_iter()
        .filter_map(|tier| bare(rows, &format!("throughput-{}-{tier}", name(size)), tier))
        .collect();
    let provider = &ran
        .first()
        .context("no 1080p throughput row to compare with")?
        .1;
    let files = ran
        .iter()
        .map(|(tier, _, _)| Ok(loaded(&setting.model(tier)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let peaks: Peaks = answer(
        Command::new(python)
            .arg(setting.root.join("benches/python/roofline.py"))
            .args(&files)
            .args(["--size", &format!("{}x{}", size.0, size.1)])
            .args(["--threads", &setting.cores.len().to_string()])
            .args(["--runs", if setting.plan.is_quick { "3" } else { "40" }])
            .args(["--provider", provider])
            .arg("--folder")
            .arg(&setting.work),
    )?;
    let roofs = files.iter().zip(&ran).map(|(file, (_, _, measured_ms))| {
        roof(&peaks, file, *measured_ms).context("the script left a model out")
    });
    Ok(Roofline {
        provider: provider.clone(),
        roofs: roofs.collect::<anyhow::Result<_>>()?,
        peaks,
    })
}

/// Tier, provider and milliseconds of the bare session in row `id`.
fn bare<'a>(rows: &[Row], id: &str, tier: &'a str) -> Option<(&'a str, String, f64)> {
    let row = rows.iter().find(|row| row.subject.id == id)?;
    let Outcome::Measured(measured) = &row.outcome else {
        return None;
    };
    let provider = measured.detail.get("provider")?.as_str()?.to_owned();
    Some((tier, provider, measured.detail.get("bare_ms")?.as_f64()?))
}

/// The file that the engine loads on a CPU: the companion on blocks where there is one.
fn loaded(model: &Path) -> std::path::PathBuf {
    let stem = model.file_stem().unwrap_or_default().to_string_lossy();
    let companion = model.with_file_name(format!("{stem}-blocks.onnx"));
    if companion.is_file() {
        companion
    } else {
        model.to_owned()
    }
}

fn roof(peaks: &Peaks, file: &Path, measured_ms: f64) -> Option<Roof> {
    let model = file.file_name()?.to_string_lossy().into_owned();
    let cost = *peaks.models.get(&model)?;
    let kind = if model.contains("int8") {
        "int8"
    } else {
        "fp32"
    };
    let memory = |bytes: f64| bytes / peaks.bytes_per_second * 1e3;
    Some(Roof {
        size: name(FULL_HD),
        compute_ms: cost.macs / peaks.peak_macs_per_second.get(kind)? * 1e3,
        least_memory_ms: memory(cost.least_bytes),
        memory_ms: memory(cost.bytes),
        model,
        cost,
        measured_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_roof_counts() {
        let peaks: Peaks = serde_json::from_str(
            r#"{"models": {"a-int8.onnx": {"macs": 4e9, "bytes": 3e8, "least_bytes": 1e7}},
                "peak_macs_per_second": {"int8": 2e11, "fp32": 5e10}, "bytes_per_second": 1e10, "versions": {}}"#,
        )
        .unwrap();
        let roof = roof(&peaks, Path::new("models/a-int8.onnx"), 40.0).unwrap();
        assert!((roof.compute_ms - 20.0).abs() < 1e-9);
        assert!((roof.least_memory_ms - 1.0).abs() < 1e-9);
        assert!((roof.closeness() - 0.5).abs() < 1e-9);
    }
}

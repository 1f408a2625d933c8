//! The table, the verdicts, and where they are written.

use super::bars::{self, Bar};
use super::case::{Case, Measured};
use super::sustained::Streams;
use super::zero_copy::Copies;
use crate::plan::name;
use anyhow::Context;
use lowlight_engine::Runtime;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// The GPU that the bars are for.
const JUDGED: &str = "H100";

/// Everything that was found.
pub(super) struct Report {
    devices: Vec<String>,
    library: String,
    pub(super) rows: Vec<(Case, Measured)>,
    pub(super) streams: Vec<Streams>,
    pub(super) copies: Vec<Copies>,
    /// What there was nothing to measure of, and what could not be measured.
    left_out: Vec<String>,
    failed: Vec<String>,
}

impl Report {
    pub(super) fn new(runtime: &Runtime, devices: Vec<String>) -> Self {
        Self {
            devices,
            library: runtime.library().display().to_string(),
            rows: Vec::new(),
            streams: Vec::new(),
            copies: Vec::new(),
            left_out: Vec::new(),
            failed: Vec::new(),
        }
    }

    pub(super) fn left_out(&mut self, case: &Case, why: &str) {
        self.left_out.push(format!("{case}: {why}"));
    }

    pub(super) fn failed(&mut self, case: &Case, why: &str) {
        self.failed.push(format!("{case}: {why}"));
    }

    /// Whether something was measured, and nothing failed.
    pub(super) fn is_whole(&self) -> bool {
        !self.rows.is_empty() && self.failed.is_empty()
    }

    /// Prints it and writes `README.md` and `results.csv` to `folder`.
    pub(super) fn publish(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let text = self.text();
        std::fs::write(folder.join("README.md"), &text)?;
        std::fs::write(folder.join("results.csv"), self.csv())?;
        writeln!(std::io::stdout(), "{text}\nWritten to {}", folder.display())?;
        Ok(())
    }

    fn text(&self) -> String {
        let devices = match self.devices.is_empty() {
            true => "none with a driver".into(),
            false => self.devices.join("; "),
        };
        let mut text = format!(
            "# What the GPU does\n\nGPU: {devices}. ONNX Runtime: {}. Tapetum {}.\n\n{}",
            self.library,
            env!("CARGO_PKG_VERSION"),
            self.table()
        );
        text += "\n| 1080p streams at 30 a second | provider | model |\n| --- | --- | --- |\n";
        for found in &self.streams {
            let more = if found.is_at_least { " or more" } else { "" };
            let Streams {
                provider,
                tier,
                precision,
                count,
                ..
            } = found;
            let _ = writeln!(text, "| {count}{more} | {provider} | {tier} {precision} |");
        }
        text += "\n| 1080p frames in GPU memory | restored there | carried out and in | saved | note |\n| --- | --- | --- | --- | --- |\n";
        for copies in &self.copies {
            let ms =
                |value: Option<f64>| value.map_or("–".into(), |value| format!("{value:.2} ms"));
            let times = [copies.in_place, copies.copied, copies.saved()].map(ms);
            let _ = writeln!(
                text,
                "| {} | {} | {} |",
                copies.provider,
                times.join(" | "),
                copies.note
            );
        }
        text += &self.verdicts();
        for (what, lines) in [("Left out", &self.left_out), ("FAILED", &self.failed)] {
            for line in lines {
                let _ = write!(text, "\n{what}: {line}");
            }
        }
        text
    }

    fn table(&self) -> String {
        let mut text = String::from(
            "| provider | tier | precision | size | streams | frames in a run | fps | p50 ms | p99 ms | GPU MiB | code values from the CPU's fp32, 99.9 % |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        for (case, measured) in &self.rows {
            let _ = writeln!(text, "| {} |", cells(case, measured, "–").join(" | "));
        }
        text
    }

    fn csv(&self) -> String {
        let mut text = String::from(
            "provider,tier,precision,size,streams,frames_in_a_run,fps,p50_ms,p99_ms,gpu_mib,difference_p99_9\n",
        );
        for (case, measured) in &self.rows {
            let _ = writeln!(text, "{}", cells(case, measured, "").join(","));
        }
        text
    }

    fn verdicts(&self) -> String {
        let is_judged = self.devices.iter().any(|device| device.contains(JUDGED));
        let mut text = format!(
            "\n| bar, for an {JUDGED} with the CUDA provider | found | verdict |\n| --- | --- | --- |\n"
        );
        for Bar {
            what,
            found,
            is_met,
        } in bars::judge(&self.rows, &self.copies)
        {
            let verdict = match (&found, is_judged, is_met) {
                (None, _, _) => "not measured",
                (_, false, _) => "not judged: another machine",
                (_, true, true) => "met",
                (_, true, false) => "MISSED",
            };
            let _ = writeln!(
                text,
                "| {what} | {} | {verdict} |",
                found.as_deref().unwrap_or("–")
            );
        }
        text
    }
}

fn cells(case: &Case, measured: &Measured, nothing: &str) -> [String; 11] {
    let whole =
        |value: Option<f64>| value.map_or(nothing.to_owned(), |value| format!("{value:.0}"));
    [
        case.provider.name().into(),
        case.tier.clone(),
        case.precision.clone(),
        name(case.size),
        case.batch.to_string(),
        format!("{:.1}", measured.in_a_run),
        format!("{:.1}", measured.fps),
        format!("{:.2}", measured.p50),
        format!("{:.2}", measured.p99),
        whole(measured.memory),
        whole(measured.agreement),
    ]
}

//! What is promised for an H100 with the CUDA provider.

use super::case::{Case, Measured};
use super::zero_copy::Copies;
use crate::plan::FULL_HD;
use lowlight_engine::Provider;
use serde::Serialize;

/// A promise, and what was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Bar {
    pub(super) what: &'static str,
    /// Nothing where there was nothing to judge by.
    pub(super) found: Option<String>,
    pub(super) is_met: bool,
}

/// Every promise, held against what was measured.
pub(super) fn judge(rows: &[(Case, Measured)], copies: &[Copies]) -> Vec<Bar> {
    let base = alone(rows, "base");
    let nano = || of(rows, "nano").map(|(_, measured)| measured.fps);
    let agreements = rows
        .iter()
        .filter(|(case, _)| case.provider == Provider::Cuda && case.precision == "fp16");
    let agreements = agreements.filter_map(|(_, measured)| measured.agreement);
    let saved = copies
        .iter()
        .find(|copies| copies.provider == Provider::Cuda.name());
    let ms = |value: f64| format!("{value:.2} ms");
    vec![
        bar(
            "base 1080p fp16: at most 4 ms at the median",
            base.map(|m| m.p50),
            ms,
            |p50| p50 <= 4.0,
        ),
        bar(
            "base 1080p fp16: 99th percentile at most 1.5 times the median",
            base.map(|m| m.p99 / m.p50.max(f64::MIN_POSITIVE)),
            |times| format!("{times:.2} times"),
            |times| times <= 1.5,
        ),
        bar(
            "nano 1080p fp16: at least 600 frames a second, all streams together",
            nano().reduce(f64::max),
            |fps| format!("{fps:.0} fps"),
            |fps| fps >= 600.0,
        ),
        bar(
            "fp16: 99.9 % of the pixels within 2 code values of the CPU's fp32",
            agreements.reduce(f64::max),
            |most| format!("{most:.0} code values"),
            |most| most <= 2.0,
        ),
        bar(
            "1080p without copies: at least 1 ms a frame less",
            saved.and_then(Copies::saved),
            ms,
            |saved| saved >= 1.0,
        ),
    ]
}

fn bar(
    what: &'static str,
    found: Option<f64>,
    text: impl Fn(f64) -> String,
    is_met: impl Fn(f64) -> bool,
) -> Bar {
    Bar {
        what,
        is_met: found.is_some_and(is_met),
        found: found.map(text),
    }
}

/// Rows of the CUDA provider with the float16 model of `tier` at 1080p.
fn of<'a>(
    rows: &'a [(Case, Measured)],
    tier: &'a str,
) -> impl Iterator<Item = &'a (Case, Measured)> {
    rows.iter().filter(move |(case, _)| {
        case.provider == Provider::Cuda
            && case.tier == tier
            && case.precision == "fp16"
            && case.size == FULL_HD
    })
}

fn alone<'a>(rows: &'a [(Case, Measured)], tier: &'a str) -> Option<&'a Measured> {
    of(rows, tier)
        .find(|(case, _)| case.batch == 1)
        .map(|(_, measured)| measured)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(tier: &str, batch: usize, p50: f64, fps: f64) -> (Case, Measured) {
        let case = Case {
            provider: Provider::Cuda,
            tier: tier.into(),
            precision: "fp16".into(),
            size: FULL_HD,
            batch,
        };
        let measured = Measured {
            fps,
            p50,
            p99: p50 * 1.4,
            in_a_run: batch as f64,
            memory: None,
            agreement: (batch == 1).then_some(1.0),
        };
        (case, measured)
    }

    #[test]
    fn a_bar_is_met_by_the_row_that_it_is_about() {
        let rows = [
            row("base", 1, 3.9, 250.0),
            row("base", 4, 12.0, 300.0),
            row("nano", 1, 2.0, 500.0),
            row("nano", 8, 9.0, 700.0),
        ];
        let met: Vec<_> = judge(&rows, &[]).iter().map(|bar| bar.is_met).collect();
        assert_eq!(met, [true, true, true, true, false]);
        let slow = [row("base", 1, 4.1, 240.0), row("nano", 1, 2.0, 500.0)];
        let met: Vec<_> = judge(&slow, &[]).iter().map(|bar| bar.is_met).collect();
        assert_eq!(met, [false, true, false, true, false]);
    }

    #[test]
    fn nothing_measured_is_nothing_met() {
        assert!(
            judge(&[], &[])
                .iter()
                .all(|bar| !bar.is_met && bar.found.is_none())
        );
    }
}

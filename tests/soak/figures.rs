//! Figures and the bars they are held against.

use std::io::Write;

/// What a figure should be.
pub(crate) enum Bar {
    AtMost(f64),
    AtLeast(f64),
    None(&'static str),
}

impl Bar {
    pub(crate) fn at_most(value: f64) -> Self {
        Self::AtMost(value)
    }

    pub(crate) fn at_least(value: f64) -> Self {
        Self::AtLeast(value)
    }

    /// No bar, and why.
    pub(crate) fn none(why: &'static str) -> Self {
        Self::None(why)
    }

    /// What to say of `value`, and whether the bar is missed.
    fn verdict(&self, value: f64, unit: &str) -> (String, bool) {
        let (word, limit, is_missed) = match *self {
            Self::AtMost(limit) => ("most", limit, value > limit),
            Self::AtLeast(limit) => ("least", limit, value < limit),
            Self::None(why) => return (format!("no bar: {why}"), false),
        };
        let verdict = if is_missed { "MISSED" } else { "reached" };
        (format!("at {word} {limit} {unit}: {verdict}"), is_missed)
    }
}

/// Prints figures with their bars, and adds them as a table to the file that `SOAK_RESULTS` names. With `SOAK_BARS` set,
/// fails when a bar is not reached.
#[track_caller]
pub(crate) fn report(title: &str, figures: &[(&str, f64, &str, Bar)]) {
    let (mut missed, mut table) = (Vec::new(), String::new());
    println!("{title}");
    for (name, value, unit, bar) in figures {
        let (verdict, is_missed) = bar.verdict(*value, unit);
        if is_missed {
            missed.push(*name);
        }
        println!("{name:>24} {value:>10.2} {unit:<5} {verdict}");
        table += &format!("| {name} | {value:.2} {unit} | {verdict} |\n");
    }
    if let Some(file) = std::env::var_os("SOAK_RESULTS") {
        let table = format!("{title}:\n\n| what | figure | bar |\n| --- | --- | --- |\n{table}\n");
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(file);
        file.unwrap().write_all(table.as_bytes()).unwrap();
    }
    let is_strict = std::env::var_os("SOAK_BARS").is_some();
    assert!(!is_strict || missed.is_empty(), "bars missed: {missed:?}");
}

/// The value that `share` percent of `values` do not exceed.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// The slope of the straight line through points, by least squares.
pub(crate) fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let covariance: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let variance: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    covariance / variance
}

#[test]
fn slope_and_percentile_are_what_they_say() {
    assert_eq!(slope(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]), 2.0);
    let values: Vec<f64> = (1..=100).map(f64::from).collect();
    assert_eq!(
        (percentile(&values, 50.0), percentile(&values, 99.0)),
        (50.0, 99.0)
    );
    assert_eq!(percentile(&[7.0], 99.0), 7.0);
}

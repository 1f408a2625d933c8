//! A row of the table: what was measured, against which bar, and what to make of it.

use crate::quiet::OTHERS_LIMIT;
use crate::stats::spread;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

/// Rounds from which on their agreement means something.
const LEAST_ROUNDS: usize = 5;

/// What a value has to reach.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Bar {
    AtLeast(f64),
    AtMost(f64),
}

impl Bar {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bar) => value >= bar,
            Self::AtMost(bar) => value <= bar,
        }
    }
}

/// What is to be measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Subject {
    /// For machines and `--only`, such as `throughput-1080p-nano`.
    pub(crate) id: String,
    /// For people.
    pub(crate) what: String,
    /// None: shown, not judged.
    pub(crate) bar: Option<Bar>,
    pub(crate) unit: &'static str,
    /// Spread of the rounds from which on the row is noisy.
    pub(crate) spread_limit: f64,
}

/// What a measurement gave.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Measured {
    pub(crate) value: f64,
    /// The value of each round.
    pub(crate) rounds: Vec<f64>,
    /// What would have been the same throughout on a quiet machine, where that is not the rounds' values.
    pub(crate) steadiness: Vec<f64>,
    /// What a reader of the table should see beside the value.
    pub(crate) note: String,
    /// Everything else, for `results.json`.
    pub(crate) detail: Map<String, Value>,
}

impl Measured {
    /// How much the rounds, or what stands for them, disagree: see [`spread`].
    fn spread(&self) -> f64 {
        match self.steadiness.is_empty() {
            true => spread(&self.rounds),
            false => spread(&self.steadiness),
        }
    }
}

/// How it ended.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    Measured(Measured),
    /// There is nothing to measure here; says why.
    NotMeasurable(String),
    /// A test holds the bar; says which.
    HeldByTest(String),
    /// It should have been measured and was not; says why.
    Broken(String),
}

/// A finished row.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    #[serde(flatten)]
    pub(crate) subject: Subject,
    pub(crate) outcome: Outcome,
    /// Share of the cores that others used meanwhile, 0 to 1.
    pub(crate) others: f64,
}

/// What the table says of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Fail,
    /// There is no bar.
    Shown,
    NotMeasurable,
    HeldByTest,
    Broken,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "pass",
            Self::Fail => "FAIL",
            Self::Shown => "shown",
            Self::NotMeasurable => "not measurable",
            Self::HeldByTest => "held by a test",
            Self::Broken => "BROKEN",
        })
    }
}

impl Row {
    pub(crate) fn verdict(&self) -> Verdict {
        match (&self.outcome, self.subject.bar) {
            (Outcome::Measured(_), None) => Verdict::Shown,
            (Outcome::Measured(measured), Some(bar)) if bar.is_met(measured.value) => Verdict::Pass,
            (Outcome::Measured(_), Some(_)) => Verdict::Fail,
            (Outcome::NotMeasurable(_), _) => Verdict::NotMeasurable,
            (Outcome::HeldByTest(_), _) => Verdict::HeldByTest,
            (Outcome::Broken(_), _) => Verdict::Broken,
        }
    }

    /// Whether the machine was too busy, or the rounds disagreed too much, to judge. Rounds that are all on the same side of
    /// the bar agree in what is judged, however far from it each of them is.
    pub(crate) fn is_noisy(&self) -> bool {
        match &self.outcome {
            Outcome::Measured(measured) => {
                let disagree = measured.spread() > self.subject.spread_limit;
                self.others > OTHERS_LIMIT || (disagree && !self.is_unanimous(measured))
            }
            _ => false,
        }
    }

    fn is_unanimous(&self, measured: &Measured) -> bool {
        let Some(bar) = self.subject.bar else {
            return false;
        };
        let passed = bar.is_met(measured.value);
        let agrees = |&round: &f64| bar.is_met(round) == passed;
        measured.rounds.len() >= LEAST_ROUNDS && measured.rounds.iter().all(agrees)
    }

    /// Whether it has a bar and a value that may be held against it.
    pub(crate) fn is_judged(&self) -> bool {
        matches!(self.verdict(), Verdict::Pass | Verdict::Fail) && !self.is_noisy()
    }

    /// The bar in words, such as `≥ 0.95`.
    pub(crate) fn bar_text(&self) -> String {
        let unit = unit_text(self.subject.unit);
        match self.subject.bar {
            Some(Bar::AtLeast(bar)) => format!("≥ {bar}{unit}"),
            Some(Bar::AtMost(bar)) => format!("≤ {bar}{unit}"),
            None => String::new(),
        }
    }

    /// The value in words, or a dash.
    pub(crate) fn value_text(&self) -> String {
        match &self.outcome {
            Outcome::Measured(measured) => {
                let digits = if measured.value.abs() >= 20.0 { 1 } else { 3 };
                let unit = unit_text(self.subject.unit);
                format!("{:.digits$}{unit}", measured.value)
            }
            _ => "–".to_owned(),
        }
    }

    /// Rounds' spread and others' share, such as `3 %, 1 %`.
    pub(crate) fn noise_text(&self) -> String {
        match &self.outcome {
            Outcome::Measured(measured) => format!(
                "{:.0} %, {:.0} %",
                measured.spread() * 100.0,
                self.others * 100.0
            ),
            _ => String::new(),
        }
    }

    /// The verdict, with a mark if it does not count.
    pub(crate) fn verdict_text(&self) -> String {
        let noisy = if self.is_noisy() { ", noisy" } else { "" };
        format!("{}{noisy}", self.verdict())
    }

    /// What a reader should know beside the value.
    pub(crate) fn note(&self) -> &str {
        match &self.outcome {
            Outcome::Measured(measured) => &measured.note,
            Outcome::NotMeasurable(why) | Outcome::HeldByTest(why) | Outcome::Broken(why) => why,
        }
    }
}

fn unit_text(unit: &str) -> String {
    if unit.is_empty() {
        String::new()
    } else {
        format!(" {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bar: Option<Bar>, value: f64, rounds: &[f64], others: f64) -> Row {
        Row {
            subject: Subject {
                id: "id".into(),
                what: "what".into(),
                bar,
                unit: "ms",
                spread_limit: 0.1,
            },
            outcome: Outcome::Measured(Measured {
                value,
                rounds: rounds.to_vec(),
                ..Measured::default()
            }),
            others,
        }
    }

    #[test]
    fn a_bar_is_met_by_its_very_value() {
        for (bar, value, expected) in [
            (Bar::AtLeast(2.0), 2.0, Verdict::Pass),
            (Bar::AtLeast(2.0), 1.999, Verdict::Fail),
            (Bar::AtMost(1.5), 1.5, Verdict::Pass),
            (Bar::AtMost(1.5), 1.501, Verdict::Fail),
        ] {
            assert_eq!(row(Some(bar), value, &[value], 0.0).verdict(), expected);
        }
        assert_eq!(row(None, 1.0, &[1.0], 0.0).verdict(), Verdict::Shown);
    }

    #[test]
    fn a_busy_machine_or_disagreeing_rounds_forbid_a_judgement() {
        let bar = Some(Bar::AtLeast(1.0));
        assert!(row(bar, 2.0, &[2.0, 2.1], 0.04).is_judged());
        assert!(row(bar, 2.0, &[2.0, 2.1], 0.06).is_noisy());
        assert!(row(bar, 2.0, &[2.0, 3.0], 0.0).is_noisy());
        assert!(!row(bar, 2.0, &[2.0, 3.0], 0.0).is_judged());
    }

    #[test]
    fn rounds_that_all_pass_or_all_fail_are_judged_however_much_they_differ() {
        let bar = Some(Bar::AtLeast(2.0));
        let wide = [3.0, 3.5, 4.0, 4.5, 5.0];
        assert!(row(bar, 4.0, &wide, 0.0).is_judged());
        assert!(
            row(bar, 4.0, &wide, 0.06).is_noisy(),
            "others had the cores"
        );
        assert!(row(bar, 4.0, &wide[..4], 0.0).is_noisy(), "too few rounds");
        assert!(row(bar, 4.0, &[1.9, 3.5, 4.0, 4.5, 5.0], 0.0).is_noisy());
        assert!(row(Some(Bar::AtLeast(9.0)), 4.0, &wide, 0.0).is_judged());
        assert!(row(None, 4.0, &wide, 0.0).is_noisy(), "nothing to agree in");
    }

    #[test]
    fn what_was_not_measured_is_neither_passed_nor_judged() {
        for (outcome, verdict) in [
            (Outcome::NotMeasurable("x".into()), Verdict::NotMeasurable),
            (Outcome::HeldByTest("x".into()), Verdict::HeldByTest),
            (Outcome::Broken("x".into()), Verdict::Broken),
        ] {
            let row = Row {
                outcome,
                ..row(Some(Bar::AtMost(1.0)), 0.0, &[], 0.0)
            };
            assert_eq!(row.verdict(), verdict);
            assert!(!row.is_judged() && !row.is_noisy());
            assert_eq!((row.value_text().as_str(), row.note()), ("–", "x"));
        }
    }
}

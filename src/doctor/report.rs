//! What was found: for people as text, for programs as JSON.

use serde::Serialize;
use std::fmt::{self, Display, Formatter};

/// How good or bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// As it should be.
    Ok,
    /// Not there, and not needed here.
    Note,
    /// Works, but not as well as it could.
    Warning,
    /// Nothing can be restored until this is mended.
    Failure,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Finding {
    level: Level,
    what: String,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    pub(super) fn new(level: Level, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            level,
            what: what.into(),
            detail: detail.into(),
            remedy: None,
        }
    }

    pub(super) fn ok(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Level::Ok, what, detail)
    }

    /// Says what to do about it.
    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    #[cfg(test)]
    pub(super) fn level(&self) -> Level {
        self.level
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        format!("{}: {}", self.what, self.detail)
    }
}

/// Findings about one thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Section {
    name: &'static str,
    findings: Vec<Finding>,
}

/// All findings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Report {
    version: &'static str,
    /// Whether frames can be restored here.
    healthy: bool,
    sections: Vec<Section>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            healthy: true,
            sections: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, name: &'static str, findings: Vec<Finding>) {
        self.healthy &= findings
            .iter()
            .all(|finding| finding.level < Level::Failure);
        self.sections.push(Section { name, findings });
    }

    /// What nothing can be restored without.
    pub(crate) fn failures(&self) -> Vec<String> {
        let findings = self.sections.iter().flat_map(|section| &section.findings);
        findings
            .filter(|finding| finding.level == Level::Failure)
            .map(|finding| finding.what.clone())
            .collect()
    }
}

impl Display for Report {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "tapetum {}", self.version)?;
        for section in &self.sections {
            writeln!(formatter, "\n{}", section.name)?;
            for finding in &section.findings {
                let mark = match finding.level {
                    Level::Ok => "ok  ",
                    Level::Note => "-   ",
                    Level::Warning => "warn",
                    Level::Failure => "FAIL",
                };
                writeln!(formatter, "  {mark}  {}: {}", finding.what, finding.detail)?;
                if let Some(remedy) = &finding.remedy {
                    writeln!(formatter, "          -> {remedy}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(level: Level) -> Report {
        let mut report = Report::new();
        report.add("first", vec![Finding::ok("thing", "there")]);
        let finding = Finding::new(level, "other", "gone").remedy("fetch it");
        report.add("second", vec![finding]);
        report
    }

    #[test]
    fn only_failures_make_it_unhealthy() {
        for (level, failures) in [
            (Level::Ok, vec![]),
            (Level::Note, vec![]),
            (Level::Warning, vec![]),
            (Level::Failure, vec!["other".to_owned()]),
        ] {
            let report = report(level);
            assert_eq!(report.healthy, failures.is_empty(), "{level:?}");
            assert_eq!(report.failures(), failures);
        }
    }

    #[test]
    fn people_read_marks_and_remedies() {
        let text = report(Level::Failure).to_string();
        let (_, body) = text.split_once("\n\n").unwrap();
        assert_eq!(
            body,
            "first\n  ok    thing: there\n\nsecond\n  FAIL  other: gone\n          -> fetch it\n"
        );
    }

    #[test]
    fn programs_read_the_same_as_json() {
        let json = serde_json::to_value(report(Level::Warning)).unwrap();
        assert_eq!(json["healthy"], true);
        assert_eq!(
            json["sections"][1],
            serde_json::json!({ "name": "second", "findings": [
                { "level": "warning", "what": "other", "detail": "gone", "remedy": "fetch it" }
            ]})
        );
        let first = &json["sections"][0]["findings"][0];
        assert!(first.get("remedy").is_none());
    }
}

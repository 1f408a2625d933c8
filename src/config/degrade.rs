//! `[degrade]`: a simulated night camera, so that any source can test the restoration.

use serde::Deserialize;

/// Settings of `lowlightdegrade`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Degrade {
    /// How dark and noisy.
    pub severity: Severity,
    /// Where the noise starts; the same number gives the same noise.
    pub seed: u64,
}

/// How dark and noisy a simulated night is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A lit street, a good sensor.
    Mild,
    /// In between.
    #[default]
    Medium,
    /// Hardly any light, a small sensor.
    Severe,
}

impl Severity {
    /// The nick of the element's property value.
    #[must_use]
    pub fn nick(self) -> &'static str {
        match self {
            Self::Mild => "mild",
            Self::Medium => "medium",
            Self::Severe => "severe",
        }
    }
}

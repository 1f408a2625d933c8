//! `[degrade]`: a simulated night camera, so that any source can test the restoration.

use serde::Deserialize;

/// Settings of `lowlightdegrade`; its own defaults hold for what is not named here.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Degrade {}

//! `[stream.brown-out]`: what a stream gives up when the machine is short.

use super::expand;
use serde::Deserialize;
use std::path::PathBuf;

/// What a stream gives up, step by step: every second restoration, the larger network, the restoration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BrownOut {
    /// Whether anything is given up; without it frames are dropped, and what is shown is all restored.
    pub enabled: bool,
    /// A cheaper network for the step before the last; absent: there is no such step.
    #[serde(deserialize_with = "expand::some_path")]
    pub model_file: Option<PathBuf>,
}

impl Default for BrownOut {
    fn default() -> Self {
        Self {
            enabled: true,
            model_file: None,
        }
    }
}

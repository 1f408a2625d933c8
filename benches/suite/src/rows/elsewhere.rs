//! Bars that a test holds: a bench would only repeat it.

use crate::row::Outcome;
use crate::setting::Setting;

/// The test that counts heap allocations.
const ALLOCATIONS: &str = "engine/tests/allocations.rs";

pub(super) fn allocations(setting: &Setting) -> anyhow::Result<Outcome> {
    let held = setting.root.join(ALLOCATIONS).is_file();
    anyhow::ensure!(held, "{ALLOCATIONS}, the test that counts them, is missing");
    Ok(Outcome::HeldByTest(format!(
        "{ALLOCATIONS}, part of `make test`"
    )))
}

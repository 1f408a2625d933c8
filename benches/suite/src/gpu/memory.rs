//! The GPU's own account of itself, where its driver's tools are.

use std::process::Command;

/// Name, driver and memory of each GPU, one a line; nothing without a driver.
pub(super) fn devices() -> Vec<String> {
    query("name,driver_version,memory.total").unwrap_or_default()
}

/// MiB in use on the first GPU. The process's own share is not always told (containers), so others must be quiet.
pub(super) fn used() -> Option<f64> {
    let lines = query("memory.used")?;
    lines.first()?.split_whitespace().next()?.parse().ok()
}

fn query(fields: &str) -> Option<Vec<String>> {
    let mut command = Command::new("nvidia-smi");
    command.args([&format!("--query-gpu={fields}"), "--format=csv,noheader"]);
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().map(str::trim).map(str::to_owned).collect())
}

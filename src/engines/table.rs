//! A cache's entries as a table for people, and as JSON for programs.

use super::size::bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use lowlight_engine::cache::{Listed, Manifest};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

/// One line of the table.
type Row = [String; 8];

const HEAD: [&str; 8] = [
    "ENTRY",
    "MODEL",
    "SIZE",
    "PROVIDER",
    "DEVICE",
    "ON DISK",
    "BUILT IN",
    "LAST USED",
];

/// `entries` as a table, with a sum below. `now` is what "last used" is told from.
pub(crate) fn table(entries: &[Listed], now: SystemTime) -> String {
    let mut rows: Vec<Row> = vec![HEAD.map(str::to_owned)];
    rows.extend(entries.iter().map(|entry| row(entry, now)));
    let mut text = aligned(&rows);
    let total = entries.iter().map(|entry| entry.bytes).sum();
    let plural = if entries.len() == 1 { "y" } else { "ies" };
    text.push_str(&format!(
        "{} entr{plural}, {}\n",
        entries.len(),
        bytes(total)
    ));
    text
}

fn row(entry: &Listed, now: SystemTime) -> Row {
    let used = now.duration_since(entry.last_used).unwrap_or_default();
    let (name, on_disk) = (short(&entry.name), bytes(entry.bytes));
    match &entry.manifest {
        Ok(manifest) => [
            name,
            manifest.model_file.clone(),
            format!("{}x{}", manifest.size.0, manifest.size.1),
            manifest.key.provider.clone(),
            manifest.key.device.clone(),
            on_disk,
            seconds(manifest.build_time()),
            ago(used),
        ],
        Err(flaw) => {
            let damaged = format!("damaged: {flaw}");
            let none = || "-".to_owned();
            [
                name,
                damaged,
                none(),
                none(),
                none(),
                on_disk,
                none(),
                ago(used),
            ]
        }
    }
}

fn short(name: &str) -> String {
    name.chars().take(12).collect()
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// How long ago, in the one unit that tells enough.
fn ago(time: Duration) -> String {
    let seconds = time.as_secs();
    let (number, unit) = match seconds {
        0..60 => return "now".into(),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural} ago")
}

/// Rows with their columns below each other.
fn aligned(rows: &[Row]) -> String {
    let mut widths = [0; HEAD.len()];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// `entries` as a JSON array.
pub(crate) fn json(entries: &[Listed]) -> Value {
    entries.iter().map(object).collect()
}

fn object(entry: &Listed) -> Value {
    let used: DateTime<Utc> = entry.last_used.into();
    let mut object = json!({
        "name": entry.name,
        "bytes": entry.bytes,
        "last-used": used.to_rfc3339_opts(SecondsFormat::Secs, true),
        "sound": entry.manifest.is_ok(),
    });
    match &entry.manifest {
        Ok(manifest) => object["entry"] = told(manifest),
        Err(flaw) => object["flaw"] = flaw.to_string().into(),
    }
    object
}

fn told(manifest: &Manifest) -> Value {
    serde_json::to_value(manifest).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        for (seconds, expected) in [
            (0, "now"),
            (60, "1 minute ago"),
            (7300, "2 hours ago"),
            (200_000, "2 days ago"),
        ] {
            assert_eq!(ago(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn columns_stand_below_each_other() {
        let row = |cells: [&str; 8]| cells.map(str::to_owned);
        let text = aligned(&[
            row(["A", "LONG", "", "", "", "", "", "Z"]),
            row(["wide", "x", "", "", "", "", "", "z"]),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].find("LONG"), lines[1].find('x'));
        assert_eq!(lines[0].find('Z'), lines[1].find('z'));
    }
}

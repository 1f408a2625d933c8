//! The results as Markdown tables.

use crate::growth::Point;
use crate::plan::name;
use crate::roofline::Roofline;
use crate::row::Row;
use std::fmt::Write;

/// Every row with its bar and verdict.
pub(crate) fn rows(rows: &[Row]) -> String {
    let mut text = String::from(
        "| what | bar | value | verdict | spread, others | note |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for row in rows {
        let cells = [
            row.subject.what.clone(),
            row.bar_text(),
            row.value_text(),
            row.verdict_text(),
            row.noise_text(),
            row.note().to_owned(),
        ];
        // A bar in an error's text would end its cell.
        let cells = cells.map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

/// How many rows count, and why others do not: the run's last line.
pub(crate) fn summary(rows: &[Row]) -> String {
    let judged = rows.iter().filter(|row| row.is_judged()).count();
    let barred = rows.iter().filter(|row| row.subject.bar.is_some()).count();
    let count = |word: &str| rows.iter().filter(|row| row.verdict_text() == word).count();
    let noisy = rows.iter().filter(|row| row.is_noisy()).count();
    let mut text = format!(
        "{judged} of {barred} rows with a bar could be judged: {} passed, {} failed.",
        count("pass"),
        count("FAIL")
    );
    if noisy > 0 {
        let _ = write!(
            text,
            " {noisy} rows were too noisy to judge: stop other work on this machine and run it again."
        );
    }
    let broken = count("BROKEN");
    if broken > 0 {
        let _ = write!(
            text,
            " {broken} rows are BROKEN: they could not be measured."
        );
    }
    text
}

/// Frames per second by resolution, a column for each tier and number of cores.
pub(crate) fn grid(points: &[Point]) -> String {
    let mut columns: Vec<(&str, usize)> = points
        .iter()
        .map(|point| (point.tier, point.cores))
        .collect();
    columns.sort_unstable();
    columns.dedup();
    let mut sizes: Vec<_> = points.iter().map(|point| point.size).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut text = "| frames per second |".to_owned();
    for (tier, cores) in &columns {
        let cores = if *cores == 1 {
            "1 core".into()
        } else {
            format!("{cores} cores")
        };
        let _ = write!(text, " {tier}, {cores} |");
    }
    let _ = write!(text, "\n| --- |{}\n", " --- |".repeat(columns.len()));
    for size in sizes {
        let _ = write!(text, "| {}×{} |", size.0, size.1);
        for column in &columns {
            let point = points
                .iter()
                .find(|point| point.size == size && (point.tier, point.cores) == *column);
            let cell = point.map_or("–".into(), |point| format!("{:.1}", point.fps));
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    text
}

/// Frames per second by number of streams.
pub(crate) fn streams(points: &[Point]) -> String {
    let size = points
        .first()
        .map_or(String::new(), |point| name(point.size));
    let mut text = format!(
        "| streams of {size} | frames per second, all | each | worst-off over mean |\n| --- | --- | --- | --- |\n"
    );
    for point in points {
        let _ = writeln!(
            text,
            "| {} | {:.1} | {:.1} | {:.2} |",
            point.streams,
            point.fps,
            point.fps / point.streams as f64,
            point.fairness
        );
    }
    text
}

/// Peaks, and every model under them.
pub(crate) fn roofline(roofline: &Roofline) -> String {
    let peaks = &roofline.peaks;
    let giga = |kind: &str| {
        peaks
            .peak_macs_per_second
            .get(kind)
            .copied()
            .unwrap_or_default()
            / 1e9
    };
    let mut text = format!(
        "Peaks measured in this run ({}): {:.0} G multiply-accumulates per second in int8, {:.0} in fp32; {:.1} GB/s \
         copied (read and written).\n\n\
         | model, size | GMAC | MB least | MB unfused | ms: operations | ms: least bytes | ms: unfused bytes | ms measured | close to the roof |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        roofline.provider,
        giga("int8"),
        giga("fp32"),
        peaks.bytes_per_second / 1e9
    );
    for roof in &roofline.roofs {
        let _ = writeln!(
            text,
            "| {}, {} | {:.2} | {:.1} | {:.0} | {:.1} | {:.1} | {:.1} | {:.1} | {:.0} % |",
            roof.model,
            roof.size,
            roof.cost.macs / 1e9,
            roof.cost.least_bytes / 1e6,
            roof.cost.bytes / 1e6,
            roof.compute_ms,
            roof.least_memory_ms,
            roof.memory_ms,
            roof.measured_ms,
            roof.closeness() * 100.0
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::{Bar, Measured, Outcome, Subject};

    fn row(id: &str, outcome: Outcome) -> Row {
        Row {
            subject: Subject {
                id: id.into(),
                what: id.into(),
                bar: Some(Bar::AtLeast(1.0)),
                unit: "×",
                spread_limit: 0.1,
            },
            outcome,
            others: 0.0,
        }
    }

    fn measured(value: f64, rounds: &[f64]) -> Outcome {
        Outcome::Measured(Measured {
            value,
            rounds: rounds.to_vec(),
            ..Measured::default()
        })
    }

    #[test]
    fn the_table_shows_bar_value_and_verdict() {
        let text = rows(&[
            row("quick", measured(1.25, &[1.25])),
            row("odd", Outcome::Broken("a | b\nc".into())),
        ]);
        assert!(
            text.contains("| quick | ≥ 1 × | 1.250 × | pass | 0 %, 0 % |  |"),
            "{text}"
        );
        assert!(
            text.contains("| odd | ≥ 1 × | – | BROKEN |  | a \\| b c |"),
            "{text}"
        );
    }

    #[test]
    fn the_summary_counts_only_what_may_be_judged() {
        let text = summary(&[
            row("a", measured(2.0, &[2.0])),
            row("b", measured(0.5, &[0.5])),
            row("c", measured(2.0, &[1.0, 3.0])),
            row("d", Outcome::Broken(String::new())),
        ]);
        assert!(text.starts_with("2 of 4 rows with a bar could be judged: 1 passed, 1 failed."));
        assert!(text.contains("1 rows were too noisy") && text.contains("1 rows are BROKEN"));
    }

    #[test]
    fn the_grid_has_a_row_for_every_size_and_a_gap_for_what_was_not_run() {
        let point = |size, cores, fps| Point {
            size,
            tier: "nano",
            cores,
            streams: 1,
            fps,
            spread: 0.0,
            fairness: 1.0,
        };
        let text = grid(&[
            point((640, 360), 1, 60.0),
            point((640, 360), 2, 110.0),
            point((1280, 720), 2, 40.0),
        ]);
        assert!(text.contains("| nano, 1 core | nano, 2 cores |"), "{text}");
        assert!(text.contains("| 640×360 | 60.0 | 110.0 |"));
        assert!(text.contains("| 1280×720 | – | 40.0 |"));
    }
}

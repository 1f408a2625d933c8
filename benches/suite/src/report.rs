//! What a run leaves behind: a page, a file for machines, two plots; and its section of the guide.

use crate::growth::{Growth, Point};
use crate::machine::Machine;
use crate::plot::{Axes, Line, draw};
use crate::quiet::OTHERS_LIMIT;
use crate::roofline::Roofline;
use crate::row::Row;
use crate::table;
use anyhow::Context;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Between these lines of the guide only this program writes.
const BEGIN: &str = "<!-- make bench: begin -->";
const END: &str = "<!-- make bench: end -->";

/// Everything that a run found out.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) command: String,
    /// Year-month-day, UTC.
    pub(crate) date: String,
    pub(crate) is_quick: bool,
    pub(crate) seconds: f64,
    pub(crate) machine: Machine,
    pub(crate) rows: Vec<Row>,
    pub(crate) growth: Option<Growth>,
    pub(crate) roofline: Option<Roofline>,
    /// What was left out, and why.
    pub(crate) left_out: Vec<String>,
}

impl Report {
    /// Writes the results into `folder`. Paths in the checkout at `root` become relative to it: where it lies means
    /// nothing to anybody else.
    pub(crate) fn write(&self, folder: &Path, root: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let root = format!("{}/", root.display());
        let write = |name: &str, text: String| {
            let path = folder.join(name);
            fs::write(&path, text.replace(&root, ""))
                .with_context(|| format!("cannot write {}", path.display()))
        };
        write("results.json", serde_json::to_string_pretty(self)? + "\n")?;
        if let Some(growth) = &self.growth {
            plots(folder, growth)?;
        }
        write("README.md", self.page())
    }

    fn page(&self) -> String {
        let mut parts = vec![
            format!("# Speed, {}", self.date),
            format!("```sh\n{}\n```", self.command),
            self.machine.text(),
        ];
        if self.is_quick {
            parts.push(
                "**Quick mode: these figures mean nothing**, but that everything runs.".into(),
            );
        }
        parts.push(format!(
            "What each row means: [design](../../../docs/design/performance.md). The run took {:.0} minutes.",
            (self.seconds / 60.0).ceil()
        ));
        parts.push(table::rows(&self.rows));
        parts.push(table::summary(&self.rows));
        parts.extend(self.left_out.iter().map(|what| format!("Left out: {what}")));
        if let Some(growth) = &self.growth {
            parts.push(format!(
                "## How the cost grows\n\nFrames in memory through the element. Others had {:.0} % of the cores.{}",
                growth.others * 100.0,
                noise_mark(growth)
            ));
            parts.push(table::grid(&growth.grid));
            parts.push("![Frames per second against resolution](resolution.svg)".into());
            parts.push(table::streams(&growth.streams));
            parts.push("![Frames per second against streams](streams.svg)".into());
        }
        if let Some(roofline) = &self.roofline {
            parts.push(format!("## Roofline\n\n{}", table::roofline(roofline)));
        }
        let trimmed: Vec<&str> = parts.iter().map(|part| part.trim_end()).collect();
        trimmed.join("\n\n") + "\n"
    }

    /// The guide's section: the grid, and where it comes from. `folder` is named relative to the guide.
    pub(crate) fn section(&self, folder: &str) -> Option<String> {
        let growth = self.growth.as_ref()?;
        let mut text = format!(
            "Frames per second of one stream, {} ([run](../../{folder}/README.md)).{} {}\n\n{}\n",
            self.date,
            noise_mark(growth),
            self.machine.text(),
            table::grid(&growth.grid).trim_end()
        );
        if let Some(roofline) = &self.roofline {
            let table = table::roofline(roofline);
            text += &format!("\n{}\n", table.trim_end());
        }
        Some(text)
    }
}

fn noise_mark(growth: &Growth) -> &'static str {
    if growth.others > OTHERS_LIMIT {
        " **The machine was busy: do not quote these.**"
    } else {
        ""
    }
}

/// Puts `section` between the markers of the guide at `path`.
pub(crate) fn rewrite(path: &Path, section: &str) -> anyhow::Result<()> {
    let name = path.display();
    let page = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    let page = replaced(&page, section)
        .with_context(|| format!("{name} has no `{BEGIN}` with an `{END}` after it"))?;
    fs::write(path, page).with_context(|| format!("cannot write {name}"))
}

fn replaced(page: &str, section: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!(
        "{before}{BEGIN}\n\n{}\n\n{END}{after}",
        section.trim()
    ))
}

/// A folder below `runs` that does not exist yet: `<date>-<what>`, with a number if there is one already.
pub(crate) fn fresh_folder(runs: &Path, date: &str, what: &str) -> PathBuf {
    let first = runs.join(format!("{date}-{what}"));
    let others = (2..).map(|number| runs.join(format!("{date}-{what}-{number}")));
    std::iter::once(first)
        .chain(others)
        .find(|path| !path.exists())
        .unwrap_or_else(|| runs.join(what))
}

fn plots(folder: &Path, growth: &Growth) -> anyhow::Result<()> {
    let axes = Axes {
        title: "One stream",
        x: "megapixels a frame",
        y: "frames per second",
    };
    draw(
        &folder.join("resolution.svg"),
        &axes,
        &by_column(&growth.grid),
    )?;
    let axes = Axes {
        title: "Streams in one process",
        x: "streams",
        y: "frames per second",
    };
    let line = |name: &str, share: fn(&Point) -> f64| Line {
        name: name.to_owned(),
        points: growth
            .streams
            .iter()
            .map(|point| (point.streams as f64, share(point)))
            .collect(),
    };
    let lines = [
        line("all together", |point| point.fps),
        line("each", |point| point.fps / point.streams as f64),
    ];
    draw(&folder.join("streams.svg"), &axes, &lines)
}

/// A line for each tier and number of cores.
fn by_column(points: &[Point]) -> Vec<Line> {
    let mut columns: Vec<(&str, usize)> = points
        .iter()
        .map(|point| (point.tier, point.cores))
        .collect();
    columns.sort_unstable();
    columns.dedup();
    let of = |column: (&str, usize)| {
        points
            .iter()
            .filter(move |point| (point.tier, point.cores) == column)
            .map(|point| ((point.size.0 * point.size.1) as f64 / 1e6, point.fps))
            .collect()
    };
    columns
        .into_iter()
        .map(|column| Line {
            name: format!("{}, {} core(s)", column.0, column.1),
            points: of(column),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::{Outcome, Subject};
    use crate::setting::Setting;

    fn report(others: f64) -> Report {
        let point = |streams| Point {
            size: (640, 360),
            tier: "nano",
            cores: 2,
            streams,
            fps: 90.0,
            spread: 0.0,
            fairness: 1.0,
        };
        let row = Row {
            subject: Subject {
                id: "film".into(),
                what: "a film".into(),
                bar: None,
                unit: "",
                spread_limit: 0.1,
            },
            outcome: Outcome::Broken("/check/out/film.mp4 is missing".into()),
            others,
        };
        Report {
            command: "make bench".into(),
            date: "2026-01-02".into(),
            is_quick: false,
            seconds: 61.0,
            machine: Machine::look(&Setting::for_tests()),
            rows: vec![row],
            growth: Some(Growth {
                grid: vec![point(1)],
                streams: vec![point(1), point(2)],
                others,
            }),
            roofline: None,
            left_out: vec!["the roofline: no Python".into()],
        }
    }

    #[test]
    fn a_run_leaves_a_page_its_figures_and_two_plots() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        report(0.0).write(&run, Path::new("/check/out")).unwrap();
        let page = fs::read_to_string(run.join("README.md")).unwrap();
        for part in [
            "The run took 2 minutes",
            "| a film |",
            "| film.mp4 is missing |",
            "| 640×360 | 90.0 |",
            "Left out: the roofline: no Python",
        ] {
            assert!(page.contains(part), "no {part:?} in {page}");
        }
        let json = fs::read_to_string(run.join("results.json")).unwrap();
        assert!(json.contains("film.mp4") && !json.contains("/check/out"));
        assert!(run.join("resolution.svg").is_file() && run.join("streams.svg").is_file());
    }

    #[test]
    fn the_guide_is_told_when_its_figures_are_not_to_be_quoted() {
        let quiet = report(0.01).section("benches/runs/x").unwrap();
        assert!(quiet.contains("../../benches/runs/x/README.md") && quiet.contains("| 640×360 |"));
        assert!(!quiet.contains("do not quote"));
        let busy = report(0.5).section("benches/runs/x").unwrap();
        assert!(busy.contains("do not quote"));
    }

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let page = format!("# Guide\n{BEGIN}\nold\n{END}\nafter\n");
        let new = replaced(&page, "new\n").unwrap();
        assert_eq!(new, format!("# Guide\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(replaced(&new, "new"), Some(new.clone()));
        assert_eq!(replaced("# Guide", "new"), None);
        assert_eq!(replaced(&format!("{END} {BEGIN}"), "new"), None);
    }

    #[test]
    fn a_second_run_of_a_day_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let first = fresh_folder(folder.path(), "2026-01-02", "bench");
        assert!(first.ends_with("2026-01-02-bench"));
        fs::create_dir(&first).unwrap();
        let second = fresh_folder(folder.path(), "2026-01-02", "bench");
        assert!(second.ends_with("2026-01-02-bench-2"));
    }
}

//! The page: Prometheus' text format, version 0.0.4.

use super::Board;
use crate::stream::Figures;
use std::fmt::Write;

/// The format's name.
pub(super) const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A family of figures: name, kind, help, and of each stream the values with the rest of their names and labels.
type Family = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Figures) -> Vec<(&'static str, &'static str, f64)>,
);

const MICROSECONDS: f64 = 1e6;

/// What is counted of each stream. The label is written out, so that a name can be looked for.
const FAMILIES: [Family; 12] = [
    (
        "tapetum_frames_total",
        "counter",
        "Frames, by what became of them.",
        |of| {
            vec![
                ("", ",outcome=\"shown\"", of.shown.get() as f64),
                ("", ",outcome=\"superseded\"", of.superseded.get() as f64),
                ("", ",outcome=\"too-old\"", of.too_old.get() as f64),
                ("", ",outcome=\"skipped\"", of.skipped.get() as f64),
                ("", ",outcome=\"unrestored\"", of.unrestored.get() as f64),
                ("", ",outcome=\"unrecorded\"", of.unrecorded.get() as f64),
            ]
        },
    ),
    (
        "tapetum_frames_captured_total",
        "counter",
        "Frames that the source gave.",
        |of| vec![("", "", of.captured.get() as f64)],
    ),
    (
        "tapetum_placeholders_total",
        "counter",
        "Placeholders shown for want of frames.",
        |of| vec![("", "", of.placeholders.get() as f64)],
    ),
    (
        "tapetum_inference_seconds",
        "summary",
        "Time that the restorer took for a frame.",
        |of| {
            vec![
                ("_sum", "", of.busy_us.get() as f64 / MICROSECONDS),
                ("_count", "", of.shown.get() as f64),
            ]
        },
    ),
    (
        "tapetum_frame_age_seconds",
        "gauge",
        "Age of the newest frame when it was restored.",
        |of| vec![("", "", of.age_us.get() as f64 / MICROSECONDS)],
    ),
    (
        "tapetum_signal",
        "gauge",
        "1 while frames come, 0 while the placeholder is shown.",
        |of| vec![("", "", of.signal.get() as f64)],
    ),
    (
        "tapetum_source_starts_total",
        "counter",
        "Connections to the source that were begun.",
        |of| vec![("", "", of.starts.get() as f64)],
    ),
    (
        "tapetum_failures_total",
        "counter",
        "Pipelines that failed, by what they were.",
        |of| {
            vec![
                ("", ",part=\"source\"", of.failures.get() as f64),
                ("", ",part=\"restorer\"", of.restorer_failures.get() as f64),
                ("", ",part=\"sink\"", of.sink_failures.get() as f64),
            ]
        },
    ),
    (
        "tapetum_source_failures_total",
        "counter",
        "Failures of the source that have a reason of their own.",
        |of| {
            vec![
                ("", ",reason=\"stalled\"", of.stalls.get() as f64),
                ("", ",reason=\"refused\"", of.refusals.get() as f64),
            ]
        },
    ),
    (
        "tapetum_abandoned_total",
        "counter",
        "Pipelines that did not stop and were left behind.",
        |of| vec![("", "", of.abandoned.get() as f64)],
    ),
    (
        "tapetum_rung",
        "gauge",
        "Rung of the brown-out ladder; 0 is full restoration.",
        |of| vec![("", "", of.rung.get() as f64)],
    ),
    (
        "tapetum_ladder_steps_total",
        "counter",
        "Steps on that ladder.",
        |of| {
            vec![
                ("", ",direction=\"down\"", of.steps_down.get() as f64),
                ("", ",direction=\"up\"", of.steps_up.get() as f64),
            ]
        },
    ),
];

/// All figures.
pub(super) fn page(board: &Board) -> String {
    let (mut page, streams) = (String::new(), board.streams());
    for (name, kind, help, values) in FAMILIES {
        head(&mut page, name, kind, help);
        for (stream, figures) in &streams {
            for (rest, labels, value) in values(figures) {
                let labels = format!("stream=\"{stream}\"{labels}");
                line(&mut page, &format!("{name}{rest}"), &labels, value);
            }
        }
    }
    let mounts = board.readers();
    head(&mut page, "tapetum_readers", "gauge", "Readers of a mount.");
    for (mount, readers, _) in &mounts {
        line(
            &mut page,
            "tapetum_readers",
            &format!("mount=\"{mount}\""),
            *readers as f64,
        );
    }
    let refused = "tapetum_readers_refused_total";
    head(
        &mut page,
        refused,
        "counter",
        "Readers that a full mount has refused.",
    );
    for (mount, _, count) in &mounts {
        line(
            &mut page,
            refused,
            &format!("mount=\"{mount}\""),
            *count as f64,
        );
    }
    page
}

// Writing to a String cannot fail.
fn head(page: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(page: &mut String, name: &str, labels: &str, value: f64) {
    let _ = writeln!(page, "{name}{{{labels}}} {value}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::Readers;
    use std::sync::Arc;

    #[test]
    fn the_page_has_every_stream_and_mount() {
        let (board, figures, readers) = (
            Board::default(),
            Arc::<Figures>::default(),
            Arc::<Readers>::default(),
        );
        figures.shown.add_many(3);
        figures.busy_us.add_many(1_500_000);
        readers.open("/gate", 1);
        readers.admit("/gate", 1);
        readers.admit("/gate", 2);
        board.add("gate", &figures);
        board.add("yard", &Arc::default());
        board.set_readers(Some(readers));
        let page = page(&board);
        for line in [
            "# TYPE tapetum_frames_total counter",
            "# TYPE tapetum_inference_seconds summary",
            "tapetum_frames_total{stream=\"gate\",outcome=\"shown\"} 3",
            "tapetum_frames_total{stream=\"yard\",outcome=\"shown\"} 0",
            "tapetum_inference_seconds_sum{stream=\"gate\"} 1.5",
            "tapetum_inference_seconds_count{stream=\"gate\"} 3",
            "tapetum_readers{mount=\"/gate\"} 1",
            "tapetum_readers_refused_total{mount=\"/gate\"} 1",
        ] {
            assert!(
                page.lines().any(|found| found == line),
                "no {line} in\n{page}"
            );
        }
    }

    #[test]
    fn a_stream_that_is_gone_is_on_no_page() {
        let board = Board::default();
        board.add("gate", &Arc::default());
        board.remove("gate");
        assert!(!page(&board).contains("gate"));
    }
}

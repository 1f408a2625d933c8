//! The table's rows: what each is called, its bar, and the function that measures it.

mod elsewhere;
mod files;
mod latency;
mod memory;
mod rivals;
mod script;
mod start;
mod throughput;

use crate::plan::{FULL_HD, HD, Size, TIERS, name};
use crate::quiet::Watch;
use crate::row::{Bar, Measured, Outcome, Row, Subject};
use crate::setting::Setting;

/// Spread from which on a row is noisy: of ratios, of whole runs, of what happens once in a process's life.
const RATIO_SPREAD: f64 = 0.10;
const FACTOR_SPREAD: f64 = 0.15;
const ONCE_SPREAD: f64 = 0.50;

type Measure = Box<dyn Fn(&Setting) -> anyhow::Result<Outcome>>;

/// A row before it is measured.
pub(crate) struct Task {
    pub(crate) subject: Subject,
    measure: Measure,
}

impl Task {
    fn new(
        id: impl Into<String>,
        what: impl Into<String>,
        bar: Option<Bar>,
        (unit, spread_limit): (&'static str, f64),
        measure: impl Fn(&Setting) -> anyhow::Result<Outcome> + 'static,
    ) -> Self {
        Self {
            subject: Subject {
                id: id.into(),
                what: what.into(),
                bar,
                unit,
                spread_limit,
            },
            measure: Box::new(measure),
        }
    }

    /// Measures, and watches the machine meanwhile. Whatever goes wrong is the row's outcome, not the run's end.
    pub(crate) fn run(self, setting: &Setting) -> Row {
        let watch = Watch::start(&setting.cores);
        let outcome =
            (self.measure)(setting).unwrap_or_else(|error| Outcome::Broken(format!("{error:#}")));
        let others = watch.and_then(|watch| watch.others());
        Row {
            subject: self.subject,
            outcome,
            // Without the kernel's accounts nobody knows: as noisy as can be.
            others: others.unwrap_or(1.0),
        }
    }
}

/// Every row, in the order of the table.
pub(crate) fn all() -> Vec<Task> {
    let mut tasks = Vec::new();
    for size in [HD, FULL_HD] {
        tasks.extend(TIERS.map(|tier| throughput_task(size, tier)));
    }
    tasks.extend(TIERS.map(latency_task));
    tasks.extend([file_task(FULL_HD, 1.0), file_task(HD, 2.0), encode_task()]);
    for size in [HD, FULL_HD] {
        tasks.push(script_task(size, "cpu", Some(Bar::AtLeast(2.0))));
    }
    tasks.push(script_task(FULL_HD, "openvino", None));
    tasks.extend(other_tasks());
    tasks
}

fn throughput_task(size: Size, tier: &'static str) -> Task {
    let of = name(size);
    Task::new(
        format!("throughput-{of}-{tier}"),
        format!("pipeline over bare session, {of} {tier}"),
        Some(Bar::AtLeast(0.95)),
        ("", RATIO_SPREAD),
        move |setting| throughput::measure(setting, tier, size).map(Outcome::Measured),
    )
}

fn latency_task(tier: &'static str) -> Task {
    Task::new(
        format!("latency-1080p-{tier}"),
        format!("added latency, p99, 1080p {tier}"),
        Some(Bar::AtMost(1.5)),
        ("ms", FACTOR_SPREAD),
        move |setting| latency::measure(setting, tier, FULL_HD).map(Outcome::Measured),
    )
}

fn file_task(size: Size, bar: f64) -> Task {
    let of = name(size);
    Task::new(
        format!("file-{of}"),
        format!("H.264 file → nano → fakesink, {of}30, real-time factor"),
        Some(Bar::AtLeast(bar)),
        ("×", FACTOR_SPREAD),
        move |setting| files::measure(setting, size, false).map(Outcome::Measured),
    )
}

fn encode_task() -> Task {
    Task::new(
        "encode-720p",
        "H.264 file → nano → x264 → file, 720p30, real-time factor",
        Some(Bar::AtLeast(1.0)),
        ("×", FACTOR_SPREAD),
        |setting| files::measure(setting, HD, true).map(Outcome::Measured),
    )
}

fn script_task(size: Size, provider: &'static str, bar: Option<Bar>) -> Task {
    let of = name(size);
    let (suffix, with) = match provider {
        "cpu" => (String::new(), String::new()),
        other => (format!("-{other}"), format!(" with {other}")),
    };
    Task::new(
        format!("script-{of}{suffix}"),
        format!("frames per second over the user's script{with}, {of} nano"),
        bar,
        ("×", FACTOR_SPREAD),
        move |setting| script::measure(setting, size, provider),
    )
}

fn other_tasks() -> [Task; 4] {
    let measured = |measure: fn(&Setting) -> anyhow::Result<Measured>| {
        move |setting: &Setting| measure(setting).map(Outcome::Measured)
    };
    [
        Task::new(
            "rivals",
            "over FFmpeg's or NNStreamer's neural filter",
            Some(Bar::AtLeast(1.5)),
            ("×", FACTOR_SPREAD),
            |_| rivals::look(),
        ),
        Task::new(
            "allocations",
            "heap allocations per frame in our code",
            Some(Bar::AtMost(0.0)),
            ("", 0.0),
            elsewhere::allocations,
        ),
        Task::new(
            "memory-1080p-nano",
            "peak resident memory, file → nano, 1080p",
            Some(Bar::AtMost(350.0)),
            ("MiB", FACTOR_SPREAD),
            measured(memory::measure),
        ),
        Task::new(
            "start-1080p-nano",
            "PLAYING → first restored frame, warm cache, 1080p30",
            Some(Bar::AtMost(1.5)),
            ("s", ONCE_SPREAD),
            measured(start::measure),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_names_of_their_own() {
        let mut ids: Vec<String> = all().into_iter().map(|task| task.subject.id).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn what_cannot_be_measured_says_why_in_its_row() {
        let task = Task::new("x", "x", None, ("", 0.1), |_| anyhow::bail!("no film"));
        let row = task.run(&Setting::for_tests());
        assert_eq!((row.note(), row.value_text().as_str()), ("no film", "–"));
    }
}

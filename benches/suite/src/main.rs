//! Measures every promise on speed, side by side with what it is measured against, and holds it against its bar.
//!
//! `make bench` runs it. What the rows mean: docs/design/performance.md.

mod child;
mod clips;
mod cores;
mod gpu;
mod growth;
mod machine;
mod pipe;
mod plan;
mod plot;
mod quiet;
mod report;
mod roofline;
mod row;
mod rows;
mod setting;
mod stats;
mod table;

use anyhow::Context;
use clap::Parser;
use machine::Machine;
use plan::Plan;
use report::Report;
use row::{Row, Verdict};
use setting::Setting;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Cores of the rows: what the bars are about.
const CORES: usize = 2;

/// Holds Tapetum's speed against its bars.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Enough to see that everything runs; BENCH_QUICK=1 does the same. Leaves the guide and benches/runs/ alone.
    #[arg(long)]
    quick: bool,
    /// Only rows whose name contains this; no growth, no roofline. Names: --list
    #[arg(long, value_name = "WORD")]
    only: Option<String>,
    /// Print the rows' names.
    #[arg(long)]
    list: bool,
    /// The checkout.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// The models, if not those of the checkout.
    #[arg(long)]
    models: Option<PathBuf>,
    /// A Python with the packages of benches/python/requirements.lock.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Where to write the results, if not benches/runs/DATE-NAME.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The run's name.
    #[arg(long, default_value = "bench")]
    name: String,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(clap::Subcommand)]
enum Part {
    /// Everything that a machine with a GPU should be asked, as one table (scripts/gpu-check).
    Gpu(Box<gpu::Args>),
    /// What this program starts itself.
    #[command(hide = true)]
    Child { order: String },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.part {
        Some(Part::Gpu(args)) => gpu::run(args),
        Some(Part::Child { order }) => child::obey(order).map(|()| true),
        None if cli.list => list().map(|()| true),
        None => run(&cli),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            say(&format!("tapetum-bench: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Progress goes to standard error: standard output is the table.
fn say(text: &str) {
    // Who closed it does not want to know.
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn list() -> anyhow::Result<()> {
    for task in rows::all() {
        writeln!(
            std::io::stdout(),
            "{:28} {}",
            task.subject.id,
            task.subject.what
        )?;
    }
    Ok(())
}

/// Measures; whether every row could be measured, met bar or not.
fn run(cli: &Cli) -> anyhow::Result<bool> {
    let begun = Instant::now();
    let setting = prepare(cli)?;
    let machine = Machine::look(&setting);
    say(&machine.text());
    let mut left_out = Vec::new();
    if setting.python.is_none() {
        left_out
            .push("the script's rows and the roofline: no --python (make bench makes one)".into());
        say(&format!("LEFT OUT: {}", left_out.join("; ")));
    }
    let rows = measure_rows(cli, &setting);
    let (growth, roofline) = match cli.only {
        Some(_) => (None, None),
        None => (
            optional(growth::measure(&setting, say), "growth", &mut left_out),
            optional(
                roofline::measure(&setting, &rows),
                "the roofline",
                &mut left_out,
            ),
        ),
    };
    let report = Report {
        command: command(cli),
        date: gst::glib::DateTime::now_utc()?.format("%F")?.to_string(),
        is_quick: setting.plan.is_quick,
        seconds: begun.elapsed().as_secs_f64(),
        machine,
        rows,
        growth,
        roofline,
        left_out,
    };
    publish(cli, &setting, &report)?;
    Ok(report
        .rows
        .iter()
        .all(|row| row.verdict() != Verdict::Broken))
}

fn prepare(cli: &Cli) -> anyhow::Result<Setting> {
    let allowed = cores::allowed()?;
    let cores = allowed.iter().copied().take(CORES).collect::<Vec<_>>();
    // Before any other thread: they inherit it.
    cores::pin(&cores)?;
    gst::init()?;
    gstlowlight::plugin_register_static()?;
    let root = cli
        .root
        .canonicalize()
        .with_context(|| format!("no checkout at {}", cli.root.display()))?;
    let is_quick = cli.quick || std::env::var_os("BENCH_QUICK").is_some_and(|value| value == "1");
    let work = root.join("target/bench");
    std::fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
    Ok(Setting {
        plan: if is_quick { Plan::QUICK } else { Plan::FULL },
        models: cli.models.clone().unwrap_or_else(|| root.join("models")),
        work,
        python: cli.python.clone(),
        allowed,
        cores,
        root,
    })
}

fn measure_rows(cli: &Cli, setting: &Setting) -> Vec<Row> {
    let wanted = |id: &str| cli.only.as_deref().is_none_or(|word| id.contains(word));
    let mut done = Vec::new();
    for task in rows::all() {
        if wanted(&task.subject.id) {
            say(&format!("measuring {}", task.subject.what));
            let row = task.run(setting);
            say(&format!(
                "  {} {} {}",
                row.value_text(),
                row.verdict_text(),
                row.note()
            ));
            done.push(row);
        }
    }
    done
}

/// What could not be done is said and left out; the rows stand without it.
fn optional<T>(done: anyhow::Result<T>, what: &str, left_out: &mut Vec<String>) -> Option<T> {
    done.inspect_err(|error| {
        left_out.push(format!("{what}: {error:#}"));
        say(&format!("LEFT OUT: {what}: {error:#}"));
    })
    .ok()
}

/// The command as somebody else would type it.
fn command(cli: &Cli) -> String {
    match &cli.only {
        Some(word) => format!("make bench BENCH='--only {word}'"),
        None if cli.quick => "make bench BENCH=--quick".to_owned(),
        None => "make bench".to_owned(),
    }
}

/// Writes the results and prints the table.
fn publish(cli: &Cli, setting: &Setting, report: &Report) -> anyhow::Result<()> {
    let runs = Path::new("benches/runs");
    let is_for_keeps = !report.is_quick && cli.only.is_none();
    let folder = match &cli.out {
        Some(folder) => folder.clone(),
        None if is_for_keeps => {
            report::fresh_folder(&setting.root.join(runs), &report.date, &cli.name)
        }
        None => setting.work.join("last"),
    };
    report.write(&folder, &setting.root)?;
    if is_for_keeps && cli.out.is_none() {
        let name = folder.file_name().unwrap_or_default();
        if let Some(section) = report.section(&runs.join(name).display().to_string()) {
            report::rewrite(&setting.root.join("docs/guide/performance.md"), &section)?;
        }
    }
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{}\n{}",
        table::rows(&report.rows),
        table::summary(&report.rows)
    )?;
    writeln!(out, "Written to {}", folder.display())?;
    Ok(())
}

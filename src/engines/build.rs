//! Building one model after the other, with what is told of it.

use super::plan::Want;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lowlight_engine::cache::{Estimate, Origin, Outlook, outlook};
use lowlight_engine::{Model, Provider, ProviderChoice, Restorer, Runtime};
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Time between two looks at a build.
const TICK: Duration = Duration::from_millis(200);
/// Time between two lines where there is no terminal.
const LINES: Duration = Duration::from_secs(10);
const TEMPLATE: &str = "{prefix} [{bar:30}] {msg}";

/// What came of everything that was wanted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) built: usize,
    pub(crate) there: usize,
    /// Nothing to build: the provider compiles nothing.
    pub(crate) needless: usize,
    /// One line each.
    pub(crate) failed: Vec<String>,
}

/// Builds every one of `wants`, one after the other: two builds at once disturb each other's measurements. One that fails
/// does not keep the others from being built.
pub(crate) fn build_all(runtime: &Runtime, wants: &[Want], quiet: bool) -> Tally {
    let mut tally = Tally::default();
    for want in wants {
        let begun = Instant::now();
        match build(runtime, want, quiet) {
            Ok((label, provider, origin)) => {
                let words = words(&origin, provider, begun.elapsed());
                match origin {
                    Origin::Built(_) => tally.built += 1,
                    Origin::Cached => tally.there += 1,
                    Origin::NotCompiled => tally.needless += 1,
                    Origin::BuiltForOnce(_) => tally.failed.push(format!("{label}: {words}")),
                }
                if !quiet {
                    eprintln!("{label}: {words}");
                }
            }
            Err(error) => {
                eprintln!("{error}");
                tally.failed.push(error);
            }
        }
    }
    tally
}

fn words(origin: &Origin, provider: Provider, took: Duration) -> String {
    let (name, seconds) = (provider.name(), took.as_secs_f64());
    match origin {
        Origin::Built(_) => format!("built for {name} in {seconds:.1} s"),
        Origin::Cached => format!("already there for {name}"),
        Origin::NotCompiled => format!("{name} compiles nothing ahead of time"),
        Origin::BuiltForOnce(_) => {
            format!("built for {name}, but it cannot be kept (RUST_LOG=warn says why)")
        }
    }
}

fn build(
    runtime: &Runtime,
    want: &Want,
    quiet: bool,
) -> Result<(String, Provider, Origin), String> {
    let model = Model::open(want.model.as_deref()).map_err(|error| error.to_string())?;
    let label = format!("{} {}", model.info().name, want.size);
    let display = Display::start(&label, estimate(runtime, &model, want), quiet);
    let size = (want.size.width, want.size.height);
    let (sender, result) = channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let opened = Restorer::open(runtime, &model, &want.options, size.0, size.1);
            let opened = opened.map(|restorer| {
                let active = restorer.active_provider();
                (active.provider, active.engine.clone())
            });
            // The receiver waits as long as this thread lives.
            let _ = sender.send(opened);
        });
        let mut display = display;
        loop {
            match result.recv_timeout(TICK) {
                Ok(Ok((provider, origin))) => return Ok((label, provider, origin)),
                Ok(Err(error)) => return Err(format!("{label}: {error}")),
                Err(RecvTimeoutError::Timeout) => display.tick(),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(format!("{label}: the build panicked"));
                }
            }
        }
    })
}

/// How long it will take, if earlier builds tell; `None` where nothing is to be built.
fn estimate(runtime: &Runtime, model: &Model, want: &Want) -> Option<Option<Estimate>> {
    let size = (want.size.width, want.size.height);
    let candidates = match want.options.provider {
        ProviderChoice::Only(provider) => vec![provider],
        ProviderChoice::Auto => Provider::ALL.to_vec(),
    };
    let mut outlooks = candidates
        .into_iter()
        .filter_map(|provider| outlook(runtime, model, &want.options, provider, size));
    match outlooks.next() {
        Some(Outlook::ToBuild(estimate)) => Some(estimate),
        _ => None,
    }
}

/// What is shown while a build runs: a bar on a terminal, lines elsewhere.
struct Display {
    label: String,
    estimate: Option<Estimate>,
    bar: Option<ProgressBar>,
    quiet: bool,
    begun: Instant,
    said: Instant,
}

impl Display {
    fn start(label: &str, building: Option<Option<Estimate>>, quiet: bool) -> Self {
        let (quiet, now) = (quiet || building.is_none(), Instant::now());
        let estimate = building.flatten();
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_prefix(label.to_owned());
            bar
        });
        if !quiet && bar.is_none() {
            eprintln!("{label}: building{}", expected(estimate));
        }
        Self {
            label: label.to_owned(),
            estimate,
            bar,
            quiet,
            begun: now,
            said: now,
        }
    }

    fn tick(&mut self) {
        let elapsed = self.begun.elapsed();
        let text = progress(elapsed, self.estimate);
        match &self.bar {
            Some(bar) => {
                let share = self
                    .estimate
                    .map_or(0.0, |estimate| estimate.share(elapsed));
                bar.set_position((share * 1000.0) as u64);
                bar.set_message(text);
            }
            None if !self.quiet && self.said.elapsed() >= LINES => {
                self.said = Instant::now();
                eprintln!("{}: {text}", self.label);
            }
            None => {}
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn expected(estimate: Option<Estimate>) -> String {
    estimate.map_or_else(
        || ", for the first time: it may take minutes".into(),
        |estimate| format!(", about {}", clock(estimate.total)),
    )
}

fn progress(elapsed: Duration, estimate: Option<Estimate>) -> String {
    let so_far = clock(elapsed);
    match estimate.map(|estimate| (estimate.total, estimate.left(elapsed))) {
        None => format!("building, {so_far} so far"),
        Some((total, Some(_))) => format!("building, {so_far} of about {}", clock(total)),
        Some((total, None)) => {
            format!(
                "building, {so_far} so far, longer than the last ones ({})",
                clock(total)
            )
        }
    }
}

/// `m:ss`, rounded up: an estimate of 0:00 would look broken.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lowlight_engine::cache::Likeness;

    #[test]
    fn progress_says_what_is_known() {
        let seconds = Duration::from_secs;
        let estimate = Some(Estimate {
            total: seconds(90),
            likeness: Likeness::Same,
        });
        for (elapsed, estimate, expected) in [
            (5, None, "building, 0:05 so far"),
            (5, estimate, "building, 0:05 of about 1:30"),
            (
                95,
                estimate,
                "building, 1:35 so far, longer than the last ones (1:30)",
            ),
        ] {
            assert_eq!(progress(seconds(elapsed), estimate), expected);
        }
        assert_eq!(expected(estimate), ", about 1:30");
    }

    #[test]
    fn what_could_not_be_kept_is_not_called_built() {
        let words = |origin| words(&origin, Provider::OpenVino, Duration::from_millis(1500));
        assert_eq!(
            words(Origin::Built(Duration::ZERO)),
            "built for openvino in 1.5 s"
        );
        assert_eq!(words(Origin::Cached), "already there for openvino");
        assert!(words(Origin::BuiltForOnce(Duration::ZERO)).contains("cannot be kept"));
    }
}

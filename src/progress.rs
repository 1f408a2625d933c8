//! What a running command tells the user: a bar on a terminal, lines elsewhere, all on stderr.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Time between two lines where there is no terminal.
const LINES: Duration = Duration::from_secs(10);
const TEMPLATE: &str = "{prefix} [{bar:30}] {percent:>3} %  {msg}";

/// Shows how far one input is.
pub(crate) struct Progress {
    name: String,
    quiet: bool,
    bar: Option<ProgressBar>,
    started: Instant,
    said: Instant,
    provider: Option<String>,
}

impl Progress {
    /// Starts showing the progress of the input called `name`; `quiet` shows nothing at all.
    pub(crate) fn start(name: String, quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_prefix(name.clone());
            bar
        });
        let now = Instant::now();
        Self {
            name,
            quiet,
            bar,
            started: now,
            said: now,
            provider: None,
        }
    }

    /// A remark that the user should see once.
    pub(crate) fn note(&self, text: &str) {
        let line = format!("{}: {text}", self.name);
        match &self.bar {
            _ if self.quiet => {}
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    /// Shows that `frames` are done, up to `position` of `whole`.
    pub(crate) fn show(
        &mut self,
        frames: u64,
        position: gst::ClockTime,
        whole: Option<gst::ClockTime>,
    ) {
        if self.quiet || frames == 0 {
            return;
        }
        let done = share(position, whole);
        let text = status(frames, self.started.elapsed(), done);
        match &self.bar {
            Some(bar) => {
                bar.set_position((done.unwrap_or(0.0) * 1000.0) as u64);
                bar.set_message(text);
            }
            None if self.said.elapsed() >= LINES => {
                self.said = Instant::now();
                let percent =
                    done.map_or_else(String::new, |done| format!("{:.0} %, ", done * 100.0));
                eprintln!("{}: {percent}{text}", self.name);
            }
            None => {}
        }
    }

    /// Takes the bar away, so that the next line stands alone.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Notes what ran the network, for the last line.
    pub(crate) fn ran_on(&mut self, provider: Option<String>) {
        self.provider = provider.filter(|provider| !provider.is_empty());
    }

    /// Says that `frames` are done and where they are.
    pub(crate) fn finish(&self, frames: u64, output: &str) {
        self.clear();
        if self.quiet {
            return;
        }
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = frames as f64 / seconds.max(1e-3);
        let plural = if frames == 1 { "" } else { "s" };
        let provider = self
            .provider
            .as_ref()
            .map_or_else(String::new, |name| format!(", {name}"));
        eprintln!(
            "{} -> {output}: {frames} frame{plural} in {seconds:.1} s ({rate:.1} fps{provider})",
            self.name
        );
    }
}

/// Which share of the whole is done, if the whole is known.
fn share(position: gst::ClockTime, whole: Option<gst::ClockTime>) -> Option<f64> {
    let whole = whole?.seconds_f64();
    (whole > 0.0).then(|| (position.seconds_f64() / whole).clamp(0.0, 1.0))
}

/// Frames, speed and, where it can be told, the time left.
fn status(frames: u64, elapsed: Duration, done: Option<f64>) -> String {
    let seconds = elapsed.as_secs_f64().max(1e-3);
    let rate = frames as f64 / seconds;
    let mut text = format!("{frames} frames, {rate:.1} fps");
    if let Some(done) = done.filter(|done| *done > 0.0) {
        let left = (seconds / done - seconds).round() as u64;
        text.push_str(&format!(", {}:{:02} left", left / 60, left % 60));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_tells_speed_and_time_left() {
        let elapsed = Duration::from_secs(10);
        assert_eq!(
            status(250, elapsed, Some(0.1)),
            "250 frames, 25.0 fps, 1:30 left"
        );
        assert_eq!(status(250, elapsed, None), "250 frames, 25.0 fps");
    }

    #[test]
    fn share_of_an_unknown_or_empty_whole_is_unknown() {
        let second = gst::ClockTime::SECOND;
        assert_eq!(share(second, Some(second * 4)), Some(0.25));
        assert_eq!(share(second * 5, Some(second * 4)), Some(1.0));
        assert_eq!(share(second, None), None);
        assert_eq!(share(second, Some(gst::ClockTime::ZERO)), None);
    }
}

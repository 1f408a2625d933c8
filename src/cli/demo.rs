//! `tapetum demo`: shows what the restoration does, with no footage needed.

use super::block_on;
use crate::config::{Provider, Restore};
use crate::demo::{Report, Wish, make};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::supervise::Signals;
use clap::ValueEnum;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Draw a street and a conveyor, degrade them with a simulated night camera, restore them, and measure.
///
/// Writes before.mp4, after.mp4, before-after.mp4, before-after.png, report.md and report.json.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder to write; an earlier demo in it is replaced.
    #[arg(long, default_value = "demo")]
    out: PathBuf,
    /// Write into a folder that holds other things, too.
    #[arg(long)]
    force: bool,
    /// Length of the film: half street, half conveyor.
    #[arg(long, default_value_t = 4.0, value_parser = seconds)]
    seconds: f64,
    /// Size of the frames: the width a multiple of four, the height of two.
    #[arg(long, default_value = "640x360", value_parser = size)]
    size: (usize, usize),
    /// How dark the night is.
    #[arg(long, value_enum, default_value_t = Severity::Medium)]
    severity: Severity,
    /// The network, an .onnx file with its sidecar beside it [default: the one that comes with tapetum].
    #[arg(long)]
    model: Option<PathBuf>,
    /// What runs the network.
    #[arg(long, value_enum, default_value_t = Restore::default().execution_provider)]
    provider: Provider,
    /// Print nothing but the measured line.
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Severity {
    /// A lit street, a good sensor.
    Mild,
    /// A night street.
    Medium,
    /// Hardly any light, a small sensor.
    Severe,
}

impl Severity {
    /// The nick of the element's property value.
    fn nick(self) -> &'static str {
        match self {
            Self::Mild => "mild",
            Self::Medium => "medium",
            Self::Severe => "severe",
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (0.1..=600.0).contains(&value) => Ok(value),
        _ => Err("must be a number from 0.1 to 600".into()),
    }
}

fn size(text: &str) -> Result<(usize, usize), String> {
    let pair = text
        .split_once('x')
        .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match pair {
        Some((width, height))
            if width % 4 == 0
                && height % 2 == 0
                && (64..=3840).contains(&width)
                && (64..=2160).contains(&height) =>
        {
            Ok((width, height))
        }
        Some(_) => Err(
            "must lie between 64x64 and 3840x2160, the width a multiple of 4, the height of 2"
                .into(),
        ),
        None => Err("must be WIDTHxHEIGHT, such as 640x360".into()),
    }
}

/// Runs the command.
///
/// # Errors
///
/// The folder cannot be written, something that the demo needs is missing, or a signal came.
pub fn run(args: Args) -> anyhow::Result<()> {
    let (quiet, out) = (args.quiet, args.out.clone());
    let wish = Wish {
        out: args.out,
        force: args.force,
        seconds: args.seconds,
        size: args.size,
        severity: args.severity.nick(),
        restore: Restore {
            model_file: args.model,
            execution_provider: args.provider,
            ..Restore::default()
        },
    };
    let report = block_on(watched(wish, quiet))?;
    if !quiet {
        eprintln!(
            "demo: see {0}/before-after.png, {0}/before-after.mp4 and {0}/report.md",
            out.display()
        );
    }
    say(&report);
    Ok(())
}

/// The line that was asked for: the only thing on stdout.
#[allow(clippy::print_stdout)]
fn say(report: &Report) {
    println!("demo: {}", report.line());
}

/// Makes the demo on a thread of its own; a signal ends it, with nothing written.
async fn watched(wish: Wish, quiet: bool) -> anyhow::Result<Report> {
    let mut signals = Signals::listen()?;
    let stop = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&stop);
    let mut work = tokio::task::spawn_blocking(move || {
        let mut progress = Progress::start("demo".into(), quiet);
        let made = make(&wish, &mut progress, &heard);
        progress.clear();
        made
    });
    tokio::select! {
        made = &mut work => made?,
        signal = signals.next() => {
            stop.store(true, Ordering::Relaxed);
            // Its result does not matter any more, but its files have to go.
            let _ = work.await;
            Err(Failure::Interrupted { message: "demo: stopped, nothing written".into(), signal }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_no_encoder_takes_are_refused() {
        assert_eq!(size("640x360"), Ok((640, 360)));
        for refused in ["640", "642x360", "640x361", "16x16", "99999x360", "ax9", ""] {
            assert!(size(refused).is_err(), "{refused}");
        }
    }
}

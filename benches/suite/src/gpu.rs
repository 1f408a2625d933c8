//! `tapetum-bench gpu`: everything that a machine with a GPU should be asked in one go, as one table.
//!
//! What the columns mean, and the bars: docs/design/gpu-check.md.

mod agreement;
mod bars;
mod case;
mod load;
mod memory;
mod report;
mod sustained;
mod zero_copy;

use crate::plan::{FULL_HD, HD, SD, Size};
use crate::say;
use anyhow::Context;
use case::Case;
use lowlight_engine::{Provider, Runtime};
use report::Report;
use std::path::PathBuf;
use std::time::Duration;

const UHD: Size = (3840, 2160);

/// What to measure, and where things lie.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {
    /// Providers to measure.
    #[arg(long, value_delimiter = ',', default_value = "tensorrt,tensorrt-rtx,cuda", value_parser = provider)]
    providers: Vec<Provider>,
    /// Tiers of the models.
    #[arg(long, value_delimiter = ',', default_value = "nano,small,base")]
    tiers: Vec<String>,
    /// Precisions of the models.
    #[arg(long, value_delimiter = ',', default_value = "fp16,int8,fp32")]
    precisions: Vec<String>,
    /// Sizes: 360p, 720p, 1080p, 4K.
    #[arg(long, value_delimiter = ',', default_value = "720p,1080p,4K", value_parser = size)]
    sizes: Vec<Size>,
    /// Streams at a time, and the most of their frames in one run.
    #[arg(long, value_delimiter = ',', default_value = "1,2,4,8,16")]
    batches: Vec<usize>,
    /// Seconds of each measurement, after a start that is not counted.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Most streams of 1080p at 30 frames a second that are tried; 0 leaves it out.
    #[arg(long, default_value_t = 256)]
    most_streams: usize,
    /// Folder of models.
    #[arg(long, default_value = "models")]
    models: PathBuf,
    /// ONNX Runtime, a file or its folder; as the element finds it if not given.
    #[arg(long)]
    library: Option<PathBuf>,
    /// Folder for what TensorRT compiles.
    #[arg(long)]
    cache_dir: Option<PathBuf>,
    /// Folder for the results.
    #[arg(long, default_value = "gpu-check-results")]
    out: PathBuf,
}

fn provider(text: &str) -> Result<Provider, String> {
    let names = || Provider::ALL.map(Provider::name).join(", ");
    let known = Provider::ALL
        .into_iter()
        .find(|provider| provider.name() == text);
    known.ok_or_else(|| format!("use one of {}", names()))
}

fn size(text: &str) -> Result<Size, String> {
    match text {
        "360p" => Ok(SD),
        "720p" => Ok(HD),
        "1080p" => Ok(FULL_HD),
        "4K" => Ok(UHD),
        _ => Err("use 360p, 720p, 1080p or 4K".into()),
    }
}

/// Measures and prints; whether everything that there was to measure could be.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    gst::init()?;
    gstlowlight::plugin_register_static()?;
    let runtime = Runtime::load(args.library.as_deref()).context("no ONNX Runtime: --library")?;
    let mut report = Report::new(&runtime, memory::devices());
    for case in cases(args) {
        if !case.model(&args.models).is_file() {
            report.left_out(&case, "no such model");
            continue;
        }
        say(&format!("measuring {case}"));
        match case.measure(&runtime, args) {
            Ok(measured) => {
                say(&format!("  {}", measured.brief()));
                report.rows.push((case, measured));
            }
            Err(error) => {
                say(&format!("  FAILED: {error:#}"));
                report.failed(&case, &format!("{error:#}"));
            }
        }
    }
    for &provider in &args.providers {
        report
            .streams
            .extend(sustained::measure(&runtime, provider, args));
        report.copies.push(zero_copy::measure(provider, args));
    }
    report.publish(&args.out)?;
    Ok(report.is_whole())
}

/// All of them; a batch on the largest picture takes gigabytes and is left out.
fn cases(args: &Args) -> Vec<Case> {
    let mut cases = Vec::new();
    for &provider in &args.providers {
        for tier in &args.tiers {
            for precision in &args.precisions {
                for &size in &args.sizes {
                    let fits = |&&batch: &&usize| batch * size.0 * size.1 <= 8 * UHD.0 * UHD.1;
                    cases.extend(args.batches.iter().filter(fits).map(|&batch| Case {
                        provider,
                        tier: tier.clone(),
                        precision: precision.clone(),
                        size,
                        batch,
                    }));
                }
            }
        }
    }
    cases
}

impl Args {
    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

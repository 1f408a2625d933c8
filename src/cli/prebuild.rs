//! `tapetum prebuild`: compiles models before they are wanted.

use crate::config::{Config, Provider};
use crate::engines::{PictureSize, Tally, Target, Want, build_all, of_models, of_pipeline};
use crate::failure::Failure;
use anyhow::bail;
use lowlight_engine::Runtime;
use std::path::PathBuf;

/// Compile models ahead of time, so that the first start does not wait for it.
///
/// TensorRT takes minutes for a model at one size; OpenVINO less than a second. What is there already is not built again.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Models (.onnx, or folders of models), or pipeline files (.toml), whose models and sizes are taken [default: the
    /// model that comes with tapetum].
    targets: Vec<PathBuf>,
    /// Width and height of the pictures, such as 1280x720; may be given more than once. For pipeline files: of the streams
    /// whose size is not known before they come.
    #[arg(long, value_name = "WIDTHxHEIGHT")]
    size: Vec<PictureSize>,
    /// What runs the network [default: what the pipeline file says, or auto].
    #[arg(long, value_enum)]
    provider: Option<Provider>,
    /// The GPU, by index or UUID.
    #[arg(long)]
    device: Option<String>,
    /// Threads the network may use [default: what the pipeline file says, or as many as there are].
    #[arg(long)]
    threads: Option<u32>,
    /// The cache folder [default: what the pipeline file says, or tapetum in the user's cache].
    #[arg(long)]
    cache_dir: Option<PathBuf>,
    /// Say nothing but errors.
    #[arg(long, short)]
    quiet: bool,
}

/// Runs the command.
///
/// # Errors
///
/// What is wanted is not clear, or something could not be built or not be kept.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let wants = wants(args).map_err(Failure::Refused)?;
    let runtime = Runtime::load(None)?;
    let tally = build_all(&runtime, &wants, args.quiet);
    if !args.quiet {
        eprintln!("{}", summary(&tally));
    }
    match tally.failed.as_slice() {
        [] => Ok(()),
        failed => bail!(
            "{} of {} could not be built and kept",
            failed.len(),
            wants.len()
        ),
    }
}

fn wants(args: &Args) -> Result<Vec<Want>, String> {
    let target = Target {
        provider: args.provider,
        device: args.device.clone(),
        threads: args.threads,
        cache_dir: args.cache_dir.clone(),
    };
    let is_pipeline = |path: &&PathBuf| path.extension().is_some_and(|e| e == "toml");
    let (files, models): (Vec<_>, Vec<_>) = args.targets.iter().partition(is_pipeline);
    let mut wants = Vec::new();
    for file in files {
        let config = Config::load(file).map_err(|error| error.to_string())?;
        wants.extend(of_pipeline(file, &config, &args.size, &target)?);
    }
    if !models.is_empty() || args.targets.is_empty() {
        let models: Vec<PathBuf> = models.into_iter().cloned().collect();
        wants.extend(of_models(&models, &args.size, &target)?);
    }
    // Streams that want the same are one build.
    let mut distinct: Vec<Want> = Vec::new();
    for want in wants {
        if !distinct.contains(&want) {
            distinct.push(want);
        }
    }
    Ok(distinct)
}

fn summary(tally: &Tally) -> String {
    format!(
        "{} built, {} already there, {} with nothing to build, {} failed",
        tally.built,
        tally.there,
        tally.needless,
        tally.failed.len()
    )
}

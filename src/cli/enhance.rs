//! `tapetum enhance`: restores files.

use super::block_on;
use crate::config::{Codec, Compare, Encode, Provider, Restore};
use crate::enhance::Wish;
use clap::ValueEnum;
use std::path::PathBuf;

/// Restore a video, a picture, or a folder of both.
///
/// Audio, subtitles, rotation and every frame's time stay what they were. Ctrl-C ends the output
/// properly with the frames done so far; a second Ctrl-C drops it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A video in any container that GStreamer reads, a PNG or JPEG picture, or a folder of them.
    input: PathBuf,
    /// The file to write (.mp4, .m4v or .mkv; .png, .jpg or .jpeg for a picture), or a folder.
    output: PathBuf,
    /// Replace outputs that are there already.
    #[arg(long)]
    force: bool,
    /// How much of the restoration is taken, 0 (none) to 1 (all).
    #[arg(long, default_value_t = Restore::default().strength, value_parser = unit)]
    strength: f64,
    /// The network, an .onnx file with its sidecar beside it [default: the one that comes with tapetum].
    #[arg(long)]
    model: Option<PathBuf>,
    /// What runs the network.
    #[arg(long, value_enum, default_value_t = Restore::default().execution_provider)]
    provider: Provider,
    /// The GPU to run on, an index or a UUID as `nvidia-smi -L` lists them [default: the first].
    #[arg(long)]
    device: Option<String>,
    /// Threads the network may use; 0: as many as pay.
    #[arg(long, default_value_t = Restore::default().n_threads)]
    threads: u32,
    /// The video codec.
    #[arg(long, value_enum, default_value_t = Encode::default().codec)]
    codec: Codec,
    /// Constant rate factor, 0 (best, largest) to 51 [default: 18 for H.264, 20 for H.265].
    #[arg(long, visible_alias = "crf", value_parser = clap::value_parser!(u32).range(0..=51))]
    quality: Option<u32>,
    /// Write a comparison with the input instead of the restored video alone.
    #[arg(long, value_enum)]
    compare: Option<Comparison>,
    /// Say nothing but errors.
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Comparison {
    /// One picture: left half as it came, right half restored.
    Split,
    /// Two pictures: the input at the left, the restored one at the right.
    SideBySide,
}

fn unit(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("must be a number from 0 to 1".into()),
    }
}

impl Args {
    fn wish(self) -> Wish {
        Wish {
            input: self.input,
            output: self.output,
            overwrite: self.force,
            restore: Restore {
                model_file: self.model,
                execution_provider: self.provider,
                device: self.device,
                n_threads: self.threads,
                strength: self.strength,
                ..Restore::default()
            },
            encode: Encode {
                codec: self.codec,
                quality: self.quality,
                compare: match self.compare {
                    None => Compare::None,
                    Some(Comparison::Split) => Compare::Split,
                    Some(Comparison::SideBySide) => Compare::SideBySide,
                },
            },
        }
    }
}

/// Runs the command.
///
/// # Errors
///
/// What was asked for is refused, or an input could not be restored, or not whole.
pub fn run(args: Args) -> anyhow::Result<()> {
    let quiet = args.quiet;
    let wish = args.wish();
    block_on(crate::enhance::fulfil(&wish, quiet))
}

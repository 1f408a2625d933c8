//! `tapetum engines`: looks after compiled models.

use crate::engines::{bytes, json, parse_bytes, table};
use anyhow::{Context, bail};
use lowlight_engine::cache::{EngineCache, Prune, Pruned};
use lowlight_engine::discovery;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// List, check and remove compiled models.
///
/// A model that is compiled for a machine is kept, so that the next start does not wait for it. Nothing here is lost for
/// good: what is removed is built again when it is wanted.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
    /// The cache folder [default: tapetum in the user's cache].
    #[arg(long, global = true)]
    cache_dir: Option<PathBuf>,
    /// Print JSON instead of a table.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Say what there is, the last used first.
    List,
    /// Read every file, and say which are not as they were built; exits with 1 if any is not.
    Verify,
    /// Remove entries, and what builds that were killed left behind. What is being loaded or built stays.
    Prune(PruneArgs),
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct PruneArgs {
    /// Every one.
    #[arg(long)]
    all: bool,
    /// What was not used for so many days.
    #[arg(long, value_name = "DAYS")]
    unused_for: Option<u32>,
    /// The least recently used, until the rest takes so much at most: 512M, 4G.
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    to_size: Option<u64>,
}

impl PruneArgs {
    fn prune(&self) -> Prune {
        const DAY: Duration = Duration::from_secs(86_400);
        match (self.unused_for, self.to_size) {
            (Some(days), _) => Prune::UnusedFor(DAY * days),
            (None, Some(size)) => Prune::ToSize(size),
            (None, None) => Prune::All,
        }
    }
}

/// Runs the command.
///
/// # Errors
///
/// The folder cannot be read, an entry is damaged (`verify`) or cannot be removed (`prune`).
pub fn run(args: &Args) -> anyhow::Result<()> {
    let dir = args.cache_dir.clone().or_else(discovery::cache_dir);
    let dir = dir.context("no cache folder: give --cache-dir, or set XDG_CACHE_HOME or HOME")?;
    let cache = EngineCache::new(&dir, false, None);
    let unreadable = || format!("{} cannot be read", cache.root().display());
    match &args.action {
        Action::List => show(&cache.list().with_context(unreadable)?, args.json),
        Action::Verify => {
            let entries = cache.verify().with_context(unreadable)?;
            show(&entries, args.json)?;
            let damaged = entries.iter().filter(|entry| entry.manifest.is_err());
            match damaged.count() {
                0 => Ok(()),
                n => bail!(
                    "{n} of {} are damaged: they are not loaded, and built again when wanted",
                    entries.len()
                ),
            }
        }
        Action::Prune(prune) => {
            let pruned = cache.prune(prune.prune()).with_context(unreadable)?;
            tell(&pruned, args.json)
        }
    }
}

fn show(entries: &[lowlight_engine::cache::Listed], as_json: bool) -> anyhow::Result<()> {
    let text = match as_json {
        true => format!("{:#}\n", json(entries)),
        false => table(entries, SystemTime::now()),
    };
    write!(std::io::stdout(), "{text}").context("the list cannot be printed")
}

fn tell(pruned: &Pruned, as_json: bool) -> anyhow::Result<()> {
    let freed = pruned.removed.iter().map(|entry| entry.bytes).sum();
    let text = match as_json {
        true => {
            let told = json!({
                "removed": json(&pruned.removed),
                "in-use": pruned.in_use,
                "failed": pruned.failed.iter().map(|(name, why)| json!({"name": name, "reason": why}))
                    .collect::<Vec<_>>(),
            });
            format!("{told:#}\n")
        }
        false => format!(
            "{} removed, {} freed, {} in use\n",
            pruned.removed.len(),
            bytes(freed),
            pruned.in_use.len()
        ),
    };
    write!(std::io::stdout(), "{text}").context("the result cannot be printed")?;
    match pruned.failed.as_slice() {
        [] => Ok(()),
        [(name, reason), ..] => bail!(
            "{} entries cannot be removed, the first is {name}: {reason}",
            pruned.failed.len()
        ),
    }
}

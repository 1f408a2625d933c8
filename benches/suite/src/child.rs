//! What is measured in a process of its own, with nothing in it but that.

mod play;
mod start;
mod streams;

use crate::cores;
use crate::plan::Size;
use crate::setting::Setting;
use anyhow::Context;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) use play::Played;
pub(crate) use start::Started;
pub(crate) use streams::Streamed;

/// What a child is to do, and with what.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) task: Task,
    pub(crate) model: PathBuf,
    pub(crate) library: PathBuf,
    pub(crate) cores: Vec<usize>,
}

/// What a child is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Plays a clip through the element, into a file if one is given.
    Play {
        clip: PathBuf,
        encode_to: Option<PathBuf>,
        warm_up: u64,
    },
    /// Restores frames in memory, in several pipelines at once.
    Streams {
        size: Size,
        streams: usize,
        seconds: f64,
    },
    /// Starts on a live source with compiled models kept in a folder.
    Start { size: Size, cache: PathBuf },
}

/// Does what `order` says, in this process; prints what came out.
pub(crate) fn obey(order: &str) -> anyhow::Result<()> {
    let order: Order = serde_json::from_str(order).context("this is for tapetum-bench itself")?;
    cores::pin(&order.cores)?;
    gst::init()?;
    gstlowlight::plugin_register_static()?;
    let (model, library) = (&order.model, &order.library);
    let answer = match &order.task {
        Task::Play {
            clip,
            encode_to,
            warm_up,
        } => serde_json::to_string(&play::play(
            model,
            library,
            clip,
            encode_to.as_deref(),
            *warm_up,
        )?),
        Task::Streams {
            size,
            streams,
            seconds,
        } => serde_json::to_string(&streams::restore(
            model, library, *size, *streams, *seconds,
        )?),
        Task::Start { size, cache } => {
            serde_json::to_string(&start::start(model, library, *size, cache)?)
        }
    };
    use std::io::Write;
    writeln!(std::io::stdout(), "{}", answer?).context("nobody reads the answer")
}

/// Has a child do `task` with the model of `tier` on `cores`; gives its answer.
pub(crate) fn send<T: DeserializeOwned>(
    setting: &Setting,
    tier: &str,
    task: Task,
    cores: &[usize],
) -> anyhow::Result<T> {
    let order = Order {
        task,
        model: setting.model(tier)?,
        library: setting.library(),
        cores: cores.to_vec(),
    };
    let program = std::env::current_exe().context("cannot find myself")?;
    let mut command = Command::new(program);
    command.args(["child", &serde_json::to_string(&order)?]);
    answer(&mut command)
}

/// Runs `command` and reads the last line that it printed.
pub(crate) fn answer<T: DeserializeOwned>(command: &mut Command) -> anyhow::Result<T> {
    let name = Path::new(command.get_program()).display().to_string();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let tail: Vec<&str> = said.trim().lines().rev().take(3).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    anyhow::ensure!(output.status.success(), "{name}: {}", tail.join(" / "));
    let printed = String::from_utf8_lossy(&output.stdout);
    let last = printed.trim().lines().last().unwrap_or_default();
    serde_json::from_str(last).with_context(|| format!("{name} printed {last:?}"))
}

//! Against the script that a user would write: `benches/python/restore.py`.

use super::files::play;
use crate::child::answer;
use crate::clips::clip;
use crate::plan::Size;
use crate::row::{Measured, Outcome};
use crate::setting::Setting;
use crate::stats::median;
use serde::Deserialize;
use serde_json::json;
use std::process::Command;

/// What the script prints.
#[derive(Deserialize)]
struct Said {
    fps: f64,
    before: f64,
    after: f64,
}

pub(super) fn measure(setting: &Setting, size: Size, provider: &str) -> anyhow::Result<Outcome> {
    let Some(python) = &setting.python else {
        return Ok(Outcome::NotMeasurable(
            "no Python with the packages of benches/python/requirements.lock: see the run's first lines".into(),
        ));
    };
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..setting.plan.process_rounds {
        let said = script(setting, python, size, provider)?;
        anyhow::ensure!(
            said.after > said.before,
            "the script does not brighten: a mean of {} became {}",
            said.before,
            said.after
        );
        let played = play(setting, size, None)?;
        ratios.push(played.fps() / said.fps);
        ours.push(played.fps());
        theirs.push(said.fps);
    }
    let detail = json!({ "provider": provider, "our_fps": ours, "script_fps": theirs });
    Ok(Outcome::Measured(Measured {
        value: median(&ratios),
        rounds: ratios,
        note: format!(
            "frames per second: ours {:.1}, the script's {:.1}",
            median(&ours),
            median(&theirs)
        ),
        detail: detail.as_object().cloned().unwrap_or_default(),
        ..Measured::default()
    }))
}

fn script(
    setting: &Setting,
    python: &std::path::Path,
    size: Size,
    provider: &str,
) -> anyhow::Result<Said> {
    answer(
        Command::new(python)
            .arg(setting.root.join("benches/python/restore.py"))
            .arg(clip(&setting.work, size, setting.plan.clip_frames)?)
            .arg(setting.model("nano")?)
            .args(["--threads", &setting.cores.len().to_string()])
            .args(["--frames", &setting.plan.script_frames.to_string()])
            .args(["--provider", provider]),
    )
}

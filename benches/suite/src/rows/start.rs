//! From PLAYING to the first restored frame, with compiled models in the cache.

use crate::child::{Started, Task, send};
use crate::plan::FULL_HD;
use crate::row::Measured;
use crate::setting::Setting;
use crate::stats::median;
use serde_json::json;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Measured> {
    let cache = tempfile::tempdir()?;
    let start = || -> anyhow::Result<Started> {
        let task = Task::Start {
            size: FULL_HD,
            cache: cache.path().to_owned(),
        };
        send(setting, "nano", task, &setting.cores)
    };
    let cold = start()?;
    let warm = (0..setting.plan.process_rounds)
        .map(|_| start())
        .collect::<anyhow::Result<Vec<Started>>>()?;
    let all = |of: fn(&Started) -> f64| warm.iter().map(of).collect::<Vec<f64>>();
    let restored = all(|start| start.restored);
    let note = format!(
        "cold {:.2} s; first frame after {:.0} ms, longest gap {:.0} ms",
        cold.restored,
        median(&all(|start| start.first)) * 1e3,
        median(&all(|start| start.longest_gap)) * 1e3
    );
    let detail = json!({ "cold": cold, "warm": warm });
    Ok(Measured {
        value: median(&restored),
        rounds: restored,
        note,
        detail: detail.as_object().cloned().unwrap_or_default(),
    })
}

//! From PLAYING to the first restored frame, with compiled models in the cache.

use crate::child::{Started, Task, send};
use crate::plan::FULL_HD;
use crate::row::Measured;
use crate::setting::Setting;
use crate::stats::median;
use serde_json::json;
use std::path::Path;

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
    // An empty cache is not a warm one: the reader should know which of the two was measured.
    let (files, mib) = contents(cache.path())?;
    let note = format!(
        "cold {:.2} s; first frame after {:.0} ms, longest gap {:.0} ms; {files} files of {mib:.1} MiB in the cache",
        cold.restored,
        median(&all(|start| start.first)) * 1e3,
        median(&all(|start| start.longest_gap)) * 1e3
    );
    let detail = json!({ "cold": cold, "warm": warm, "cached_files": files, "cached_mib": mib });
    Ok(Measured {
        value: median(&restored),
        rounds: restored,
        note,
        detail: detail.as_object().cloned().unwrap_or_default(),
        ..Measured::default()
    })
}

/// Files below `folder`, and their MiB.
fn contents(folder: &Path) -> std::io::Result<(usize, f64)> {
    let (mut files, mut mib) = (0, 0.0);
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let data = entry.metadata()?;
        let (more, size) = if data.is_dir() {
            contents(&entry.path())?
        } else {
            (1, data.len() as f64 / 1024.0 / 1024.0)
        };
        (files, mib) = (files + more, mib + size);
    }
    Ok((files, mib))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caches_folders_are_looked_into() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("sub/a.blob"), vec![0; 1 << 20]).unwrap();
        assert_eq!(contents(folder.path()).unwrap(), (1, 1.0));
    }
}

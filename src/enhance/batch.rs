//! A whole plan, job after job.

use super::job::{self, Job};
use super::plan::{Plan, Wish, plan};
use crate::failure::Failure;
use crate::supervise::Signals;
use anyhow::Context;

/// Does what is asked for.
pub(crate) async fn fulfil(wish: &Wish, quiet: bool) -> anyhow::Result<()> {
    let plan = plan(wish)?;
    let mut signals = Signals::listen()?;
    match plan.jobs.as_slice() {
        [only] if !wish.input.is_dir() => job::run(only, &mut signals, quiet).await,
        _ => folder(&plan, &mut signals, quiet).await,
    }
}

/// Runs all jobs of a folder; one that fails is named, and the others go on.
async fn folder(plan: &Plan, signals: &mut Signals, quiet: bool) -> anyhow::Result<()> {
    for (path, why) in plan.skipped.iter().filter(|_| !quiet) {
        eprintln!("{}: skipped: {why}", path.display());
    }
    let mut failed = 0;
    for job in &plan.jobs {
        let Err(error) = into_folder(job, signals, quiet).await else {
            continue;
        };
        if let Some(Failure::Interrupted { .. }) = error.downcast_ref() {
            return Err(error);
        }
        eprintln!("tapetum: {error:#}");
        failed += 1;
    }
    if failed > 0 {
        anyhow::bail!("{failed} of {} files failed", plan.jobs.len());
    }
    Ok(())
}

async fn into_folder(job: &Job, signals: &mut Signals, quiet: bool) -> anyhow::Result<()> {
    if let Some(folder) = job.output.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: cannot be made", folder.display()))?;
    }
    job::run(job, signals, quiet).await
}

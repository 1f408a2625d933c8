//! One line of the table: a provider, a model, a size and a number of streams.

use super::load::{self, Paced};
use super::{Args, agreement, memory};
use crate::plan::{Size, name};
use crate::stats::{median, percentile};
use lowlight_engine::{Model, Provider, ProviderChoice, Runtime, SessionOptions};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// What is measured.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) provider: Provider,
    pub(super) tier: String,
    pub(super) precision: String,
    pub(super) size: Size,
    /// Streams at a time, and the most of their frames in one run.
    pub(super) batch: usize,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Measured {
    /// Frames a second of all streams together.
    pub(super) fps: f64,
    /// Milliseconds from a frame's arrival to its restored picture in memory.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// Frames in a run, mean.
    pub(super) in_a_run: f64,
    /// Device memory that came with it, MiB, where there is somebody to ask.
    pub(super) memory: Option<f64>,
    /// Code values within which 99.9 % of the pixels are those of the CPU provider and the fp32 model. For one stream only.
    pub(super) agreement: Option<f64>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            provider,
            tier,
            precision,
            size,
            batch,
        } = self;
        write!(
            f,
            "{} {tier} {precision} {} x{batch}",
            provider.name(),
            name(*size)
        )
    }
}

impl Case {
    pub(super) fn model(&self, models: &Path) -> PathBuf {
        models.join(format!("lowlight-{}-{}.onnx", self.tier, self.precision))
    }

    /// What sessions are opened with: this provider or an error.
    pub(super) fn options(&self, args: &Args) -> SessionOptions {
        SessionOptions {
            provider: ProviderChoice::Only(self.provider),
            cache_dir: args.cache_dir.clone(),
            max_batch: self.batch,
            ..SessionOptions::default()
        }
    }

    pub(super) fn measure(&self, runtime: &Runtime, args: &Args) -> anyhow::Result<Measured> {
        let model = Model::open(Some(&self.model(&args.models)))?;
        let before = memory::used();
        let (options, size) = (self.options(args), self.size);
        let mut streams = load::join(runtime, &model, &options, size, self.batch)?;
        let turns = load::run(&mut streams, size, args.time(), Paced::AsFastAsItGoes)?;
        let memory = before
            .zip(memory::used())
            .map(|(before, after)| (after - before).max(0.0));
        let agreement = match self.batch {
            1 => Some(agreement::with_cpu(runtime, self, args, &mut streams[0])?),
            _ => None,
        };
        let times: Vec<f64> = turns
            .frames
            .iter()
            .map(|frame| frame.seconds * 1e3)
            .collect();
        let batches = turns
            .frames
            .iter()
            .map(|frame| 1.0 / frame.batch.max(1) as f64)
            .sum::<f64>();
        Ok(Measured {
            fps: times.len() as f64 / turns.seconds,
            p50: median(&times),
            p99: percentile(&times, 0.99),
            // Each run counts once, whatever the number of its frames.
            in_a_run: times.len() as f64 / batches,
            memory,
            agreement,
        })
    }
}

impl Measured {
    pub(super) fn brief(&self) -> String {
        format!(
            "{:.1} fps, {:.2} ms p50, {:.2} ms p99, {:.1} frames a run",
            self.fps, self.p50, self.p99, self.in_a_run
        )
    }
}

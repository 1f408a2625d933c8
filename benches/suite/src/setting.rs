//! Where things lie and how much is measured: what every row is given.

use crate::plan::{Plan, Size};
use anyhow::Context;
use lowlight_engine::{Model, OwnedFrame, Runtime, SessionOptions, discovery};
use std::path::{Path, PathBuf};

/// What every row is given.
pub(crate) struct Setting {
    pub(crate) plan: Plan,
    /// The checkout.
    pub(crate) root: PathBuf,
    /// The folder of models.
    pub(crate) models: PathBuf,
    /// A folder for clips and caches that outlives the run.
    pub(crate) work: PathBuf,
    /// The Python of a virtual environment with what `benches/python` needs.
    pub(crate) python: Option<PathBuf>,
    /// Every core that the process was given.
    pub(crate) allowed: Vec<usize>,
    /// The cores of the rows.
    pub(crate) cores: Vec<usize>,
}

impl Setting {
    /// The self-contained int8 file of `tier`; the engine takes its companion by itself.
    pub(crate) fn model(&self, tier: &str) -> anyhow::Result<PathBuf> {
        let path = self.models.join(format!("lowlight-{tier}-int8.onnx"));
        anyhow::ensure!(path.is_file(), "{} does not exist", path.display());
        Ok(path)
    }

    /// The folder of ONNX Runtime.
    pub(crate) fn library(&self) -> PathBuf {
        self.root.join(".runtime/onnxruntime")
    }

    /// On a folder that has nothing.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        let nowhere = PathBuf::from("nowhere");
        Self {
            plan: Plan::QUICK,
            root: nowhere.clone(),
            models: nowhere.clone(),
            work: nowhere,
            python: None,
            allowed: vec![0],
            cores: vec![0],
        }
    }

    /// The model of `tier` and what it is opened with: the element's defaults.
    pub(crate) fn open(&self, tier: &str) -> anyhow::Result<(Runtime, Model, SessionOptions)> {
        let runtime = Runtime::load(Some(&self.library())).context("run scripts/setup")?;
        let model = Model::open(Some(&self.model(tier)?))?;
        // By the same evidence, or a row would compare two providers.
        let options = SessionOptions {
            cache_dir: discovery::cache_dir(),
            ..SessionOptions::default()
        };
        Ok((runtime, model, options))
    }
}

/// `count` different dark, noisy frames of I420.
pub(crate) fn dark_frames((width, height): Size, count: usize) -> Vec<OwnedFrame> {
    (0..count)
        .filter_map(|seed| dark_frame(width, height, seed))
        .collect()
}

/// A dark frame with gradients, noise and a little colour. `None` cannot happen for sizes of a plan.
fn dark_frame(width: usize, height: usize, seed: usize) -> Option<OwnedFrame> {
    use lowlight_engine::{Colorimetry, PixelFormat};
    let format = PixelFormat::I420;
    let mut frame = OwnedFrame::zeroed(format, width, height, Colorimetry::default()).ok()?;
    for plane in 0..format.n_planes() {
        let base = if plane == 0 { 18 } else { 125 };
        let (row_bytes, _) = format.plane_size(plane, width, height);
        for (i, value) in frame.data_mut(plane).iter_mut().enumerate() {
            // A linear congruence is noise enough here, and the same everywhere.
            let noise = (i + seed).wrapping_mul(1_103_515_245).wrapping_add(12_345) >> 16 & 7;
            let slope = i % row_bytes * 12 / row_bytes;
            *value = (base + noise + slope) as u8;
        }
    }
    Some(frame)
}

/// An element's property value within a pipeline's description.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

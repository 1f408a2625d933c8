//! The most memory that playing a 1080p file through the nano takes, decoder included.

use super::files::play;
use crate::plan::FULL_HD;
use crate::row::Measured;
use crate::setting::Setting;
use crate::stats::median;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Measured> {
    let rounds = setting.plan.process_rounds.min(3);
    let peaks = (0..rounds)
        .map(|_| play(setting, FULL_HD, None).map(|played| played.peak_mib))
        .collect::<anyhow::Result<Vec<f64>>>()?;
    Ok(Measured {
        value: median(&peaks),
        rounds: peaks,
        note: "VmHWM of the whole process".into(),
        ..Measured::default()
    })
}

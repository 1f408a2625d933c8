//! How near a provider's pictures are to those of the CPU provider with the fp32 model.

use super::Args;
use super::case::Case;
use crate::setting::dark_frames;
use lowlight_engine::{
    Model, OwnedFrame, Provider, ProviderChoice, Restorer, Runtime, SessionOptions,
};

/// Frames of the sequence: the memory takes part.
const FRAMES: usize = 4;
/// The share of the pixels that is asked about.
const SHARE: f64 = 0.999;

/// Code values within which [`SHARE`] of the pixels agree, over a short sequence.
pub(super) fn with_cpu(
    runtime: &Runtime,
    case: &Case,
    args: &Args,
    restorer: &mut Restorer,
) -> anyhow::Result<f64> {
    let reference = Case {
        provider: Provider::Cpu,
        precision: "fp32".into(),
        ..case.clone()
    };
    let model = Model::open(Some(&reference.model(&args.models)))?;
    let options = SessionOptions {
        provider: ProviderChoice::Only(Provider::Cpu),
        ..SessionOptions::default()
    };
    let mut on_cpu = Restorer::open(runtime, &model, &options, case.size.0, case.size.1)?;
    let mut counts = [0_u64; 256];
    restorer.reset()?;
    for frame in dark_frames(case.size, FRAMES) {
        let (mut ours, mut theirs) = (frame.clone(), frame.clone());
        restorer.restore(&frame.as_frame(), &mut ours.as_frame_mut(), 1.0)?;
        on_cpu.restore(&frame.as_frame(), &mut theirs.as_frame_mut(), 1.0)?;
        count_differences(&ours, &theirs, &mut counts);
    }
    Ok(within(&counts, SHARE) as f64)
}

fn count_differences(a: &OwnedFrame, b: &OwnedFrame, counts: &mut [u64; 256]) {
    for plane in 0..a.format().n_planes() {
        for (a, b) in a.rows(plane).flatten().zip(b.rows(plane).flatten()) {
            counts[usize::from(a.abs_diff(*b))] += 1;
        }
    }
}

/// The least difference that at least `share` of what was counted stays within.
fn within(counts: &[u64; 256], share: f64) -> usize {
    let wanted = (counts.iter().sum::<u64>() as f64 * share).ceil() as u64;
    let mut seen = 0;
    let reaches = |&count: &u64| {
        seen += count;
        seen >= wanted
    };
    counts.iter().position(reaches).unwrap_or(255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousandth_may_differ_by_more() {
        let mut counts = [0; 256];
        (counts[0], counts[2], counts[200]) = (900, 99, 1);
        assert_eq!(within(&counts, 0.999), 2);
        (counts[2], counts[200]) = (98, 2);
        assert_eq!(within(&counts, 0.999), 200);
        assert_eq!(within(&[0; 256], 0.999), 0);
    }
}

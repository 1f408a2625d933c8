//! Has the picture changed so much that the past is of no use any more?

use super::luma_samples::{LumaSamples, SIDE, place};
use crate::frame::Frame;
use crate::pixel::PixelFormat;

/// Samples per side of the thumbnail that frames are compared by.
const GRID: usize = 32;

/// Finds scene cuts by comparing thumbnails of luma (of the first bytes of packed formats) from frame to frame.
///
/// A cut is a mean absolute difference of the thumbnails, after their means are aligned, above a share of their
/// contrast: dark footage has small differences and exposure drifts, neither may count as a cut.
#[derive(Debug, Default)]
pub struct SceneCutDetector {
    previous: Option<[f32; GRID * GRID]>,
}

impl SceneCutDetector {
    /// Share of the contrast that a difference has to exceed. Noise of a dark camera stays below 0.5 of it (the
    /// tests hold it there), pictures that have nothing in common average 1.1.
    const THRESHOLD: f32 = 0.8;

    /// Takes in `frame` and says whether it starts a new scene. The first frame does not.
    pub fn is_cut(&mut self, frame: &Frame<'_>) -> bool {
        self.compare(thumbnail(frame))
    }

    /// As [`Self::is_cut`], of a frame whose pixels the CPU does not see.
    pub fn is_cut_at(&mut self, samples: &LumaSamples<'_>) -> bool {
        self.compare(average(|row, column| samples.at(row, column)))
    }

    fn compare(&mut self, current: [f32; GRID * GRID]) -> bool {
        let Some(previous) = self.previous.replace(current) else {
            return false;
        };
        let (mean_a, mean_b) = (mean(&previous), mean(&current));
        let mut difference = 0.0;
        let mut contrast = 0.0;
        for (a, b) in previous.iter().zip(&current) {
            let (a, b) = (a - mean_a, b - mean_b);
            difference += (a - b).abs();
            contrast += a.abs().max(b.abs());
        }
        // Below one code value of contrast there is no picture to speak of.
        contrast > (GRID * GRID) as f32 && difference > Self::THRESHOLD * contrast
    }

    /// Forgets the last frame.
    pub fn reset(&mut self) {
        self.previous = None;
    }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

/// The thumbnail of `frame`.
fn thumbnail(frame: &Frame<'_>) -> [f32; GRID * GRID] {
    let step = frame.format().plane_size(0, 1, 1).0;
    // Green says most about luma in packed formats.
    let offset = usize::from(!matches!(
        frame.format(),
        PixelFormat::I420 | PixelFormat::Nv12 | PixelFormat::Gray8
    ));
    let (data, stride) = (frame.data(0), frame.stride(0));
    let (width, height) = (frame.width(), frame.height());
    average(|row, column| data[place(row, height) * stride + place(column, width) * step + offset])
}

/// Means of GRID × GRID cells over a 4-by-4 sparse sampling of each: noise averages out.
fn average(sample: impl Fn(usize, usize) -> u8) -> [f32; GRID * GRID] {
    const SAMPLES: usize = SIDE / GRID;
    let mut cells = [0.0; GRID * GRID];
    for row in 0..SIDE {
        for column in 0..SIDE {
            cells[row / SAMPLES * GRID + column / SAMPLES] += f32::from(sample(row, column));
        }
    }
    cells.map(|sum| sum / (SAMPLES * SAMPLES) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::OwnedFrame;
    use crate::pixel::Colorimetry;
    use crate::quality::luma_samples::places;

    const WIDTH: usize = 160;
    const HEIGHT: usize = 96;

    /// A picture of blocks whose values hash from `scene`, at `exposure`, plus hashed noise.
    fn frame(scene: u32, exposure: f32, noise: f32, time: u32) -> OwnedFrame {
        let hash = |seed: u32| (seed.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32;
        let pixels = (0..WIDTH * HEIGHT).map(|i| {
            let block = (i / WIDTH / 16 * 16 + i % WIDTH / 16) as u32;
            let texture = hash(block.wrapping_add(scene.wrapping_mul(977))) * 200.0;
            let grain = (hash((i as u32).wrapping_mul(7919).wrapping_add(time)) - 0.5) * noise;
            (texture * exposure + grain + 20.0) as u8
        });
        OwnedFrame::packed(
            PixelFormat::Gray8,
            WIDTH,
            HEIGHT,
            Colorimetry::default(),
            pixels.collect(),
        )
        .unwrap()
    }

    fn cuts(frames: &[OwnedFrame]) -> Vec<bool> {
        let mut detector = SceneCutDetector::default();
        frames
            .iter()
            .map(|frame| detector.is_cut(&frame.as_frame()))
            .collect()
    }

    #[test]
    fn another_scene_is_a_cut() {
        assert_eq!(
            cuts(&[frame(1, 1.0, 0.0, 0), frame(2, 1.0, 0.0, 1)]),
            [false, true]
        );
        assert_eq!(
            cuts(&[frame(1, 0.1, 8.0, 0), frame(2, 0.1, 8.0, 1)]),
            [false, true]
        );
    }

    #[test]
    fn samples_alone_show_the_same_cuts() {
        let frames = [1, 1, 2].map(|scene| frame(scene, 1.0, 8.0, 0));
        let mut detector = SceneCutDetector::default();
        let seen = frames.each_ref().map(|frame| {
            let rows = places(HEIGHT).flat_map(|y| places(WIDTH).map(move |x| y * WIDTH + x));
            let samples: Vec<u8> = rows.map(|pixel| frame.data(0)[pixel]).collect();
            detector.is_cut_at(&LumaSamples::new(&samples).unwrap())
        });
        assert_eq!(seen.to_vec(), cuts(&frames));
        assert_eq!(seen, [false, false, true]);
    }

    #[test]
    fn noise_and_exposure_drift_are_no_cut() {
        assert_eq!(
            cuts(&[frame(1, 0.1, 16.0, 0), frame(1, 0.1, 16.0, 1)]),
            [false, false]
        );
        assert_eq!(
            cuts(&[frame(1, 0.5, 4.0, 0), frame(1, 0.7, 4.0, 1)]),
            [false, false]
        );
    }

    #[test]
    fn black_frames_are_no_cut() {
        assert_eq!(
            cuts(&[frame(1, 0.0, 1.0, 0), frame(2, 0.0, 1.0, 1)]),
            [false, false]
        );
    }
}

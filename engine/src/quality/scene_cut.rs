//! Has the picture changed so much that the past is of no use any more?

use super::luma_samples::LumaSamples;
use super::thumbnail::{GRID, Thumbnail};
use crate::frame::Frame;

/// Finds scene cuts by comparing thumbnails of luma (of the first bytes of packed formats) from frame to frame.
///
/// A cut is a mean absolute difference of the thumbnails, after their means are aligned, above a share of their
/// contrast: dark footage has small differences and exposure drifts, neither may count as a cut.
#[derive(Debug, Default)]
pub struct SceneCutDetector {
    previous: Option<Thumbnail>,
}

impl SceneCutDetector {
    /// Share of the contrast that a difference has to exceed. Noise of a dark camera stays below 0.5 of it (the
    /// tests hold it there), pictures that have nothing in common average 1.1.
    const THRESHOLD: f32 = 0.8;

    /// Takes in `frame` and says whether it starts a new scene. The first frame does not.
    pub fn is_cut(&mut self, frame: &Frame<'_>) -> bool {
        self.compare(Thumbnail::of(frame))
    }

    /// As [`Self::is_cut`], of a frame whose pixels the CPU does not see.
    pub fn is_cut_at(&mut self, samples: &LumaSamples<'_>) -> bool {
        self.compare(Thumbnail::of_samples(samples))
    }

    fn compare(&mut self, current: Thumbnail) -> bool {
        let previous = self.previous.as_ref();
        let is_cut = previous.is_some_and(|previous| Self::differ(previous, &current));
        self.previous = Some(current);
        is_cut
    }

    fn differ(previous: &Thumbnail, current: &Thumbnail) -> bool {
        let (mean_a, mean_b) = (previous.mean(), current.mean());
        let mut difference = 0.0;
        let mut contrast = 0.0;
        for (a, b) in previous.cells.iter().zip(&current.cells) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::OwnedFrame;
    use crate::pixel::{Colorimetry, PixelFormat};
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

//! One door to both scenes.

use crate::conveyor::Conveyor;
use crate::street::Street;
use crate::truth::{Mark, MarkKind};

/// Sizes outside this range are refused, pixels.
const SIZES: std::ops::RangeInclusive<usize> = 16..=8192;

/// Chosen so that the mean luma is that of ordinary photographs, about 0.4.
const STREET_EXPOSURE: f32 = 0.86;
const CONVEYOR_EXPOSURE: f32 = 0.97;

/// Which scene to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SceneKind {
    /// A street at dusk: cars with number plates, pedestrians, lamps, shop signs.
    Street,
    /// Boxes with printed labels and QR codes on a conveyor belt.
    Conveyor,
}

/// What can be wrong with a request.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SceneError {
    /// The size is out of range.
    #[error(
        "a scene of {width}x{height} cannot be drawn: width and height must be 16 to 8192 pixels"
    )]
    Size {
        /// Asked-for width, pixels.
        width: usize,
        /// Asked-for height, pixels.
        height: usize,
    },
    /// The buffer does not hold exactly one frame.
    #[error("a frame takes {expected} bytes (packed RGB), the buffer has {actual}")]
    Buffer {
        /// Bytes of one frame.
        expected: usize,
        /// Bytes given.
        actual: usize,
    },
}

/// A moving scene of one size; what stands still is drawn once when it is made.
#[derive(Debug)]
pub struct Scene {
    width: usize,
    height: usize,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Street(Box<Street>),
    Conveyor(Box<Conveyor>),
}

impl Scene {
    /// Builds a scene for frames of `width`×`height` pixels (16 to 8192 each); the same seed gives the same scene.
    ///
    /// # Errors
    /// [`SceneError::Size`] when a side is out of range.
    pub fn new(
        kind: SceneKind,
        width: usize,
        height: usize,
        seed: u32,
    ) -> Result<Scene, SceneError> {
        if !SIZES.contains(&width) || !SIZES.contains(&height) {
            return Err(SceneError::Size { width, height });
        }
        let stage = match kind {
            SceneKind::Street => Stage::Street(Box::new(Street::new(width, height, seed))),
            SceneKind::Conveyor => Stage::Conveyor(Box::new(Conveyor::new(width, height, seed))),
        };
        Ok(Scene {
            width,
            height,
            stage,
        })
    }

    /// Bytes of one frame: three for each pixel.
    pub fn frame_size(&self) -> usize {
        self.width * self.height * 3
    }

    /// Draws the scene at `t` seconds (any number, negative too) as packed sRGB, rows top to bottom, no padding.
    ///
    /// # Errors
    /// [`SceneError::Buffer`] unless `frame` has exactly [`Scene::frame_size`] bytes.
    pub fn render(&mut self, t: f64, frame: &mut [u8]) -> Result<(), SceneError> {
        let expected = self.frame_size();
        if frame.len() != expected {
            return Err(SceneError::Buffer {
                expected,
                actual: frame.len(),
            });
        }
        match &mut self.stage {
            Stage::Street(street) => street.render(t).to_rgb8(STREET_EXPOSURE, frame),
            Stage::Conveyor(conveyor) => conveyor.render(t).to_rgb8(CONVEYOR_EXPOSURE, frame),
        }
        Ok(())
    }

    /// The QR codes that lie wholly in the picture at `t` seconds.
    pub fn codes(&self, t: f64) -> Vec<Mark> {
        self.marks(t, MarkKind::Code)
    }

    /// The texts (number plates, hanging signs) that lie wholly in the picture at `t` seconds.
    ///
    /// They may be partly hidden by something nearer.
    pub fn texts(&self, t: f64) -> Vec<Mark> {
        self.marks(t, MarkKind::Text)
    }

    fn marks(&self, t: f64, kind: MarkKind) -> Vec<Mark> {
        let mut marks = match &self.stage {
            Stage::Street(street) => street.marks(t),
            Stage::Conveyor(conveyor) => conveyor.marks(t),
        };
        marks.retain(|mark| mark.kind == kind);
        marks
    }
}

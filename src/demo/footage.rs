//! The demo's film: first the street, then the conveyor, at any moment.

use lowlight_scene::{Mark, Scene, SceneError, SceneKind};

/// Output frames a second.
pub(super) const FPS: u32 = 25;
/// Frames the camera accumulates into one: the scene is drawn this much more often.
pub(super) const ACCUMULATE: u32 = 8;
/// The same film every time.
const SEED: u32 = 7;

/// Both scenes and their time table.
pub(super) struct Footage {
    street: Scene,
    conveyor: Scene,
    /// Frames of the street; the rest is the conveyor.
    cut: u32,
    frames: u32,
}

impl Footage {
    pub(super) fn new(width: usize, height: usize, seconds: f64) -> Result<Self, SceneError> {
        let frames = (seconds * f64::from(FPS)).round().max(2.0) as u32;
        Ok(Self {
            street: Scene::new(SceneKind::Street, width, height, SEED)?,
            conveyor: Scene::new(SceneKind::Conveyor, width, height, SEED)?,
            cut: frames / 2,
            frames,
        })
    }

    pub(super) fn frames(&self) -> u32 {
        self.frames
    }

    /// Which scene a frame shows.
    pub(super) fn scene(&self, frame: u32) -> SceneKind {
        if frame < self.cut {
            SceneKind::Street
        } else {
            SceneKind::Conveyor
        }
    }

    /// A frame from the middle of each scene.
    pub(super) fn showpieces(&self) -> [u32; 2] {
        [self.cut / 2, (self.cut + self.frames) / 2]
    }

    /// Draws the scene as it is at sub-frame `part` of `frame`.
    pub(super) fn part(&mut self, frame: u32, part: u32, rgb: &mut [u8]) -> Result<(), SceneError> {
        let moment = f64::from(frame) + f64::from(part) / f64::from(ACCUMULATE);
        self.draw(frame, moment, rgb)
    }

    /// Draws what a camera with a perfect eye would see: the middle of the exposure, sharp.
    pub(super) fn truth(&mut self, frame: u32, rgb: &mut [u8]) -> Result<(), SceneError> {
        self.draw(frame, middle(frame), rgb)
    }

    /// The codes and texts in a frame.
    pub(super) fn marks(&self, frame: u32) -> (Vec<Mark>, Vec<Mark>) {
        let seconds = middle(frame) / f64::from(FPS);
        match self.scene(frame) {
            SceneKind::Street => (self.street.codes(seconds), self.street.texts(seconds)),
            SceneKind::Conveyor => (self.conveyor.codes(seconds), self.conveyor.texts(seconds)),
        }
    }

    /// `moment` is in frames.
    fn draw(&mut self, frame: u32, moment: f64, rgb: &mut [u8]) -> Result<(), SceneError> {
        let seconds = moment / f64::from(FPS);
        match self.scene(frame) {
            SceneKind::Street => self.street.render(seconds, rgb),
            SceneKind::Conveyor => self.conveyor.render(seconds, rgb),
        }
    }
}

/// The middle of a frame's exposure, in frames: the mean of its sub-frames' times.
fn middle(frame: u32) -> f64 {
    f64::from(frame) + f64::from(ACCUMULATE - 1) / f64::from(2 * ACCUMULATE)
}

//! `inference-interval`: which frames the network gets, and the last restored picture for the others.

use lowlight_engine::{FrameMut, OwnedFrame};

/// A copy of a restored picture, made at intervals above 1. Its memory is made once per size.
#[derive(Debug, Default)]
pub(super) struct Held {
    picture: Option<OwnedFrame>,
    /// Whether the picture is one of this scene.
    is_current: bool,
    /// Frames since the scene began, or the interval was set.
    position: u32,
}

impl Held {
    /// Whether it is the network's turn: at every `interval`th frame, and where there is no picture to show instead.
    pub(super) fn is_due(&mut self, interval: u32) -> bool {
        if interval <= 1 {
            *self = Self::default();
        }
        if !self.is_current {
            self.position = 0;
        }
        let is_due = self.position.is_multiple_of(interval.max(1));
        self.position = self.position.wrapping_add(1);
        is_due
    }

    /// Keeps what `frame` shows. What cannot be kept is not there later, and the network is asked instead.
    pub(super) fn keep(&mut self, frame: &FrameMut<'_>) {
        if let Some(picture) = &mut self.picture {
            self.is_current = picture.copy_from(frame).is_ok();
        }
        if !self.is_current {
            let (width, height) = (frame.width(), frame.height());
            let made = OwnedFrame::zeroed(frame.format(), width, height, frame.colorimetry());
            let mut picture = made.ok();
            self.is_current = picture
                .as_mut()
                .is_some_and(|picture| picture.copy_from(frame).is_ok());
            self.picture = picture;
        }
    }

    /// Shows the picture in `output`, if it is one of this scene. Says whether it did.
    pub(super) fn show(&self, output: &mut FrameMut<'_>) -> bool {
        let picture = self.picture.as_ref().filter(|_| self.is_current);
        picture.is_some_and(|picture| output.copy_from(picture).is_ok())
    }

    /// Another scene begins.
    pub(super) fn forget(&mut self) {
        self.is_current = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lowlight_engine::{Colorimetry, PixelFormat};

    fn frame(width: usize, value: u8) -> OwnedFrame {
        let bytes = vec![value; width * 3];
        OwnedFrame::packed(PixelFormat::Gray8, width, 3, Colorimetry::default(), bytes).unwrap()
    }

    #[test]
    fn what_was_kept_is_shown_until_it_is_forgotten() {
        let mut held = Held::default();
        let mut output = frame(4, 0);
        assert!(!held.show(&mut output.as_frame_mut()));
        for value in [7, 9] {
            held.keep(&frame(4, value).as_frame_mut());
            assert!(held.show(&mut output.as_frame_mut()));
            assert_eq!(output.data(0), [value; 12]);
        }
        held.forget();
        assert!(!held.show(&mut output.as_frame_mut()));
    }

    #[test]
    fn another_size_needs_another_picture() {
        let mut held = Held::default();
        held.keep(&frame(4, 7).as_frame_mut());
        assert!(!held.show(&mut frame(5, 0).as_frame_mut()));
        held.keep(&frame(5, 8).as_frame_mut());
        assert!(held.show(&mut frame(5, 0).as_frame_mut()));
    }

    /// Which of eight frames are due where every one that is due is restored.
    fn due(held: &mut Held, interval: u32) -> [bool; 8] {
        [0; 8].map(|_| {
            let is_due = held.is_due(interval);
            if is_due && interval > 1 {
                held.keep(&frame(4, 7).as_frame_mut());
            }
            is_due
        })
    }

    #[test]
    fn every_nth_frame_is_due_from_the_first_of_a_scene_on() {
        let (yes, no) = (true, false);
        let mut held = Held::default();
        assert_eq!(due(&mut held, 1), [yes; 8]);
        let third = [yes, no, no, yes, no, no, yes, no];
        assert_eq!(due(&mut held, 3), third);
        held.forget();
        assert_eq!(due(&mut held, 3), third);
        assert_eq!(due(&mut held, 1), [yes; 8]);
        assert!(held.picture.is_none());
    }

    #[test]
    fn where_nothing_was_restored_every_frame_is_due() {
        let mut held = Held::default();
        assert!((0..8).all(|_| held.is_due(4)));
    }
}

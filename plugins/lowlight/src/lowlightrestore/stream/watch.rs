//! The watchdog's place in a stream.

use lowlight_engine::quality::{Implausible, Thumbnail, implausible};
use lowlight_engine::{Frame, FrameMut};

/// What is wrong with a restored picture, if anything. Of frames smaller than the thumbnails there is little to say.
pub(super) fn watch(input: &Frame<'_>, output: &FrameMut<'_>) -> Option<Implausible> {
    const LEAST: usize = 64;
    if input.width().min(input.height()) < LEAST {
        return None;
    }
    implausible(&Thumbnail::of(input), &Thumbnail::of(output))
}

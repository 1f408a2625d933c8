//! How a picture has to be turned to stand upright, as phones note it.

use gst::prelude::*;

/// A turn, by its `image-orientation` tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// The upper left 2×2 of MP4's matrix: where a step right and a step down lead.
    matrix: [[i32; 2]; 2],
}

/// Tags and where a step right and a step down in the stored picture lead in the upright one.
const TURNS: [(&str, [[i32; 2]; 2]); 7] = [
    ("rotate-90", [[0, 1], [-1, 0]]),
    ("rotate-180", [[-1, 0], [0, -1]]),
    ("rotate-270", [[0, -1], [1, 0]]),
    ("flip-rotate-0", [[-1, 0], [0, 1]]),
    ("flip-rotate-90", [[0, -1], [-1, 0]]),
    ("flip-rotate-180", [[1, 0], [0, -1]]),
    ("flip-rotate-270", [[0, 1], [1, 0]]),
];

impl Turn {
    /// The turn that a tag asks for; `None` for none.
    pub(super) fn of(tags: &gst::TagListRef) -> Option<Self> {
        let tag = tags.get::<gst::tags::ImageOrientation>()?;
        TURNS
            .iter()
            .find(|(name, _)| *name == tag.get())
            .map(|(_, matrix)| Self { matrix: *matrix })
    }

    /// MP4's matrix for a picture of this size, moved so that the upright one starts at the origin.
    pub(super) fn matrix(self, width: u32, height: u32) -> [u32; 9] {
        const ONE: i32 = 1 << 16;
        let [[a, b], [c, d]] = self.matrix;
        let size = |length: u32| i32::try_from(length).unwrap_or(0);
        let moved = |along_width: i32, along_height: i32| {
            -(along_width.min(0) * size(width) + along_height.min(0) * size(height))
        };
        [
            a * ONE,
            b * ONE,
            0,
            c * ONE,
            d * ONE,
            0,
            moved(a, c) * ONE,
            moved(b, d) * ONE,
            1 << 30,
        ]
        .map(|value| value as u32)
    }
}

/// Takes the turn out of the tags that pass `pad`, behind an element that has made it.
pub(super) fn forget(pad: &gst::Pad) {
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, info| {
        if let Some(gst::PadProbeData::Event(event)) = &mut info.data
            && let gst::EventView::Tag(view) = event.view()
            && Turn::of(view.tag()).is_some()
        {
            let mut tags = view.tag().to_owned();
            tags.make_mut().remove::<gst::tags::ImageOrientation>();
            *event = gst::event::Tag::builder(tags)
                .seqnum(event.seqnum())
                .build();
        }
        gst::PadProbeReturn::Ok
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upright_picture_starts_at_the_origin() {
        for (name, matrix) in TURNS {
            let [a, b, _, c, d, _, x, y, _] =
                Turn { matrix }.matrix(320, 240).map(|v| v as i32 >> 16);
            let corners = [(0, 0), (320, 0), (0, 240), (320, 240)];
            let left = corners.map(|(u, v)| u * a + v * c + x).into_iter().min();
            let top = corners.map(|(u, v)| u * b + v * d + y).into_iter().min();
            assert_eq!((left, top), (Some(0), Some(0)), "{name}");
        }
    }
}

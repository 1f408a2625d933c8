//! `before-after.png`: a frame of each scene, and what one wants to read in it, enlarged.

use lowlight_scene::{Mark, MarkKind, Picture, sheet};

/// Width of the sheet, pixels.
const WIDTH: usize = 1304;
/// Enlarged parts are this share of the frame in each direction.
const CLOSE: usize = 4;

/// A frame in all its versions.
pub(super) struct Showpiece {
    pub(super) input: Picture,
    pub(super) gamma: Picture,
    pub(super) restored: Picture,
    pub(super) truth: Picture,
    /// What is to be read in it.
    pub(super) mark: Option<Mark>,
}

impl Showpiece {
    /// The part of every version around the mark: input, auto-gamma, restored, truth.
    fn close_ups(&self) -> [Picture; 4] {
        let share = match self.mark.as_ref().map(|mark| mark.kind) {
            Some(MarkKind::Code) => CLOSE - 1,
            _ => CLOSE,
        };
        let (width, height) = (self.truth.width / share, self.truth.height / share);
        let middle = self.mark.as_ref().map_or((0.5, 0.5), |mark| {
            let [a, _, c, _] = mark.quad;
            ((a.0 + c.0) * 0.5, (a.1 + c.1) * 0.5)
        });
        let from = |middle: f32, part: usize, whole: usize| {
            (middle as usize).saturating_sub(part / 2).min(whole - part)
        };
        let x = from(middle.0, width, self.truth.width);
        let y = from(middle.1, height, self.truth.height);
        [&self.input, &self.gamma, &self.restored, &self.truth].map(|p| p.crop(x, y, width, height))
    }
}

/// Lays the sheet out: each scene before and after, then the close-ups of both.
pub(super) fn lay_out(pieces: &[Showpiece]) -> Picture {
    let close_ups: Vec<[Picture; 4]> = pieces.iter().map(Showpiece::close_ups).collect();
    let mut rows: Vec<Vec<(String, &Picture)>> = Vec::new();
    for piece in pieces {
        rows.push(vec![
            ("Night camera".to_owned(), &piece.input),
            ("Restored".to_owned(), &piece.restored),
        ]);
    }
    for pictures in &close_ups {
        let captions = ["Night camera", "Auto-gamma", "Restored", "Truth"].map(str::to_owned);
        rows.push(captions.into_iter().zip(pictures).collect());
    }
    sheet(&rows, WIDTH)
}

/// The mark that is best worth reading in a picture `width` pixels wide: a number plate if there is one,
/// wide, and not far out at the side.
pub(super) fn best(marks: Vec<Mark>, width: usize) -> Option<Mark> {
    let worth = |mark: &Mark| {
        let (left, right) = (mark.quad[0].0, mark.quad[1].0);
        right - left - 0.25 * ((left + right) * 0.5 - width as f32 * 0.5).abs()
    };
    let numbered = |mark: &Mark| mark.payload.contains(|c: char| c.is_ascii_digit());
    marks.into_iter().max_by(|a, b| {
        let plates = numbered(a).cmp(&numbered(b));
        plates.then(worth(a).total_cmp(&worth(b)))
    })
}

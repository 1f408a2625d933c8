//! A stroke font: every glyph is a few polylines on a grid 12 wide and 20 high, drawn with a round pen.
//!
//! Strokes stay crisp at any size and in any perspective, which a bitmap font would not.

/// Cap height in grid units; y grows downwards from the cap line to the baseline.
const CAP: f32 = 20.0;
/// Gap between glyphs in grid units.
const GAP: f32 = 5.5;

/// One straight piece of a glyph, in units of the cap height: x to the right, y down from the cap line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) from: (f32, f32),
    pub(crate) to: (f32, f32),
}

/// The polylines of a glyph, separated by spaces; each point is two base-36 digits, x then y.
fn glyph(c: char) -> &'static str {
    match c.to_ascii_uppercase() {
        'A' => "0k60ck 2dad",
        'B' => "000k7k9jagad9b7a0a 7a99a7a3917000",
        'C' => "b4a1804011040g1j4k8kajbg",
        'D' => "000k6k9jbgb4916000",
        'E' => "a0000kak 0a8a",
        'F' => "a0000k 0a8a",
        'G' => "b4a1804011040g1j4k8kajbgbb7b",
        'H' => "000k b0bk 0aba",
        'I' => "000k",
        'J' => "707g6j4k2k0i",
        'K' => "000k a00b 48ak",
        'L' => "000k9k",
        'M' => "0k006cc0ck",
        'N' => "0k00bkb0",
        'O' => "4080b1c4cgbj8k4k1j0g041140",
        'P' => "0k007091a4a79a7b0b",
        'Q' => "4080b1c4cgbj8k4k1j0g041140 8fck",
        'R' => "0k007091a4a79a7b0b 5bak",
        'S' => "a491703011040618397b9caeag9j7k3k1j0g",
        'T' => "00c0 606k",
        'U' => "000g1j4k7kajbgb0",
        'V' => "006kc0",
        'W' => "004k84ckg0",
        'X' => "00bk b00k",
        'Y' => "006ac0 6a6k",
        'Z' => "00b00kbk",
        '0' => "307091a4ag9j7k3k1j0g041130",
        '1' => "14606k",
        '2' => "0411307091a4a6980kak",
        '3' => "0311307091a3a7996a 3a6a9badag9j7k3k1j0h",
        '4' => "800ebe 888k",
        '5' => "901009387899acag9j7k3k1j0h",
        '6' => "9381604011050g1j3k7k9jagac997838190c",
        '7' => "00a04k",
        '8' => "3a19070311307091a3a7997a3a1b0d0h1j3k7k9jahad9b7a",
        '9' => "1h2j4k6k9jafa49170301104081b3c7c9ba8",
        '-' => "1a7a",
        '.' => "0k0k",
        ':' => "0505 0f0f",
        '/' => "800k",
        '+' => "0aca 646g",
        '=' => "07a7 0dad",
        '>' => "04aa0g",
        '\'' => "0005",
        ',' => "1j0n",
        '%' => "c00k 204052544626141220 9ebecgcibk9k8i8g9e",
        '(' => "50240a2g5k",
        ')' => "00345a3g0k",
        '&' => "ck2522406082850d0h2k6kcd",
        '#' => "402k a08k 16c6 0ebe",
        _ => "",
    }
}

fn digit(c: u8) -> f32 {
    match c {
        b'0'..=b'9' => f32::from(c - b'0'),
        _ => f32::from(c.saturating_sub(b'a')) + 10.0,
    }
}

/// A line of text as strokes, in units of the cap height, starting at x = 0.
///
/// Lower case is drawn as capitals; characters the font does not have are blank.
#[derive(Clone, Debug, Default)]
pub(crate) struct TextLine {
    pub(crate) strokes: Vec<Stroke>,
    /// Width in cap heights, without pen thickness.
    pub(crate) width: f32,
}

impl TextLine {
    pub(crate) fn new(text: &str) -> TextLine {
        let (mut strokes, mut pen) = (Vec::new(), 0.0f32);
        for c in text.chars() {
            let mut advance = if c == ' ' { 4.0 } else { 0.0f32 };
            for polyline in glyph(c).split_ascii_whitespace() {
                let points: Vec<(f32, f32)> = polyline
                    .as_bytes()
                    .chunks_exact(2)
                    .map(|p| (digit(p[0]), digit(p[1])))
                    .collect();
                for pair in points.windows(2) {
                    advance = advance.max(pair[0].0).max(pair[1].0);
                    let place = |p: (f32, f32)| ((pen + p.0) / CAP, p.1 / CAP);
                    strokes.push(Stroke {
                        from: place(pair[0]),
                        to: place(pair[1]),
                    });
                }
            }
            pen += advance + GAP;
        }
        TextLine {
            strokes,
            width: (pen - GAP).max(0.0) / CAP,
        }
    }

    /// Whether the point (in cap heights, y down) lies under a pen of the given diameter.
    pub(crate) fn covers(&self, x: f32, y: f32, pen: f32) -> bool {
        let r = pen * 0.5;
        if x < -r || x > self.width + r || y < -r || y > 1.2 + r {
            return false;
        }
        self.strokes
            .iter()
            .any(|s| distance_squared((x, y), s) < r * r)
    }
}

fn distance_squared(p: (f32, f32), s: &Stroke) -> f32 {
    let (dx, dy) = (s.to.0 - s.from.0, s.to.1 - s.from.1);
    let (px, py) = (p.0 - s.from.0, p.1 - s.from.1);
    let t = ((px * dx + py * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
    let (ex, ey) = (px - t * dx, py - t * dy);
    ex * ex + ey * ey
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_and_digit_has_strokes() {
        for c in ('A'..='Z').chain('0'..='9') {
            assert!(
                !TextLine::new(&c.to_string()).strokes.is_empty(),
                "{c} is blank"
            );
        }
    }

    #[test]
    fn text_covers_its_strokes_and_not_its_gaps() {
        let line = TextLine::new("I I");
        assert!(line.covers(0.0, 0.5, 0.12));
        assert!(!line.covers(line.width * 0.5, 0.5, 0.12));
        assert!(line.covers(line.width, 0.5, 0.12));
    }
}

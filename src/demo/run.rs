//! From the first sub-frame to the report.

use super::folder::Folder;
use super::footage::{ACCUMULATE, FPS, Footage};
use super::report::{Report, Speed};
use super::score::{Tallies, readable};
use super::showpiece::{Showpiece, best, lay_out};
use crate::config::Restore;
use crate::pipeline::{Film, Stage};
use crate::progress::Progress;
use anyhow::Context;
use gst::prelude::*;
use lowlight_scene::{Picture, SceneKind, auto_gamma, sheet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Seed of the camera's noise.
const NOISE_SEED: u64 = 7;

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) out: PathBuf,
    pub(crate) force: bool,
    pub(crate) seconds: f64,
    pub(crate) size: (usize, usize),
    pub(crate) severity: &'static str,
    pub(crate) restore: Restore,
}

/// Makes the demo; `stop` ends it early, with nothing written.
pub(crate) fn make(
    wish: &Wish,
    progress: &mut Progress,
    stop: &AtomicBool,
) -> anyhow::Result<Report> {
    let folder = Folder::open(&wish.out, wish.force)?;
    let mut studio = Studio::new(wish, &folder)?;
    let frames = studio.footage.frames();
    for frame in 0..frames {
        if stop.load(Ordering::Relaxed) {
            anyhow::bail!("stopped");
        }
        studio.frame(frame)?;
        progress.show(
            u64::from(frame) + 1,
            time(frame + 1, FPS),
            Some(time(frames, FPS)),
        );
    }
    let report = studio.finish(wish, &folder)?;
    folder.keep()?;
    Ok(report)
}

/// Everything that lives from the first frame to the last.
struct Studio {
    size: (usize, usize),
    footage: Footage,
    camera: Stage,
    restoration: Stage,
    restorer: gst::Element,
    input_rgb: Stage,
    restored_rgb: Stage,
    before: Film,
    after: Film,
    both: Film,
    scores: [Tallies; 2],
    showpieces: Vec<Showpiece>,
    /// Time in the restoration, and frames it is the sum of.
    restoring: (Duration, u32),
    canvas: Vec<u8>,
}

/// One frame in all its versions, packed RGB.
struct Versions {
    truth: Vec<u8>,
    input: Vec<u8>,
    gamma: Vec<u8>,
    restored: Vec<u8>,
}

impl Studio {
    fn new(wish: &Wish, folder: &Folder) -> anyhow::Result<Self> {
        let (width, height) = wish.size;
        // Elements that are missing are told of before anything is drawn.
        let (restoration, restorer) = Stage::restoration(&wish.restore)?;
        let sub_frames = rgb_caps(width, height, FPS * ACCUMULATE);
        let camera = Stage::night_camera(&sub_frames, wish.severity, ACCUMULATE, NOISE_SEED)?;
        let frames = rgb_caps(width, height, FPS);
        let blank = Picture::new(width, height, &[]);
        let pair = side_by_side(&blank, &blank);
        let film = |name: &str, caps: &gst::Caps| Film::start(&folder.file(name), caps);
        Ok(Self {
            size: wish.size,
            footage: Footage::new(width, height, wish.seconds)?,
            camera,
            restoration,
            restorer,
            input_rgb: Stage::to_rgb()?,
            restored_rgb: Stage::to_rgb()?,
            before: film("before.mp4", &frames)?,
            after: film("after.mp4", &frames)?,
            both: film("before-after.mp4", &rgb_caps(pair.width, pair.height, FPS))?,
            scores: <[Tallies; 2]>::default(),
            showpieces: Vec::new(),
            restoring: (Duration::ZERO, 0),
            canvas: vec![0; width * height * 3],
        })
    }

    fn frame(&mut self, frame: u32) -> anyhow::Result<()> {
        let dark = self.shoot(frame)?;
        let restored = self.restore(&dark)?;
        self.footage.truth(frame, &mut self.canvas)?;
        let input = through(&self.input_rgb, &dark)?;
        let versions = Versions {
            gamma: auto_gamma(&input, self.size.0, self.size.1),
            restored: through(&self.restored_rgb, &restored)?,
            truth: self.canvas.clone(),
            input,
        };
        self.measure(frame, &versions);
        self.record(frame, versions)
    }

    /// Exposes one frame: all its sub-frames into the camera.
    fn shoot(&mut self, frame: u32) -> anyhow::Result<gst::Sample> {
        for part in 0..ACCUMULATE {
            self.footage.part(frame, part, &mut self.canvas)?;
            self.camera.push(buffer(
                self.canvas.clone(),
                frame * ACCUMULATE + part,
                FPS * ACCUMULATE,
            ))?;
        }
        Ok(self.camera.pull()?)
    }

    fn restore(&mut self, dark: &gst::Sample) -> anyhow::Result<gst::Sample> {
        let start = Instant::now();
        self.restoration.push_sample(dark)?;
        let restored = self.restoration.pull()?;
        // The first frame waits for the model.
        if self.restoring.1 > 0 {
            self.restoring.0 += start.elapsed();
        }
        self.restoring.1 += 1;
        Ok(restored)
    }

    fn measure(&mut self, frame: u32, versions: &Versions) {
        let codes = readable(self.footage.marks(frame).0, &versions.truth, self.size);
        let scene = self.footage.scene(frame);
        let tallies = &mut self.scores[usize::from(scene == SceneKind::Conveyor)];
        let Versions {
            truth,
            input,
            gamma,
            restored,
        } = versions;
        tallies.codes += codes.len() as u32;
        tallies.input.add(input, truth, self.size, &codes);
        tallies.gamma.add(gamma, truth, self.size, &codes);
        tallies.restored.add(restored, truth, self.size, &codes);
    }

    fn record(&mut self, frame: u32, versions: Versions) -> anyhow::Result<()> {
        let picture = |rgb: &[u8]| Picture::new(self.size.0, self.size.1, rgb);
        let (input, restored) = (picture(&versions.input), picture(&versions.restored));
        let pair = side_by_side(&input, &restored);
        self.both.push(buffer(pair.rgb, frame, FPS))?;
        if self.footage.showpieces().contains(&frame) {
            let (codes, texts) = self.footage.marks(frame);
            self.showpieces.push(Showpiece {
                input,
                restored,
                gamma: picture(&versions.gamma),
                truth: picture(&versions.truth),
                mark: best(if codes.is_empty() { texts } else { codes }, self.size.0),
            });
        }
        self.before.push(buffer(versions.input, frame, FPS))?;
        self.after.push(buffer(versions.restored, frame, FPS))?;
        Ok(())
    }

    fn finish(self, wish: &Wish, folder: &Folder) -> anyhow::Result<Report> {
        let report = Report {
            version: env!("CARGO_PKG_VERSION"),
            width: self.size.0,
            height: self.size.1,
            frames: self.footage.frames(),
            severity: wish.severity,
            total: self.scores[0].merge(self.scores[1]).scores(),
            street: self.scores[0].scores(),
            conveyor: self.scores[1].scores(),
            speed: self.speed()?,
        };
        for film in [self.before, self.after, self.both] {
            film.finish()?;
        }
        let page = lay_out(&self.showpieces);
        let (width, height) = (u32::try_from(page.width)?, u32::try_from(page.height)?);
        image::save_buffer(
            folder.file("before-after.png"),
            &page.rgb,
            width,
            height,
            image::ColorType::Rgb8,
        )
        .context("before-after.png")?;
        std::fs::write(folder.file("report.md"), report.markdown()).context("report.md")?;
        std::fs::write(
            folder.file("report.json"),
            serde_json::to_string_pretty(&report)? + "\n",
        )
        .context("report.json")?;
        Ok(report)
    }

    /// Asks the element what it did. Frames that passed unrestored would make the figures a lie.
    fn speed(&self) -> anyhow::Result<Speed> {
        let stats: gst::Structure = self.restorer.property("stats");
        let passed = stats.get::<u64>("frames-passed").unwrap_or_default();
        anyhow::ensure!(
            passed == 0,
            "{passed} of {} frames passed unrestored",
            self.restoring.1
        );
        let text = |name: &str| stats.get::<String>(name).unwrap_or_default();
        let measured = f64::from(self.restoring.1.saturating_sub(1));
        Ok(Speed {
            fps: measured / self.restoring.0.as_secs_f64().max(1e-9),
            inference_mean_ms: stats.get("inference-mean-ms").unwrap_or_default(),
            provider: text("provider"),
            model: text("model"),
            precision: text("precision"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        })
    }
}

fn side_by_side(before: &Picture, after: &Picture) -> Picture {
    let row = vec![
        ("Night camera".to_owned(), before),
        ("Restored".to_owned(), after),
    ];
    // Two pictures at their own size and the gaps around them; encoders want a multiple of four.
    sheet(&[row], (before.width * 2 + 24).next_multiple_of(4))
}

fn rgb_caps(width: usize, height: usize, fps: u32) -> gst::Caps {
    let number = |value: usize| i32::try_from(value).unwrap_or(i32::MAX);
    gst::Caps::builder("video/x-raw")
        .field("format", "RGB")
        .field("width", number(width))
        .field("height", number(height))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .field("framerate", gst::Fraction::new(number(fps as usize), 1))
        .build()
}

/// A frame as a buffer; rows are multiples of four bytes, as GStreamer lays packed RGB out.
fn buffer(rgb: Vec<u8>, number: u32, fps: u32) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_mut_slice(rgb);
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(time(number, fps));
        buffer.set_duration(time(number + 1, fps) - time(number, fps));
    }
    buffer
}

/// When frame `number` begins.
fn time(number: u32, fps: u32) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(u64::from(number) * 1_000_000_000 / u64::from(fps))
}

/// A stage's answer to one frame, as bytes.
fn through(stage: &Stage, sample: &gst::Sample) -> anyhow::Result<Vec<u8>> {
    stage.push_sample(sample)?;
    let sample = stage.pull()?;
    let buffer = sample.buffer().context("a frame without a buffer")?;
    Ok(buffer
        .map_readable()
        .context("a frame that cannot be read")?
        .to_vec())
}

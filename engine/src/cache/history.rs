//! How long builds took, and so how long the next one may take.

use std::cmp::Reverse;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::files;
use super::lock::{KeyLock, Mode};

const FILE: &str = "builds.json";
/// Builds that are remembered; the oldest are forgotten.
const KEPT: usize = 256;
/// Builds that an estimate is taken over, the newest of those that are most like the one to come.
const LIKE: usize = 5;

/// A build, as far as it tells how long others take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The execution provider.
    pub provider: String,
    /// The GPU or processor.
    pub device: String,
    /// SHA-256 of the model.
    pub model: String,
    /// Bytes of the model.
    pub model_bytes: u64,
    /// Pixels of its picture.
    pub pixels: u64,
    /// The model's precision.
    pub precision: String,
}

/// A build that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// What was built.
    #[serde(flatten)]
    pub subject: Subject,
    /// How long it took.
    pub milliseconds: u64,
    /// When it was done, in seconds since 1970.
    pub done: u64,
}

/// How alike the builds are that an estimate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The same model at the same size.
    Same,
    /// The same model at the nearest size.
    OtherSize,
    /// Another model of that precision, nearest in size.
    OtherModel,
    /// A model of another precision.
    OtherPrecision,
}

/// How long a build will take, as far as earlier ones tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// From start to end.
    pub total: Duration,
    /// What it comes from.
    pub likeness: Likeness,
}

impl Estimate {
    /// What is left after `elapsed`; nothing is known of a build that takes longer than expected.
    #[must_use]
    pub fn left(&self, elapsed: Duration) -> Option<Duration> {
        self.total
            .checked_sub(elapsed)
            .filter(|left| !left.is_zero())
    }

    /// Which share is done after `elapsed`, from 0 to 1. Never quite 1: done is what says so itself.
    #[must_use]
    pub fn share(&self, elapsed: Duration) -> f64 {
        let total = self.total.as_secs_f64().max(1e-3);
        (elapsed.as_secs_f64() / total).min(0.99)
    }
}

/// How long building `subject` may take: the median of the newest builds that are most like it, on the same device by the
/// same provider. `None` without any: what another GPU took says nothing.
#[must_use]
pub fn estimate(builds: &[Build], subject: &Subject) -> Option<Estimate> {
    let here = |build: &&Build| {
        build.subject.provider == subject.provider && build.subject.device == subject.device
    };
    let likeness = builds
        .iter()
        .filter(here)
        .map(|build| rank(&build.subject, subject))
        .min()?;
    let mut alike: Vec<&Build> = builds
        .iter()
        .filter(here)
        .filter(|build| rank(&build.subject, subject) == likeness)
        .collect();
    alike.sort_by_key(|build| Reverse(build.done));
    alike.truncate(LIKE);
    let mut times: Vec<u64> = alike.iter().map(|build| build.milliseconds).collect();
    times.sort_unstable();
    Some(Estimate {
        total: Duration::from_millis(times[times.len() / 2]),
        likeness: likeness.0,
    })
}

/// How far `other` is from `subject`: what kind of difference, and how much of it.
fn rank(other: &Subject, subject: &Subject) -> (Likeness, u64) {
    let likeness = match (other.model == subject.model, other.pixels == subject.pixels) {
        (true, true) => Likeness::Same,
        (true, false) => Likeness::OtherSize,
        _ if other.precision == subject.precision => Likeness::OtherModel,
        _ => Likeness::OtherPrecision,
    };
    let distance = match likeness {
        Likeness::Same => 0,
        Likeness::OtherSize => apart(other.pixels, subject.pixels),
        _ => {
            apart(other.model_bytes, subject.model_bytes) + apart(other.pixels, subject.pixels) / 4
        }
    };
    (likeness, distance)
}

/// How many times one is the other, in eighths of doublings: what is about the same counts as the same.
fn apart(one: u64, other: u64) -> u64 {
    let ratio = one.max(1) as f64 / other.max(1) as f64;
    (ratio.log2().abs() * 8.0).round() as u64
}

/// The builds that the cache in `root` remembers. A file that cannot be read is an empty memory.
pub(super) fn read(root: &Path) -> Vec<Build> {
    let text = std::fs::read(root.join(FILE)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Adds a build of `took`. What cannot be written is forgotten: it is only an estimate.
pub(super) fn remember(root: &Path, subject: Subject, took: Duration) {
    let done = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let build = Build {
        subject,
        milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        done: done.unwrap_or_default().as_secs(),
    };
    let add = || {
        let _lock = KeyLock::wait(&root.join("builds.lock"), Mode::Exclusive, || {})?;
        let mut builds = read(root);
        builds.push(build);
        let old = builds.len().saturating_sub(KEPT);
        builds.drain(..old);
        files::replace(&root.join(FILE), &serde_json::to_vec_pretty(&builds)?)
    };
    if let Err(error) = add() {
        tracing::debug!(root = %root.display(), %error, "the time of a build is not remembered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(provider: &str, device: &str, model: &str, pixels: u64) -> Subject {
        Subject {
            provider: provider.into(),
            device: device.into(),
            model: model.into(),
            model_bytes: model.len() as u64 * 1000,
            pixels,
            precision: "fp16".into(),
        }
    }

    fn build(subject: Subject, seconds: u64, done: u64) -> Build {
        Build {
            subject,
            milliseconds: seconds * 1000,
            done,
        }
    }

    #[test]
    fn the_likest_builds_tell_how_long_it_takes() {
        let trt = |model: &str, pixels| subject("tensorrt", "L4", model, pixels);
        let builds = [
            build(trt("nano", 720), 100, 1),
            build(trt("nano", 720), 30, 2),
            build(trt("nano", 720), 20, 3),
            build(trt("nano", 2160), 200, 4),
            build(trt("base-is-large", 720), 400, 5),
            build(subject("tensorrt", "H100", "nano", 720), 7, 6),
            build(subject("openvino", "L4", "nano", 720), 1, 7),
        ];
        for (wanted, expected) in [
            (trt("nano", 720), Some((30, Likeness::Same))),
            (trt("nano", 1080), Some((30, Likeness::OtherSize))),
            (trt("nano", 4320), Some((200, Likeness::OtherSize))),
            (
                trt("base-was-large", 720),
                Some((400, Likeness::OtherModel)),
            ),
            (
                Subject {
                    precision: "int8".into(),
                    ..trt("base-in-int8", 720)
                },
                Some((400, Likeness::OtherPrecision)),
            ),
            (subject("tensorrt", "T4", "nano", 720), None),
            (subject("tensorrt-rtx", "L4", "nano", 720), None),
        ] {
            let told = estimate(&builds, &wanted);
            let told = told.map(|told| (told.total.as_secs(), told.likeness));
            assert_eq!(told, expected, "{wanted:?}");
        }
    }

    #[test]
    fn old_builds_do_not_count_where_newer_ones_are() {
        let wanted = subject("tensorrt", "L4", "nano", 720);
        let mut builds: Vec<Build> = (0..5).map(|n| build(wanted.clone(), 300, n)).collect();
        builds.extend((5..10).map(|n| build(wanted.clone(), 40, n)));
        let told = estimate(&builds, &wanted).unwrap();
        assert_eq!(told.total, Duration::from_secs(40));
    }

    #[test]
    fn an_estimate_that_is_over_says_nothing_more() {
        let estimate = Estimate {
            total: Duration::from_secs(10),
            likeness: Likeness::Same,
        };
        let seconds = Duration::from_secs;
        assert_eq!(estimate.left(seconds(4)), Some(seconds(6)));
        assert_eq!(estimate.left(seconds(10)), None);
        assert_eq!(estimate.left(seconds(11)), None);
        assert_eq!(estimate.share(seconds(5)), 0.5);
        assert_eq!(estimate.share(seconds(50)), 0.99);
    }

    #[test]
    fn builds_are_remembered_on_disk_up_to_a_number() {
        let dir = tempfile::tempdir().unwrap();
        let wanted = subject("tensorrt", "L4", "nano", 720);
        assert!(read(dir.path()).is_empty());
        for seconds in 0..KEPT as u64 + 2 {
            remember(dir.path(), wanted.clone(), Duration::from_secs(seconds));
        }
        let builds = read(dir.path());
        assert_eq!((builds.len(), builds[0].milliseconds), (KEPT, 2000));
        std::fs::write(dir.path().join(FILE), "[{").unwrap();
        assert!(read(dir.path()).is_empty());
        remember(dir.path(), wanted, Duration::from_secs(1));
        assert_eq!(read(dir.path()).len(), 1);
    }
}

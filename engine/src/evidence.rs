//! Which provider is the faster one for a model on this machine: measured once, and remembered on disk.
//!
//! Only the words and the files are here; `session/chain.rs` measures.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::discovery;
use crate::error::{Error, Result};
use crate::provider::Provider;
use crate::session::Request;

/// A provider later in the order must be faster by this share, and by this many milliseconds: less is noise, and not
/// worth another provider at every start.
const MARGIN: (f64, f64) = (0.1, 0.5);

/// What was measured: another one of any of these is another measurement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subject {
    fields: Value,
    field: Vec<Provider>,
}

/// How long a run took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Timing {
    pub(crate) provider: Provider,
    pub(crate) milliseconds: f64,
}

impl Subject {
    /// A comparison of the providers in `field`, which load the same file, in the ONNX Runtime at `library`, which says of
    /// itself that it is `build`.
    pub(crate) fn of(
        (library, build): (&Path, &str),
        request: &Request<'_>,
        field: &[Provider],
    ) -> Result<Self> {
        let model = request.model.for_provider(Provider::Cpu)?;
        let openvino = discovery::plugin(discovery::Plugin::OpenVino, library);
        let options = request.options;
        let fields = json!({
            "model": digest(model.path())?,
            // Not its digest: hashing 30 MB takes longer at every start than opening the session.
            "runtime": build,
            "openvino": openvino.ok().and_then(|path| digest(&path).ok()),
            "providers": field.iter().map(|provider| provider.name()).collect::<Vec<_>>(),
            "processor": processor(&std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default()),
            "threads": options.effective_threads(),
            "width": request.size.0,
            "height": request.size.1,
            "optimization": format!("{:?}", options.optimization_level),
        });
        Ok(Self {
            fields,
            field: field.to_vec(),
        })
    }
}

/// The providers of `timings`, best first. An earlier one stays before a later one that is not clearly faster.
pub(crate) fn order(timings: &[Timing]) -> Vec<Provider> {
    let mut left = timings.to_vec();
    let mut order = Vec::new();
    while let Some(first) = left.first().copied() {
        let faster = left.iter().filter(|timing| {
            let won = first.milliseconds - timing.milliseconds;
            won > first.milliseconds * MARGIN.0 && won > MARGIN.1
        });
        let best = faster
            .min_by(|a, b| a.milliseconds.total_cmp(&b.milliseconds))
            .map_or(first.provider, |timing| timing.provider);
        left.retain(|timing| timing.provider != best);
        order.push(best);
    }
    order
}

/// What was found, for people: `measured at 1280x720 on 2 threads: openvino 8.1 ms, cpu 14.3 ms`.
pub(crate) fn words(subject: &Subject, timings: &[Timing], is_recalled: bool) -> String {
    let of = |name: &str| subject.fields[name].as_u64().unwrap_or_default();
    let times = timings
        .iter()
        .map(|timing| format!("{} {:.1} ms", timing.provider.name(), timing.milliseconds));
    format!(
        "measured {}at {}x{} on {} threads: {}",
        if is_recalled { "earlier " } else { "" },
        of("width"),
        of("height"),
        of("threads"),
        times.collect::<Vec<_>>().join(", ")
    )
}

/// The folder that measurements are remembered in. A file of it that cannot be used is a measurement that was not made.
#[derive(Clone, Debug)]
pub(crate) struct Notebook {
    dir: PathBuf,
}

impl Notebook {
    pub(crate) fn new(cache_dir: &Path) -> Self {
        Self {
            dir: cache_dir.join("provider-times"),
        }
    }

    /// The times of every provider of `subject`, in its order; empty if they are not known.
    pub(crate) fn recall(&self, subject: &Subject) -> Vec<Timing> {
        let text = std::fs::read_to_string(self.path(subject)).unwrap_or_default();
        let page: Value = serde_json::from_str(&text).unwrap_or_default();
        if page["subject"] != subject.fields {
            return Vec::new();
        }
        let timings = subject.field.iter().map(|&provider| {
            let milliseconds = page["milliseconds"][provider.name()].as_f64()?;
            (milliseconds > 0.0).then_some(Timing {
                provider,
                milliseconds,
            })
        });
        timings.collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    /// Writes `timings` down. What cannot be written is measured again at the next start.
    pub(crate) fn note(&self, subject: &Subject, timings: &[Timing]) {
        let milliseconds: serde_json::Map<String, Value> = timings
            .iter()
            .map(|timing| {
                (
                    timing.provider.name().to_owned(),
                    timing.milliseconds.into(),
                )
            })
            .collect();
        let page = json!({ "subject": subject.fields, "milliseconds": milliseconds });
        if let Err(error) = self.write(&self.path(subject), &format!("{page:#}\n")) {
            tracing::info!(dir = %self.dir.display(), %error, "the comparison of providers is not kept");
        }
    }

    /// Another process may be writing the same page: each has a file of its own, and one of them stays.
    fn write(&self, path: &Path, text: &str) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.dir)?;
        let draft = path.with_extension(format!("{}.part", std::process::id()));
        std::fs::write(&draft, text)?;
        std::fs::rename(&draft, path)
    }

    fn path(&self, subject: &Subject) -> PathBuf {
        let name = hex(&Sha256::digest(subject.fields.to_string().as_bytes()));
        self.dir.join(format!("{}.json", &name[..16]))
    }
}

fn digest(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|source| Error::Read {
        path: path.to_path_buf(),
        source,
    })?;
    Ok(hex(&Sha256::digest(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name and the abilities of the first processor in `/proc/cpuinfo`: a virtual machine may hide some of the latter.
fn processor(cpuinfo: &str) -> Value {
    let field = |names: [&str; 2]| {
        let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines
            .find(|(name, _)| names.contains(&name.trim()))
            .map(|(_, value)| value.trim())
    };
    let features = field(["flags", "Features"]).unwrap_or_default();
    json!({
        "name": field(["model name", "CPU part"]),
        "features": hex(&Sha256::digest(features.as_bytes()))[..16],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timings(openvino: f64, cpu: f64) -> [Timing; 2] {
        [(Provider::OpenVino, openvino), (Provider::Cpu, cpu)].map(|(provider, milliseconds)| {
            Timing {
                provider,
                milliseconds,
            }
        })
    }

    fn subject(width: usize) -> Subject {
        Subject {
            fields: json!({ "model": "0123", "width": width, "height": 720, "threads": 2 }),
            field: vec![Provider::OpenVino, Provider::Cpu],
        }
    }

    #[test]
    fn the_clearly_faster_one_is_taken_and_else_the_first() {
        for (openvino, cpu, best) in [
            (8.0, 14.0, Provider::OpenVino),
            (14.0, 8.0, Provider::Cpu),
            // Within the margins.
            (8.0, 7.5, Provider::OpenVino),
            (0.5, 0.1, Provider::OpenVino),
        ] {
            assert_eq!(order(&timings(openvino, cpu))[0], best, "{openvino} {cpu}");
        }
        assert_eq!(
            order(&timings(14.0, 8.0)),
            [Provider::Cpu, Provider::OpenVino],
            "the other one is the fallback"
        );
    }

    #[test]
    fn what_was_noted_is_recalled_for_the_same_subject_only() {
        let dir = tempfile::tempdir().unwrap();
        let notebook = Notebook::new(&dir.path().join("not there yet"));
        assert_eq!(notebook.recall(&subject(1280)), []);
        notebook.note(&subject(1280), &timings(8.0, 14.25));
        assert_eq!(notebook.recall(&subject(1280)), timings(8.0, 14.25));
        assert_eq!(notebook.recall(&subject(1920)), []);
    }

    #[test]
    fn a_damaged_or_foreign_page_is_no_evidence() {
        let dir = tempfile::tempdir().unwrap();
        let notebook = Notebook::new(dir.path());
        notebook.note(&subject(1280), &timings(8.0, 14.0));
        let path = notebook.path(&subject(1280));
        let good = std::fs::read_to_string(&path).unwrap();
        for bad in [
            String::new(),
            good[..good.len() / 2].to_owned(),
            good.replace("14.0", "-1.0"),
            good.replace("14.0", "\"fast\""),
            good.replace("0123", "4567"),
        ] {
            std::fs::write(&path, &bad).unwrap();
            assert_eq!(notebook.recall(&subject(1280)), [], "{bad}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_done_without() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let notebook = Notebook::new(file.path());
        notebook.note(&subject(1280), &timings(8.0, 14.0));
        assert_eq!(notebook.recall(&subject(1280)), []);
    }

    #[test]
    fn the_finding_is_told_with_its_numbers() {
        assert_eq!(
            words(&subject(1280), &timings(8.06, 14.3), false),
            "measured at 1280x720 on 2 threads: openvino 8.1 ms, cpu 14.3 ms"
        );
        assert!(
            words(&subject(1280), &timings(8.0, 14.3), true).starts_with("measured earlier at ")
        );
    }

    #[test]
    fn processors_differ_by_name_and_by_abilities() {
        let of = |name: &str, flags: &str| {
            processor(&format!("model name\t: {name}\nflags\t\t: {flags}\n"))
        };
        assert_eq!(of("A", "avx2"), of("A", "avx2"));
        assert_ne!(of("A", "avx2"), of("B", "avx2"));
        assert_ne!(of("A", "avx2"), of("A", "avx2 amx_int8"));
    }
}

//! What makes a compiled model the right one.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::digest::hex;

/// Raised when the layout of an entry changes: entries of another format are not ours.
pub(super) const FORMAT: u32 = 1;

/// Everything that a compiled model depends on. Two keys that differ in anything are two entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// SHA-256 of the model file, and of the files that hold its weights.
    pub model: String,
    /// The build of ONNX Runtime, which rewrites the graph before a provider sees it.
    pub runtime: String,
    /// The execution provider.
    pub provider: String,
    /// The version of the library that compiles: TensorRT's, OpenVINO's.
    pub library: String,
    /// The CUDA version; empty for providers that use none.
    pub cuda: String,
    /// The GPU driver's version; empty for providers that use none.
    pub driver: String,
    /// The GPU's name and compute capability, or the processor's model and what it can do.
    pub device: String,
    /// The shape of every input, as `y:1x1x720x1280,u:1x1x360x640`.
    pub shape: String,
    /// The precision that the model's sidecar says.
    pub precision: String,
    /// What else is compiled in, such as the number of threads.
    pub settings: String,
}

impl Key {
    fn fields(&self) -> [(&'static str, &str); 10] {
        [
            ("model", &self.model),
            ("runtime", &self.runtime),
            ("provider", &self.provider),
            ("library", &self.library),
            ("cuda", &self.cuda),
            ("driver", &self.driver),
            ("device", &self.device),
            ("shape", &self.shape),
            ("precision", &self.precision),
            ("settings", &self.settings),
        ]
    }

    /// The entry's name: SHA-256 over every field, as 64 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(FORMAT.to_le_bytes());
        for (name, value) in self.fields() {
            // Lengths first: no two keys run together into the same bytes.
            for text in [name, value] {
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text.as_bytes());
            }
        }
        hex(&hash.finalize())
    }

    /// The first field in which `other` differs, with both values.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let mut pairs = self.fields().into_iter().zip(other.fields());
        pairs.find_map(|((name, ours), (_, theirs))| {
            (ours != theirs).then(|| format!("{name} is {theirs:?}, not {ours:?}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> Key {
        Key {
            model: "ab".repeat(32),
            runtime: "git-commit-id=6af1a93".into(),
            provider: "tensorrt".into(),
            library: "10.13.2".into(),
            cuda: "13.0".into(),
            driver: "580.65.06".into(),
            device: "NVIDIA L4, 8.9".into(),
            shape: "y:1x1x720x1280".into(),
            precision: "fp16".into(),
            settings: "optimization=enable-all".into(),
        }
    }

    /// An engine of one row must never be loaded in another one's place.
    #[test]
    fn every_change_around_an_engine_is_another_entry() {
        type Change = fn(&mut Key);
        let changes: [(&str, Change); 14] = [
            ("nothing", |_| {}),
            ("retrained weights", |key| key.model = "cd".repeat(32)),
            ("new ONNX Runtime", |key| {
                key.runtime = "git-commit-id=7bf1a93".into();
            }),
            ("TensorRT for RTX", |key| {
                key.provider = "tensorrt-rtx".into();
            }),
            ("new TensorRT", |key| key.library = "10.13.3".into()),
            ("new CUDA", |key| key.cuda = "13.1".into()),
            ("new driver", |key| key.driver = "580.65.07".into()),
            ("another GPU of that capability", |key| {
                key.device = "NVIDIA GeForce RTX 4090, 8.9".into();
            }),
            ("same name, other capability", |key| {
                key.device = "NVIDIA L4, 9.0".into();
            }),
            ("portrait", |key| key.shape = "y:1x1x1280x720".into()),
            ("a batch", |key| key.shape = "y:4x1x720x1280".into()),
            ("another precision", |key| key.precision = "int8".into()),
            ("other graph rewrites", |key| {
                key.settings = "optimization=disable-all".into();
            }),
            ("no driver", |key| key.driver.clear()),
        ];
        let digests: Vec<String> = changes
            .iter()
            .map(|(_, change)| {
                let mut key = key();
                change(&mut key);
                key.digest()
            })
            .collect();
        for (index, digest) in digests.iter().enumerate() {
            let same = digests.iter().position(|other| other == digest);
            assert_eq!(same, Some(index), "{}", changes[index].0);
        }
    }

    #[test]
    fn the_difference_is_told_by_its_name() {
        let mut other = key();
        other.driver = "570.1".into();
        let told = key().difference(&other).unwrap();
        assert_eq!(told, "driver is \"570.1\", not \"580.65.06\"");
        assert_eq!(key().difference(&key()), None);
    }

    proptest! {
        /// Text that moves from one field to its neighbour is another key.
        #[test]
        fn fields_do_not_run_together(text in "[a-z]{2,12}", at in 1_usize..12) {
            let at = at.min(text.len());
            let split = Key { cuda: text[..at].into(), driver: text[at..].into(), ..Key::default() };
            let whole = Key { cuda: text, ..Key::default() };
            prop_assert_eq!(split.digest() == whole.digest(), split == whole);
        }
    }
}

//! What a figure needs beside it to mean anything later: machine, versions, load.

use crate::setting::Setting;
use serde::Serialize;
use std::fs;
use std::process::Command;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    /// What int8 arithmetic has to work with.
    pub(crate) vectors: Vec<&'static str>,
    pub(crate) is_virtual: bool,
    pub(crate) cores_allowed: usize,
    pub(crate) cores_used: Vec<usize>,
    pub(crate) memory_gib: f64,
    pub(crate) system: String,
    pub(crate) kernel: String,
    pub(crate) gstreamer: String,
    /// ONNX Runtime and providers, as `scripts/setup` pinned them.
    pub(crate) runtime: Vec<String>,
    pub(crate) tapetum: String,
    /// The load's averages over 1, 5 and 15 minutes when the run began.
    pub(crate) load: String,
}

impl Machine {
    pub(crate) fn look(setting: &Setting) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let info = read("/proc/cpuinfo");
        let flags = field(&info, "flags", ':');
        let has = |flag: &str| flags.split_whitespace().any(|word| word == flag);
        let memory = read("/proc/meminfo");
        let kib = field(&memory, "MemTotal", ':').trim_end_matches(" kB");
        let kib: f64 = kib.parse().unwrap_or_default();
        let stamp = fs::read_to_string(setting.root.join(".runtime/VERSIONS"));
        let stamp = stamp.unwrap_or_default();
        Self {
            cpu: field(&info, "model name", ':').to_owned(),
            vectors: [
                "avx2",
                "avx512f",
                "avx_vnni",
                "avx512_vnni",
                "amx_int8",
                "asimddp",
            ]
            .into_iter()
            .filter(|flag| has(flag))
            .collect(),
            is_virtual: has("hypervisor"),
            cores_allowed: setting.allowed.len(),
            cores_used: setting.cores.clone(),
            memory_gib: (kib / 1024.0 / 1024.0 * 10.0).round() / 10.0,
            system: field(&read("/etc/os-release"), "PRETTY_NAME", '=')
                .trim_matches('"')
                .to_owned(),
            // What a distribution adds to the version is its own affair.
            kernel: read("/proc/sys/kernel/osrelease")
                .split(['-', '\n'])
                .next()
                .unwrap_or_default()
                .to_owned(),
            gstreamer: gst::version_string().to_string(),
            runtime: stamp
                .lines()
                .filter(|line| line.contains("=="))
                .map(str::to_owned)
                .collect(),
            tapetum: version(setting),
            load: read("/proc/loadavg")
                .split_whitespace()
                .take(3)
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    /// One paragraph for people.
    pub(crate) fn text(&self) -> String {
        let virtual_machine = if self.is_virtual {
            ", virtual machine"
        } else {
            ""
        };
        format!(
            "{} cores ({} used: {:?}) of {} ({}{virtual_machine}), {} GiB, {}, kernel {}, {}, {}, Tapetum {}. Load averages at the start: {}.",
            self.cores_allowed,
            self.cores_used.len(),
            self.cores_used,
            self.cpu,
            self.vectors.join(", "),
            self.memory_gib,
            self.system,
            self.kernel,
            self.gstreamer,
            self.runtime.join(", "),
            self.tapetum,
            self.load
        )
    }
}

/// The value of the first line `key <separator> value`.
fn field<'a>(text: &'a str, key: &str, separator: char) -> &'a str {
    text.lines()
        .filter_map(|line| line.split_once(separator))
        .find(|(name, _)| name.trim() == key)
        .map_or("", |(_, value)| value.trim())
}

/// The version, and the commit with a mark if the tree differs from it.
fn version(setting: &Setting) -> String {
    let described = Command::new("git")
        .args(["describe", "--always", "--dirty", "--exclude=*"])
        .current_dir(&setting.root)
        .output();
    let commit = described.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!(
        "{} ({})",
        env!("CARGO_PKG_VERSION"),
        commit.unwrap_or_else(|_| "no git".into())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "model\t\t: 85\nmodel name\t: A CPU: fast\n";
        assert_eq!(field(text, "model name", ':'), "A CPU: fast");
        assert_eq!(field(text, "name", ':'), "");
    }

    #[test]
    fn this_machine_has_a_kernel_and_cores() {
        let machine = Machine::look(&Setting::for_tests());
        assert!(!machine.kernel.is_empty() && machine.cores_allowed > 0);
    }
}

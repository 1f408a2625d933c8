//! The system and its processor.

use super::report::{Finding, Level};

/// What the fast int8 kernels want, as `/proc/cpuinfo` writes it on x86-64, best first.
const INT8: [&str; 4] = ["amx_int8", "avx512_vnni", "avx_vnni", "avx2"];

pub(super) fn findings() -> Vec<Finding> {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    vec![
        Finding::ok(
            "system",
            format!(
                "{}, {}",
                system(&read("/etc/os-release")),
                std::env::consts::ARCH
            ),
        ),
        processor(&read("/proc/cpuinfo"), cores),
    ]
}

/// The system's name in `/etc/os-release`.
fn system(release: &str) -> &str {
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or("unknown", |name| name.trim_matches('"'))
}

fn processor(cpuinfo: &str, cores: usize) -> Finding {
    let field = |names: [&str; 2]| {
        let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines
            .find(|(name, _)| names.contains(&name.trim()))
            .map_or("unknown", |(_, value)| value.trim())
    };
    let (name, flags) = (
        field(["model name", "CPU part"]),
        field(["flags", "Features"]),
    );
    let best = INT8
        .into_iter()
        .find(|wanted| flags.split_whitespace().any(|flag| flag == *wanted));
    let detail = format!("{name}, {cores} cores for this process");
    match best {
        _ if flags == "unknown" => Finding::ok("processor", detail),
        Some("avx2") | None if cfg!(target_arch = "x86_64") => Finding::new(
            Level::Note,
            "processor",
            format!(
                "{detail}; no VNNI: int8 networks are slower than the figures in the documentation"
            ),
        ),
        best => Finding::ok(
            "processor",
            format!("{detail}; {}", best.unwrap_or("no AVX")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_what_it_is() {
        let release = "ID=ubuntu\nPRETTY_NAME=\"Ubuntu 24.04.2 LTS\"\nNAME=\"Ubuntu\"\n";
        assert_eq!(system(release), "Ubuntu 24.04.2 LTS");
        assert_eq!(system(""), "unknown");
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn a_processor_without_vnni_is_noted() {
        let info = |flags: &str| format!("model name\t: Some CPU\nflags\t\t: sse2 {flags}\n");
        let fast = processor(&info("avx2 avx512_vnni"), 2);
        assert_eq!(fast.level(), Level::Ok);
        assert_eq!(
            fast.text(),
            "processor: Some CPU, 2 cores for this process; avx512_vnni"
        );
        assert_eq!(processor(&info("avx2"), 2).level(), Level::Note);
        assert_eq!(processor("", 2).level(), Level::Ok);
    }
}

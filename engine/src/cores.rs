//! How many threads can compute at once.

use std::collections::HashSet;
use std::path::Path;

/// Cores that this process may use: those of its affinity, as far as its control group gives it time for them. Two
/// hardware threads of one core share its multipliers, and count once.
pub(crate) fn usable() -> usize {
    let logical = std::thread::available_parallelism().map_or(1, usize::from);
    let physical = physical(Path::new("/proc/thread-self/status"), Path::new("/sys"));
    physical.map_or(logical, |physical| physical.clamp(1, logical))
}

/// Cores behind the processors that `status` allows; nothing where the kernel does not say.
fn physical(status: &Path, sys: &Path) -> Option<usize> {
    let status = std::fs::read_to_string(status).ok()?;
    let allowed = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let siblings = |processor: usize| {
        let topology = format!("devices/system/cpu/cpu{processor}/topology/thread_siblings_list");
        std::fs::read_to_string(sys.join(topology)).ok()
    };
    let cores: Option<HashSet<String>> =
        numbers(allowed.trim())?.into_iter().map(siblings).collect();
    cores.map(|cores| cores.len())
}

/// The numbers of a list such as `0-3,8`.
fn numbers(list: &str) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    for range in list.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        numbers.extend(first.parse::<usize>().ok()?..=last.parse().ok()?);
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A machine whose processors have these siblings.
    fn machine(siblings: &[&str], allowed: &str) -> (tempfile::TempDir, Option<usize>) {
        let dir = tempfile::tempdir().unwrap();
        let status = dir.path().join("status");
        fs::write(
            &status,
            format!("Name:\tx\nCpus_allowed_list:\t{allowed}\nThreads:\t1\n"),
        )
        .unwrap();
        for (processor, siblings) in siblings.iter().enumerate() {
            let topology = dir
                .path()
                .join(format!("devices/system/cpu/cpu{processor}/topology"));
            fs::create_dir_all(&topology).unwrap();
            fs::write(topology.join("thread_siblings_list"), siblings).unwrap();
        }
        let found = physical(&status, dir.path());
        (dir, found)
    }

    #[test]
    fn two_hardware_threads_are_one_core() {
        let siblings = ["0,4", "1,5", "2,6", "3,7", "0,4", "1,5", "2,6", "3,7"];
        assert_eq!(machine(&siblings, "0-7").1, Some(4));
        assert_eq!(machine(&siblings, "0,4").1, Some(1));
        assert_eq!(machine(&siblings, "0-1,4-6").1, Some(3));
        assert_eq!(machine(&["0", "1"], "0-1").1, Some(2));
    }

    #[test]
    fn what_the_kernel_does_not_say_is_not_guessed() {
        assert_eq!(machine(&["0"], "0-1").1, None);
        assert_eq!(machine(&["0"], "").1, None);
        assert_eq!(physical(Path::new("nowhere"), Path::new("nowhere")), None);
    }

    #[test]
    fn there_is_at_least_one_core_and_no_more_than_the_process_may_use() {
        let logical = std::thread::available_parallelism().unwrap().get();
        assert!((1..=logical).contains(&usable()));
    }
}

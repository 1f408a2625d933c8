//! Whether the cores were ours while something was measured.
//!
//! The kernel counts what every core did, and what this process and the children it waited for did. The difference is
//! somebody else: another process, or another virtual machine (stolen time).

use anyhow::Context;
use std::fs;

/// The share of others from which on a row is noisy.
pub(crate) const OTHERS_LIMIT: f64 = 0.05;

/// What cores did since the machine started, in the kernel's ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ticks {
    /// Everything, idling included.
    total: u64,
    /// Anything but idling; stolen time counts, since the core was not there for us.
    busy: u64,
    /// This process and its children.
    ours: u64,
}

/// Watches over `cores` from its making on.
pub(crate) struct Watch {
    cores: Vec<usize>,
    begun: Ticks,
}

impl Watch {
    pub(crate) fn start(cores: &[usize]) -> anyhow::Result<Self> {
        Ok(Self {
            cores: cores.to_vec(),
            begun: now(cores)?,
        })
    }

    /// The share of the cores' time that went to others since the start, 0 to 1. Children that still run count as others.
    pub(crate) fn others(&self) -> anyhow::Result<f64> {
        Ok(share(self.begun, now(&self.cores)?))
    }
}

fn share(begun: Ticks, ended: Ticks) -> f64 {
    let busy = ended.busy.saturating_sub(begun.busy);
    let others = busy.saturating_sub(ended.ours.saturating_sub(begun.ours));
    others as f64 / ended.total.saturating_sub(begun.total).max(1) as f64
}

fn now(cores: &[usize]) -> anyhow::Result<Ticks> {
    let read = |path| fs::read_to_string(path).with_context(|| format!("cannot read {path}"));
    let (total, busy) = of_cores(&read("/proc/stat")?, cores);
    let ours = of_process(&read("/proc/self/stat")?).context("/proc/self/stat is not as known")?;
    Ok(Ticks { total, busy, ours })
}

/// All and busy ticks of `cores`, from the text of `/proc/stat`.
fn of_cores(text: &str, cores: &[usize]) -> (u64, u64) {
    let of_core = |line: &str| {
        let mut words = line.split_whitespace();
        let core: usize = words.next()?.strip_prefix("cpu")?.parse().ok()?;
        // user nice system idle iowait irq softirq steal; what guests used, after them, is part of user.
        let ticks: Vec<u64> = words.take(8).filter_map(|word| word.parse().ok()).collect();
        let idle = ticks.get(3)? + ticks.get(4)?;
        let total: u64 = ticks.iter().sum();
        cores.contains(&core).then_some((total, total - idle))
    };
    text.lines()
        .filter_map(of_core)
        .fold((0, 0), |sum, ticks| (sum.0 + ticks.0, sum.1 + ticks.1))
}

/// User and system ticks of a process and its children, from the text of `/proc/PID/stat`.
fn of_process(text: &str) -> Option<u64> {
    // The program's name stands in brackets and may contain blanks.
    let (_, rest) = text.rsplit_once(')')?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    words
        .get(11..15)?
        .iter()
        .map(|word| word.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_watched_cores_count_and_idling_is_not_work() {
        let text = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 10 1 2 50 5 0 1 3 7 0\ncpu1 1 0 0 99 0 0 0 0 0 0\nintr 5\n";
        assert_eq!(of_cores(text, &[0]), (72, 17));
        assert_eq!(of_cores(text, &[0, 1]), (172, 18));
    }

    #[test]
    fn a_programs_name_may_look_like_anything() {
        let text = "42 (a (b) 7 c) S 1 2 3 4 5 6 7 8 9 10 11 22 33 44 20 0 1";
        assert_eq!(of_process(text), Some(11 + 22 + 33 + 44));
        assert_eq!(of_process("42 nothing"), None);
    }

    #[test]
    fn others_are_what_was_busy_without_us() {
        let begun = Ticks {
            total: 100,
            busy: 10,
            ours: 5,
        };
        let ended = Ticks {
            total: 300,
            busy: 110,
            ours: 55,
        };
        assert_eq!(share(begun, ended), 0.25);
        let rounding = Ticks {
            total: 300,
            busy: 11,
            ours: 9,
        };
        assert_eq!(share(begun, rounding), 0.0);
    }

    #[test]
    fn our_own_work_is_not_somebody_elses() {
        let cores = crate::cores::allowed().unwrap();
        let watch = Watch::start(&cores).unwrap();
        assert!((0.0..=1.0).contains(&watch.others().unwrap()));
    }
}

//! What this process has taken: processor time and memory.

use std::time::Duration;

use anyhow::Context as _;
use rustix::time::{ClockId, clock_gettime};

/// The processor time that all threads of this process have taken. Neighbours on the machine take none of it.
#[must_use]
pub fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(spent.tv_sec).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(spent.tv_nsec).unwrap_or_default())
}

/// The most memory that was ever resident, in kibibytes.
///
/// # Errors
/// Where there is no `/proc`.
pub fn peak_memory() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("cannot read /proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()).context("VmHWM is missing")?;
    Ok(kibibytes.parse()?)
}

/// The processor time of each pass through a piece of work: the middle one of some rounds.
pub fn middle<T>(rounds: usize, passes: u32, mut work: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..rounds).map(|_| one(passes, &mut work)).collect();
    times.sort_unstable();
    times.get(rounds / 2).copied().unwrap_or_default()
}

fn one<T>(passes: u32, work: &mut impl FnMut() -> T) -> Duration {
    let before = cpu();
    for _ in 0..passes {
        std::hint::black_box(work());
    }
    (cpu() - before) / passes.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_grows_with_work_and_memory_is_known() {
        let before = cpu();
        let sum = (0..5_000_000_u64).fold(0, |sum, number| std::hint::black_box(sum ^ number));
        assert!(cpu() > before, "{sum}");
        assert!(peak_memory().unwrap() > 100);
    }

    #[test]
    fn the_middle_of_no_rounds_is_nothing() {
        assert_eq!(middle(0, 1, || 1), Duration::ZERO);
        assert!(middle(3, 2, || (0..100_000).map(std::hint::black_box).sum::<u64>()) > Duration::ZERO);
    }
}

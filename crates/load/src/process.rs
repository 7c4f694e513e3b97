//! What the system says of a process: its memory and the processor time it has used.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Ticks of processor time in a second, which Linux fixes for programs.
const TICKS: u64 = 100;

/// Resident memory of process `pid` in bytes; 0 where there is no such process.
pub(crate) fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib =
        line.and_then(|rest| rest.trim().strip_suffix("kB")).and_then(|kib| kib.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Processor time that process `pid` has used; nothing where there is no such process.
pub(crate) fn processor_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name stands in parentheses and may hold anything; user and system time are 12 and 13 behind it.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 =
        rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// Allows this process as many open files as the system lets it: each simulated host has two links.
pub(crate) fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    // Where it may not, many links fail and say so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_no_process_has_none() {
        assert!(memory(std::process::id()) > 100_000);
        assert_eq!(memory(u32::MAX), 0);
        let begun = std::time::Instant::now();
        while processor_time(std::process::id()).is_zero() && begun.elapsed().as_secs() < 20 {}
        assert!(!processor_time(std::process::id()).is_zero());
    }
}

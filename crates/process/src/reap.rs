//! Takes a child that ended off the system's books, and learns what it used.
//!
//! The only unsafe code of the crate: `wait4` alone tells the time and memory of that one child, and neither
//! std nor rustix has it.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

/// What the system counted for a child and those it waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reaped {
    pub(crate) cpu_ms: u64,
    /// Largest resident memory of any one of them. Where the child was never larger than the process that
    /// started it, this is that process's own: it counts from before the program was loaded.
    pub(crate) memory_peak_bytes: u64,
}

/// Reaps the child with this pid if it has ended; never waits.
pub(crate) fn reap(pid: u32) -> Option<Reaped> {
    let pid = libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 0)?;
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are valid for writes for the whole call, and all zeroes are a valid rusage, so it
    // is initialised whether or not the system fills it in.
    let (reaped, usage) = unsafe {
        let reaped = libc::wait4(pid, &raw mut status, libc::WNOHANG, usage.as_mut_ptr());
        (reaped, usage.assume_init())
    };
    (reaped == pid).then(|| Reaped {
        cpu_ms: (microseconds(usage.ru_utime) + microseconds(usage.ru_stime)) / 1000,
        memory_peak_bytes: u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024,
    })
}

fn microseconds(time: libc::timeval) -> u64 {
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(time.tv_usec).unwrap_or(0)
}

//! Takes a child that ended off the system's books, and learns how it ended and what it used.
//!
//! The only unsafe code of the crate: `wait4` alone tells the time and memory of that one child, `getrusage`
//! those of this process in one call, and neither std nor rustix has them.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use model::Exit;

/// What the system says of a child that ended, and of those it waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reaped {
    pub(crate) exit: Exit,
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
        exit: exit(status),
        cpu_ms: (microseconds(usage.ru_utime) + microseconds(usage.ru_stime)) / 1000,
        memory_peak_bytes: peak(&usage),
    })
}

/// The largest resident memory that this very process ever had, in bytes.
pub(crate) fn own_peak_bytes() -> u64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is valid for writes for the whole call, and all zeroes are a valid rusage, so it is
    // initialised whether or not the system fills it in.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    peak(&usage)
}

fn exit(status: libc::c_int) -> Exit {
    if libc::WIFEXITED(status) {
        Exit::Code(libc::WEXITSTATUS(status))
    } else if libc::WIFSIGNALED(status) {
        Exit::Signal(libc::WTERMSIG(status))
    } else {
        Exit::Unknown
    }
}

fn peak(usage: &libc::rusage) -> u64 {
    u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024
}

fn microseconds(time: libc::timeval) -> u64 {
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(time.tv_usec).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_process_has_a_peak() {
        assert!(super::own_peak_bytes() > 0);
    }
}

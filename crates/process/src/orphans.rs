//! What attempts leave running comes to us: this process takes over its orphaned descendants, so that a look
//! at its own children tells whether anything is left, instead of a look at every process of the host.
//!
//! The system hangs orphans on the first thread. The processes that we start ourselves hang on the threads
//! that start them, so the list of the first thread is empty as long as nobody left anything.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::process::{getpid, set_child_subreaper};

use crate::{procfs, reap};

/// Children that somebody waits for.
static AWAITED: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Whether orphans come to us.
static TAKEN_OVER: OnceLock<bool> = OnceLock::new();

/// Has orphans come to us from now on, and says whether they do.
pub(crate) fn take_over() -> bool {
    *TAKEN_OVER.get_or_init(|| set_child_subreaper(Some(getpid())).is_ok())
}

/// Somebody waits for this child, who alone may take it off the books.
pub(crate) fn await_child(pid: u32) {
    awaited().insert(pid);
}

/// The child was taken off the books.
pub(crate) fn child_gone(pid: u32) {
    awaited().remove(&pid);
}

/// Whether somebody here waits for this child.
pub(crate) fn is_awaited(pid: u32) -> bool {
    awaited().contains(&pid)
}

/// Whether a process may be left that nobody waits for. True where the system does not say.
pub(crate) fn any() -> bool {
    !take_over() || children().is_none_or(|pids| pids.iter().any(|pid| !is_awaited(*pid)))
}

/// Takes dead orphans off the books. Those of our own group are left alone: other code of this program may
/// have started and want them.
pub(crate) fn reap_dead() {
    let Some(own) = procfs::stat(std::process::id()) else { return };
    for pid in children().unwrap_or_default() {
        let orphan = |stat: procfs::Stat| stat.dead() && stat.group != own.group;
        if !is_awaited(pid) && procfs::stat(pid).is_some_and(orphan) {
            reap::reap(pid);
        }
    }
}

/// The children of the first thread; nothing where the system does not say.
fn children() -> Option<Vec<u32>> {
    static LIST: OnceLock<String> = OnceLock::new();
    let list = LIST.get_or_init(|| {
        let own = std::process::id();
        format!("/proc/{own}/task/{own}/children")
    });
    let text = fs::read_to_string(list).ok()?;
    text.split_ascii_whitespace().map(|pid| pid.parse().ok()).collect()
}

fn awaited() -> MutexGuard<'static, BTreeSet<u32>> {
    AWAITED.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Finds every process of an attempt, and ends them.
//!
//! A process group is not enough: `setsid` leaves it. A walk over parents is not enough: a dead parent's
//! children go to init. So members are known by the mark in their environment, and by group, session, parents
//! and memory on top, for those that clean their environment.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use model::ProcessMark;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal};

use crate::meter::{Meter, ProcessUsage, milliseconds};
use crate::procfs::{self, Carries, Stat};
use crate::{mark, orphans};

/// How long to keep killing what does not die. A process in the middle of a disk access dies only after it.
const KILL_PATIENCE: Duration = Duration::from_secs(10);

/// How often to look for processes to signal while one is about to load a program. It takes far less than
/// this; one that still gets away meets the kill that follows.
const LOOKS: usize = 10;

/// Why processes may still run.
#[derive(Debug, thiserror::Error)]
pub enum KillError {
    /// The system does not say what runs.
    #[error("cannot look through the running processes in /proc")]
    Look {
        /// Why not.
        source: io::Error,
    },
    /// Some were still there after several seconds of killing.
    #[error("processes {pids:?} did not die of SIGKILL")]
    Survived {
        /// Their pids.
        pids: Vec<u32>,
    },
}

impl KillError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Look { .. } => "is /proc mounted, and are there file descriptors left?",
            Self::Survived { .. } => {
                "they wait for a disk or network share that does not answer, or belong to another user"
            }
        }
    }
}

/// The processes of one attempt.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The environment entry that its processes carry.
    entry: Vec<u8>,
    pub(crate) leader: Option<ProcessMark>,
    /// Members at the last look.
    seen: BTreeSet<ProcessMark>,
    /// Whether the last look met a process of which it cannot be told yet.
    unsettled: bool,
    pub(crate) meter: Meter,
}

impl Tree {
    /// The tree of processes that carry `value` in the mark variable, started by `leader`.
    pub(crate) fn new(value: &OsString, leader: Option<ProcessMark>) -> Self {
        let (seen, meter) = (BTreeSet::new(), Meter::default());
        Self { entry: mark::entry(value), leader, seen, unsettled: false, meter }
    }

    /// Looks for members, dead ones that nobody waited for included, and measures them.
    pub(crate) fn look(&mut self) -> io::Result<Vec<Stat>> {
        let all = procfs::all()?;
        let mut unsettled = false;
        let mut members = members(all, self.leader, &self.seen, &mut |pid| {
            let carries = procfs::carries(pid, &self.entry);
            unsettled |= carries == Carries::Unsettled;
            carries == Carries::Yes
        });
        self.unsettled = unsettled;
        self.seen = members.iter().map(Stat::mark).collect();
        members.iter_mut().for_each(|stat| stat.io = procfs::io(stat.pid));
        self.meter.sample(&members, self.leader);
        // Their time is counted; nobody else will take them off the books.
        orphans::reap_dead();
        Ok(members)
    }

    /// Memory of the members at the last look that no file backs, in bytes.
    pub(crate) fn own_memory(&self) -> u64 {
        let page = rustix::param::page_size() as u64;
        let of = |member: &ProcessMark| {
            let resident = || procfs::stat(member.pid).map_or(0, |stat| stat.resident_pages * page);
            procfs::own_memory(member.pid).unwrap_or_else(resident)
        };
        self.seen.iter().map(of).sum()
    }

    /// Looks at each member by itself, parents before their children.
    pub(crate) fn each(&mut self) -> io::Result<Vec<ProcessUsage>> {
        let page = rustix::param::page_size() as u64;
        let mut members = self.look()?;
        members.sort_unstable_by_key(|stat| (stat.started, stat.pid));
        let each = members.iter().map(|stat| ProcessUsage {
            mark: stat.mark(),
            parent: stat.parent,
            name: procfs::name(stat.pid),
            state: stat.state,
            cpu_ms: milliseconds(stat.own_ticks),
            memory_bytes: stat.resident_pages * page,
            read_bytes: stat.io.read,
            written_bytes: stat.io.written,
        });
        Ok(each.collect())
    }

    /// Sends `signal` to each member that runs, once.
    pub(crate) fn signal(&mut self, signal: Signal) -> io::Result<()> {
        let mut asked = BTreeSet::new();
        for _ in 0..LOOKS {
            for member in living(self.look()?) {
                if asked.insert(member.mark()) {
                    send(&member, signal);
                }
            }
            if !self.unsettled {
                break;
            }
            sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Kills until no member runs, and says how many it killed. `held` promises that the leader is our child
    /// and was not waited for, so that its pid and group cannot have come to mean anything else.
    pub(crate) fn kill(&mut self, held: bool) -> Result<usize, KillError> {
        let patience = Instant::now() + KILL_PATIENCE;
        let mut pause = Duration::from_millis(1);
        let mut killed = BTreeSet::new();
        loop {
            let running = living(self.look().map_err(|source| KillError::Look { source })?);
            let patient = Instant::now() < patience;
            if running.is_empty() && !(self.unsettled && patient) {
                return Ok(killed.len());
            }
            if !patient {
                return Err(KillError::Survived { pids: running.iter().map(|stat| stat.pid).collect() });
            }
            // The group at one blow first: what forks faster than we look cannot get away.
            if let Some(group) = self.leader.filter(|_| held).and_then(|leader| pid(leader.pid)) {
                let _none_left = kill_process_group(group, Signal::KILL);
            }
            for member in &running {
                send(member, Signal::KILL);
                killed.insert(member.mark());
            }
            sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}

/// Kills what still runs of an attempt of which only the mark file is known, and says how many processes
/// that were. Nothing running, or no such file, is fine; the file stays.
///
/// # Errors
/// Processes that cannot be found or do not die.
pub fn kill_leftover(mark_file: &Path) -> Result<usize, KillError> {
    let leader = mark::read(mark_file).filter(mark::Kept::of_this_boot).map(|kept| kept.mark);
    Tree::new(&mark::value(mark_file), leader).kill(false)
}

/// A pid as the system calls want it.
pub(crate) fn pid(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

fn living(members: Vec<Stat>) -> Vec<Stat> {
    members.into_iter().filter(|stat| !stat.dead()).collect()
}

/// Signals exactly this process: the descriptor is opened first and the start time read after, so whatever
/// has its pid later is never hit. A member that is gone or not ours to signal shows at the next look.
fn send(member: &Stat, signal: Signal) {
    let Some(pid) = pid(member.pid) else { return };
    if let Ok(descriptor) = pidfd_open(pid, PidfdFlags::empty())
        && procfs::stat(member.pid).is_some_and(|stat| stat.started == member.started)
    {
        let _sent: Result<(), Errno> = pidfd_send_signal(&descriptor, signal);
    }
}

/// Those of `all` that belong to the tree.
///
/// Nothing older than the leader belongs to it, which spares reading most environments. Group and session
/// count only while the leader is there, dead or alive: as long as it is, its pid is nobody else's group.
fn members(
    all: Vec<Stat>,
    leader: Option<ProcessMark>,
    seen: &BTreeSet<ProcessMark>,
    carries: &mut dyn FnMut(u32) -> bool,
) -> Vec<Stat> {
    let own = std::process::id();
    let oldest = leader.map_or(0, |leader| leader.started);
    let led = leader.filter(|leader| all.iter().any(|stat| stat.mark() == *leader)).map(|leader| leader.pid);
    let (mut inside, mut outside): (Vec<Stat>, Vec<Stat>) = all
        .into_iter()
        .filter(|stat| stat.pid != own && stat.pid != 1 && stat.started >= oldest)
        .partition(|stat| {
            let grouped = led.is_some_and(|led| stat.group == led || stat.session == led);
            grouped || seen.contains(&stat.mark()) || carries(stat.pid)
        });
    loop {
        let parents: BTreeSet<u32> = inside.iter().map(|stat| stat.pid).collect();
        let (children, others): (Vec<Stat>, Vec<Stat>) =
            outside.into_iter().partition(|stat| parents.contains(&stat.parent));
        if children.is_empty() {
            return inside;
        }
        inside.extend(children);
        outside = others;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, parent: u32, group: u32, session: u32, started: u64) -> Stat {
        Stat {
            pid,
            state: b'S',
            parent,
            group,
            session,
            own_ticks: 0,
            reaped_ticks: 0,
            threads: 1,
            started,
            resident_pages: 0,
            kernel: false,
            environment: (0, 0),
            io: procfs::Io::default(),
        }
    }

    /// pid, parent, group, session, started
    const HOST: [(u32, u32, u32, u32, u64); 9] = [
        (1, 0, 1, 1, 0),
        (50, 1, 50, 50, 5),         // a service, older than the leader
        (100, 50, 100, 50, 1000),   // the leader
        (101, 100, 100, 50, 1001),  // its child
        (102, 101, 102, 102, 1002), // a grandchild in a session of its own
        (103, 1, 103, 103, 1003),   // a daemon that kept its environment
        (104, 1, 104, 104, 1004),   // a daemon that cleaned its environment, seen before
        (105, 103, 105, 105, 1005), // a child of the daemon without the mark
        (200, 50, 200, 200, 1006),  // somebody else's
    ];

    fn found(leader: Option<ProcessMark>, carriers: &[u32], seen: &[ProcessMark], gone: &[u32]) -> Vec<u32> {
        let all = HOST
            .iter()
            .filter(|(pid, ..)| !gone.contains(pid))
            .map(|(pid, parent, group, session, started)| process(*pid, *parent, *group, *session, *started));
        let seen = seen.iter().copied().collect();
        let members = members(all.collect(), leader, &seen, &mut |pid| carriers.contains(&pid));
        let mut pids: Vec<u32> = members.iter().map(|stat| stat.pid).collect();
        pids.sort_unstable();
        pids
    }

    const LEADER: Option<ProcessMark> = Some(ProcessMark { pid: 100, started: 1000 });

    #[test]
    fn each_way_of_belonging_counts() {
        let seen = [ProcessMark { pid: 104, started: 1004 }];
        assert_eq!(found(LEADER, &[100, 101, 103], &seen, &[]), [100, 101, 102, 103, 104, 105]);
        assert_eq!(found(LEADER, &[], &[], &[]), [100, 101, 102]);
        assert_eq!(found(None, &[103], &[], &[]), [103, 105]);
        assert_eq!(found(None, &[], &[], &[]), [] as [u32; 0]);
    }

    #[test]
    fn a_pid_used_again_is_foreign() {
        let earlier = Some(ProcessMark { pid: 100, started: 900 });
        assert_eq!(found(earlier, &[], &[], &[]), [] as [u32; 0]);
        let seen = [ProcessMark { pid: 104, started: 950 }];
        assert_eq!(found(LEADER, &[], &seen, &[]), [100, 101, 102]);
    }

    #[test]
    fn a_group_means_nothing_once_its_leader_is_gone() {
        assert_eq!(found(LEADER, &[], &[], &[100]), [] as [u32; 0]);
        assert_eq!(found(LEADER, &[102], &[], &[100]), [102]);
    }

    #[test]
    fn older_processes_and_init_are_never_members() {
        assert_eq!(found(LEADER, &[1, 50], &[], &[]), [100, 101, 102]);
        let own = std::process::id();
        let all = vec![process(own, 1, own, own, 2000), process(1, 0, 1, 1, 0)];
        assert_eq!(members(all, None, &BTreeSet::new(), &mut |_| true), []);
    }
}

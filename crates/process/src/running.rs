//! A process that was started or found again: waits for it, measures it, ends it.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use model::{Exit, ProcessMark, Usage};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, Signal, pidfd_open};
use rustix::time::{ClockId, clock_gettime};

use crate::meter::{ProcessUsage, TreeUsage, milliseconds};
use crate::tree::{KillError, Tree, pid};
use crate::{FileWatch, MarkError, mark, orphans, procfs, reap};

/// The process of an attempt, with everything that it started. Dropping it ends nothing.
#[derive(Debug)]
#[must_use = "the process runs on when this is dropped"]
pub struct Running {
    pid: u32,
    /// The path of its mark file.
    value: OsString,
    /// Read when it is first asked for: many a process is gone before anybody wants to find it again.
    mark: Option<ProcessMark>,
    descriptor: OwnedFd,
    tree: Tree,
    /// Whether it is our child and was not waited for yet.
    held: bool,
    /// Whether what it leaves running is meant to run on.
    keeps: bool,
    /// Since boot.
    began: Duration,
    end: Option<End>,
}

/// What is known once it ended.
#[derive(Debug)]
struct End {
    exit: Exit,
    usage: Usage,
    strays: Result<usize, KillError>,
}

impl Running {
    /// Takes over a child that was started just now with `value` in the mark variable.
    pub(crate) fn own(child: &Child, value: &OsString) -> io::Result<Self> {
        let (pid, began) = (child.id(), since_boot());
        let descriptor = open(pid)?;
        orphans::await_child(pid);
        let (tree, value) = (Tree::new(value, None), value.clone());
        Ok(Self { pid, value, mark: None, descriptor, tree, held: true, keeps: false, began, end: None })
    }

    /// The same, but what it leaves running when it ends runs on, until [`Self::kill`] ends that too.
    pub fn keeping_what_it_leaves(self) -> Self {
        Self { keeps: true, ..self }
    }

    /// The process, to be found again after a restart.
    ///
    /// # Errors
    /// The system does not show it.
    pub fn mark(&mut self) -> io::Result<ProcessMark> {
        if self.mark.is_none() && self.held {
            // As long as nobody waited for it, its pid means nothing else, dead or alive.
            self.mark = procfs::stat(self.pid).map(|stat| stat.mark());
            self.tree.leader = self.mark;
        }
        self.mark.ok_or_else(|| io::Error::other("/proc does not show the process"))
    }

    /// Writes its mark file, for a render server that dies before it can record the start.
    ///
    /// # Errors
    /// The file cannot be written. Its environment names the process all the same.
    pub fn leave_mark(&mut self) -> Result<ProcessMark, MarkError> {
        let mark_file = Path::new(&self.value).to_path_buf();
        let written = self.mark().and_then(|mark| mark::write(&mark_file, mark).map(|()| mark));
        written.map_err(|source| MarkError { mark_file, source })
    }

    /// The tree finds its members better with it, and as many as it can without.
    fn know_leader(&mut self) {
        let _shown = self.mark();
    }

    /// Waits until the process ends, `timeout` at most, and says how it ended; nothing while it runs.
    ///
    /// What it leaves running is killed then, before this returns; [`Self::strays`] tells of that. A process
    /// that was adopted from an earlier render server ends [`Exit::Unknown`].
    pub fn wait(&mut self, timeout: Duration) -> Option<Exit> {
        if self.end.is_none() && ended(&self.descriptor, timeout) {
            self.end = Some(self.finish());
        }
        self.end.as_ref().map(|end| end.exit)
    }

    /// Waits until the process ends or the file of `log` is written to, `timeout` at most, and says how it
    /// ended; nothing while it runs.
    pub fn wait_or_read(&mut self, log: &FileWatch, timeout: Duration) -> Option<Exit> {
        if self.end.is_none() {
            let mut watched =
                [PollFd::new(&self.descriptor, PollFlags::IN), PollFd::new(log.descriptor(), PollFlags::IN)];
            let polled = poll(&mut watched, Timespec::try_from(timeout).ok().as_ref());
            let [process, file] = watched.map(|one| !one.revents().is_empty());
            if polled.is_err() {
                return self.wait(Duration::ZERO);
            }
            if file {
                log.note();
            }
            if !process {
                return None;
            }
        }
        self.wait(Duration::ZERO)
    }

    /// What the process itself uses now, with children of it that it waited for. Of [`Self::usage`] that
    /// looks at the whole tree this is the cheap part.
    #[must_use]
    pub fn usage_of_leader(&self) -> Option<TreeUsage> {
        let stat = procfs::stat(self.pid).filter(|stat| !stat.dead())?;
        let memory_bytes = stat.resident_pages * rustix::param::page_size() as u64;
        let cpu_ms = milliseconds(stat.own_ticks + stat.reaped_ticks);
        let procfs::Io { read, written } = procfs::io(self.pid);
        Some(TreeUsage {
            cpu_ms,
            memory_bytes,
            memory_peak_bytes: memory_bytes,
            read_bytes: read,
            written_bytes: written,
        })
    }

    /// Its descriptor: readable once the process ended.
    pub(crate) fn descriptor(&self) -> &OwnedFd {
        &self.descriptor
    }

    /// Asks every process of the tree to end (SIGTERM), each once.
    ///
    /// # Errors
    /// The running processes cannot be looked through.
    pub fn terminate(&mut self) -> Result<(), KillError> {
        self.know_leader();
        self.tree.signal(Signal::TERM).map_err(|source| KillError::Look { source })
    }

    /// Kills every process of the tree (SIGKILL), again and again until none runs, and says how many that
    /// were. [`Self::wait`] tells the end.
    ///
    /// # Errors
    /// Processes that cannot be found or do not die within some seconds.
    pub fn kill(&mut self) -> Result<usize, KillError> {
        self.know_leader();
        self.tree.kill(self.held)
    }

    /// Looks at the tree and says what it uses. Only what was seen counts for [`Self::total`]: ask now and
    /// then.
    pub fn usage(&mut self) -> TreeUsage {
        self.know_leader();
        // Where it cannot be looked at, what was seen last is the best answer.
        let _looked = self.tree.look();
        self.tree.meter.usage()
    }

    /// Memory in bytes that the tree, as last looked at, has for itself: what processes share counts once,
    /// and what lies in files not at all. It takes longer than [`Self::usage`].
    #[must_use]
    pub fn own_memory(&self) -> u64 {
        self.tree.own_memory()
    }

    /// The same, and of each process by itself: parents before their children.
    pub fn usage_of_each(&mut self) -> (TreeUsage, Vec<ProcessUsage>) {
        self.know_leader();
        let each = self.tree.each().unwrap_or_default();
        (self.tree.meter.usage(), each)
    }

    /// What the attempt used: in the end where it ended, else so far.
    #[must_use]
    pub fn total(&self) -> Usage {
        self.end.as_ref().map_or_else(|| self.so_far(), |end| end.usage)
    }

    /// How many processes the leader left running when it ended, now killed; or why they may still run.
    /// Nothing before the end.
    #[must_use]
    pub fn strays(&self) -> Option<&Result<usize, KillError>> {
        self.end.as_ref().map(|end| &end.strays)
    }

    fn so_far(&self) -> Usage {
        let seen = self.tree.meter.usage();
        Usage {
            wall_ms: u64::try_from(since_boot().saturating_sub(self.began).as_millis()).unwrap_or(u64::MAX),
            cpu_ms: seen.cpu_ms,
            memory_peak_bytes: seen.memory_peak_bytes,
            read_bytes: seen.read_bytes,
            written_bytes: seen.written_bytes,
            exit_code: None,
        }
    }

    /// Does what has to be done once it ended. A child is waited for last: until then it keeps its pid, and
    /// with it the name of its process group, so that killing the group can hit nobody else.
    fn finish(&mut self) -> End {
        let wall_ms = self.so_far().wall_ms;
        let strays = if self.keeps {
            self.know_leader();
            // Who belongs to it by its group is seen now or never.
            let _looked = self.tree.look();
            Ok(0)
        } else if self.held && !orphans::any() {
            Ok(0)
        } else {
            self.know_leader();
            self.tree.kill(self.held)
        };
        if self.held {
            // With its children it stands there until it is waited for.
            self.tree.meter.ended(procfs::io(self.pid));
        }
        let reaped = if self.held { reap::reap(self.pid) } else { None };
        orphans::child_gone(self.pid);
        self.held = false;
        let exit = reaped.map_or(Exit::Unknown, |reaped| reaped.exit);
        let mut usage = Usage { wall_ms, ..self.so_far() };
        if let Some(reaped) = reaped {
            usage.cpu_ms = usage.cpu_ms.max(reaped.cpu_ms + self.tree.meter.lost_ms());
            // Below our own peak it may be our own that the system counted, from before the program was
            // loaded; then what was seen is nearer to the truth, where anything was.
            if usage.memory_peak_bytes == 0 || reaped.memory_peak_bytes > reap::own_peak_bytes() {
                usage.memory_peak_bytes = usage.memory_peak_bytes.max(reaped.memory_peak_bytes);
            }
        }
        if let Exit::Code(code) = exit {
            usage.exit_code = Some(code);
        }
        End { exit, usage, strays }
    }
}

/// What this very process uses, children that it has waited for aside.
#[must_use]
pub fn usage_of_self() -> Option<TreeUsage> {
    let stat = procfs::stat(std::process::id())?;
    let procfs::Io { read, written } = procfs::io(stat.pid);
    let memory_bytes = stat.resident_pages * rustix::param::page_size() as u64;
    Some(TreeUsage {
        cpu_ms: milliseconds(stat.own_ticks),
        memory_bytes,
        memory_peak_bytes: reap::own_peak_bytes(),
        read_bytes: read,
        written_bytes: written,
    })
}

/// Finds a process again that an earlier render server started, by what it recorded and its mark file.
///
/// Nothing where it ended, or where its pid now means another process. What such a process left running is
/// for [`crate::kill_leftover`].
#[must_use]
pub fn adopt(mark: ProcessMark, mark_file: &Path) -> Option<Running> {
    if mark::read(mark_file).is_some_and(|kept| !kept.of_this_boot()) {
        return None;
    }
    // The descriptor first: it stays with the process that the next line looks at.
    let descriptor = open(mark.pid).ok()?;
    procfs::stat(mark.pid).filter(|stat| stat.started == mark.started && !stat.dead())?;
    let value = mark::value(mark_file);
    let tree = Tree::new(&value, Some(mark));
    // A role that is taken up again by the very process that started it still has its children.
    let held = orphans::is_awaited(mark.pid);
    let began = Duration::from_millis(milliseconds(mark.started));
    let pid = mark.pid;
    Some(Running { pid, value, mark: Some(mark), descriptor, tree, held, keeps: false, began, end: None })
}

fn open(process: u32) -> io::Result<OwnedFd> {
    let process = pid(process).ok_or_else(|| io::Error::other("the pid is out of range"))?;
    Ok(pidfd_open(process, PidfdFlags::empty())?)
}

/// Whether the process has ended within `timeout`.
fn ended(descriptor: &OwnedFd, timeout: Duration) -> bool {
    let until = Instant::now().checked_add(timeout);
    loop {
        let left =
            until.map_or(Duration::from_secs(3600), |until| until.saturating_duration_since(Instant::now()));
        let mut watched = [PollFd::new(descriptor, PollFlags::IN)];
        match poll(&mut watched, Timespec::try_from(left).ok().as_ref()) {
            Ok(ready) => return ready > 0,
            Err(Errno::INTR) => {}
            Err(_) => {
                // Out of memory: nothing to be done but to let time pass for the caller's next try.
                sleep(left);
                return false;
            }
        }
    }
}

fn since_boot() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

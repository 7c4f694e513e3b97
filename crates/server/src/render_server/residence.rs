//! A frame by a package that stays: asked for, watched, and told from those before and after it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Exit, Grant, Usage};
use packages::{Event as Said, LogReader, Reply};
use process::TreeUsage;
use render::Event;

use super::Kit;
use super::attempt::{invocation, program};
use super::hands::RenderHandle;
use super::line::Task;
use super::log_shipping;
use super::memory_bound::MemoryBound;
use super::resident::{Heard, Resident};
use super::scratch::Place;
use super::session::Placed;
use crate::error_chain;

/// Between two looks at what happens besides; what is printed is noticed at once.
const LOOK: Duration = Duration::from_millis(100);
/// From the request to end to the end by force.
const GRACE: Duration = Duration::from_secs(3);
/// As much of what it prints for one attempt is kept.
const LOG_MAX: u64 = 64 << 20;

/// How a frame went.
pub(super) struct Went {
    pub(super) exit: Exit,
    pub(super) usage: Usage,
    /// Whether the package can take another.
    pub(super) stays: bool,
}

/// A frame that is watched.
pub(super) struct Residence<'a> {
    pub(super) kit: &'a Arc<Kit>,
    pub(super) handle: &'a RenderHandle,
    pub(super) task: &'a Task,
    pub(super) resident: &'a mut Resident,
    /// Where the log of the attempt goes.
    log: std::fs::File,
    kept: u64,
    reader: Option<LogReader>,
    permille: u16,
    /// Frames that it has not spoken of.
    left: Vec<i64>,
    began: Instant,
    before: TreeUsage,
    memory_peak: u64,
    bound: MemoryBound,
    measured: Instant,
    /// From then on to the next time.
    pause: Duration,
}

impl<'a> Residence<'a> {
    pub(super) fn new(
        kit: &'a Arc<Kit>,
        handle: &'a RenderHandle,
        placed: &Placed,
        task: &'a Task,
        resident: &'a mut Resident,
        place: Place,
    ) -> Self {
        let grant: &Grant = &task.grant;
        let outputs = place.scratch.outputs();
        let program = program(kit, placed, grant).ok().flatten();
        let call = invocation(kit, placed, grant, &outputs, program.as_ref()).ok();
        let bound = MemoryBound::of(grant);
        let before = resident.running.usage_of_leader().unwrap_or_default();
        // The first frame bears what the start costs.
        let before = if resident.is_ready() { before } else { TreeUsage::default() };
        Self {
            kit,
            handle,
            task,
            resident,
            log: place.log,
            kept: 0,
            reader: call.map(|call| LogReader::of(&call)),
            permille: 0,
            left: std::iter::once(grant.number).chain(grant.more.iter().copied()).collect(),
            began: Instant::now(),
            before,
            memory_peak: 0,
            bound,
            measured: Instant::now(),
            pause: bound.first_pause(),
        }
    }

    /// Watches it to its end.
    pub(super) fn until_the_end(mut self) -> Went {
        let scratch = super::scratch::Scratch::of(self.kit, self.task.grant.lease);
        let (lease, path, kit) = (self.task.grant.lease, scratch.log(), self.kit.clone());
        kit.live.begun(&self.task.grant);
        let shipping = tokio::spawn(log_shipping::follow_attempt(kit, lease, path));
        let went = self.watch();
        shipping.abort();
        self.kit.usage.ended(lease, went.usage.cpu_ms);
        self.kit.live.ended(lease);
        went
    }

    fn watch(&mut self) -> Went {
        let ready_time = Duration::from_secs(self.resident.rule.ready_time.into());
        let mut asked: Option<Instant> = None;
        loop {
            match self.resident.hear(LOOK) {
                Heard::Printed(printed, replies) => {
                    self.keep(&printed);
                    if let Some(exit) = self.answered(&replies) {
                        return self.went(exit);
                    }
                }
                Heard::Ended(exit) => return self.ended(exit),
            }
            self.measure();
            let late = !self.resident.is_ready() && self.began.elapsed() > ready_time;
            if late && asked.is_none() {
                self.note(&format!("it did not say within {} s that it is ready", ready_time.as_secs()));
            }
            match asked {
                None if late || self.task.reins.pulled() => {
                    asked = Some(Instant::now());
                    let ended = self.resident.running.terminate();
                    self.told(ended.err());
                }
                Some(since) if since.elapsed() >= GRACE => {
                    let killed = self.resident.running.kill();
                    self.told(killed.err());
                }
                _ => {}
            }
        }
    }

    /// How the attempt ends by what the package has said; nothing while it goes on.
    fn answered(&mut self, replies: &[Reply]) -> Option<Exit> {
        for reply in replies {
            match reply {
                Reply::Ready => {}
                Reply::Done(number) => self.left.retain(|left| left != number),
                Reply::Failed(number, _) if self.left.contains(number) => return Some(Exit::Code(1)),
                Reply::Failed(..) => {}
            }
        }
        self.left.is_empty().then_some(Exit::Code(0))
    }

    fn went(&mut self, exit: Exit) -> Went {
        let now = self.resident.running.usage_of_leader().unwrap_or(self.before);
        let usage = self.usage(now, now.memory_bytes, exit);
        let first = *self.resident.memory_at_first.get_or_insert(now.memory_bytes);
        let grown = self.resident.rule.memory_max_growth.is_some_and(|most| now.memory_bytes > first + most);
        let spent = self.resident.rule.frames_max.is_some_and(|most| self.resident.frames >= most);
        // What has failed once may be in any state.
        Went { exit, usage, stays: exit == Exit::Code(0) && !grown && !spent }
    }

    /// It ended in the middle of a frame, or was ended.
    fn ended(&mut self, exit: Exit) -> Went {
        let total = self.resident.running.total();
        let exit = match exit {
            Exit::Code(0) if !self.task.reins.pulled() => {
                self.note("the package that should stay for many frames ended in the middle of this one");
                Exit::Code(1)
            }
            exit => exit,
        };
        let Usage { cpu_ms, read_bytes, written_bytes, memory_peak_bytes, .. } = total;
        let now = TreeUsage { cpu_ms, read_bytes, written_bytes, ..TreeUsage::default() };
        let usage = self.usage(now, memory_peak_bytes, exit);
        Went { exit, usage, stays: false }
    }

    fn usage(&self, now: TreeUsage, memory: u64, exit: Exit) -> Usage {
        let exit_code = match exit {
            Exit::Code(code) => Some(code),
            Exit::Signal(_) | Exit::Unknown => None,
        };
        let own = self.own(now);
        Usage {
            wall_ms: self.wall_ms(),
            cpu_ms: own.cpu_ms,
            read_bytes: own.read_bytes,
            written_bytes: own.written_bytes,
            memory_peak_bytes: self.memory_peak.max(memory),
            exit_code,
        }
    }

    /// Keeps what was printed, and says how far the frame is.
    fn keep(&mut self, printed: &[u8]) {
        let room = usize::try_from(LOG_MAX.saturating_sub(self.kept)).unwrap_or(usize::MAX);
        let part = &printed[..printed.len().min(room)];
        self.kept += part.len() as u64;
        if let Err(error) = std::io::Write::write_all(&mut self.log, part) {
            tracing::warn!(lease = %self.task.grant.lease, "its log is not whole: {error}");
        }
        let Some(reader) = &mut self.reader else { return };
        let before = self.permille;
        for event in reader.feed(printed) {
            if let Said::Progress(permille) = event {
                self.permille = self.permille.max(permille);
            }
        }
        if self.permille > before {
            let (lease, permille) = (self.task.grant.lease, self.permille);
            self.handle.tell_blocking(Event::Progress { lease, permille });
        }
    }

    /// Puts into the log what goes wrong, in the words of a package.
    fn note(&mut self, why: &str) {
        let line = format!("\nframefarm: failed {} {why}\n", self.task.grant.number);
        self.keep(line.as_bytes());
    }

    fn wall_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Of what the package has used since its start, what this attempt has.
    const fn own(&self, now: TreeUsage) -> TreeUsage {
        TreeUsage {
            cpu_ms: now.cpu_ms.saturating_sub(self.before.cpu_ms),
            read_bytes: now.read_bytes.saturating_sub(self.before.read_bytes),
            written_bytes: now.written_bytes.saturating_sub(self.before.written_bytes),
            ..now
        }
    }

    fn measure(&mut self) {
        let lease = self.task.grant.lease;
        let Some(due) = self.kit.live.due(lease, self.measured.elapsed(), self.pause) else { return };
        self.measured = Instant::now();
        let (usage, each) = due.measured(&mut self.resident.running);
        self.memory_peak = self.memory_peak.max(usage.memory_bytes);
        let own = TreeUsage { memory_peak_bytes: self.memory_peak, ..self.own(usage) };
        self.kit.usage.seen(lease, own);
        self.kit.live.seen(lease, self.wall_ms(), own, each);
        self.pause = self.bound.pause(&usage);
        if let Some(bytes) = self.bound.overstepped(&usage, &self.resident.running) {
            self.task.reins.note_over_memory(bytes);
            let killed = self.resident.running.kill();
            self.told(killed.err());
        }
    }

    fn told(&self, error: Option<process::KillError>) {
        if let Some(error) = error {
            tracing::warn!(lease = %self.task.grant.lease, "it cannot be ended: {}", error_chain(&error));
        }
    }
}

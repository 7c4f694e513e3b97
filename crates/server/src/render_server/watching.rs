//! Watching an attempt's process to its end: what it prints, how far it says it is, what it uses.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Exit, Grant, Usage};
use packages::{Event as Said, Invocation, LogReader};
use process::Running;
use render::Event;

use super::Kit;
use super::attempt::{invocation, program};
use super::hands::RenderHandle;
use super::kept_log::{LOG_MAX, Trimmer};
use super::line::{Reins, Task};
use super::live::Due;
use super::log_shipping;
use super::memory_bound::MemoryBound;
use super::scratch::Scratch;
use super::session::Placed;
use crate::error_chain;

/// Between two looks at what the process printed; its end is noticed at once.
const LOOK: Duration = Duration::from_millis(100);
/// From the request to end to the end by force.
const GRACE: Duration = Duration::from_secs(3);
/// How the system kills, and we in the end.
const SIGKILL: i32 = 9;
/// The exit code of a shell whose command was killed so.
const KILLED_BELOW: i32 = 128 + SIGKILL;
/// As much of what was printed is read at a look.
const READ_MAX: u64 = 64 << 20;
/// As much of it at once.
const PIECE: usize = 1 << 20;
/// One that has said its exit code has so long to end.
const AFTER_EXIT: Duration = Duration::from_secs(2);

/// A process that is watched.
pub(super) struct Watch<'a> {
    kit: &'a Arc<Kit>,
    handle: &'a RenderHandle,
    grant: &'a Grant,
    reins: &'a Reins,
    running: Running,
    log: Growing,
    reader: Option<LogReader>,
    permille: u16,
    /// Since when it has nothing more to do, and how long it may take to end.
    through: Option<(Instant, Duration)>,
    hang_after_done: Option<Duration>,
    /// The exit code that it said it would have.
    said: Option<i32>,
    bound: MemoryBound,
    measured: Instant,
    /// From then on to the next time.
    pause: Duration,
    /// How often the system had killed for want of memory when last looked.
    memory_kills: Option<u64>,
    /// Sends the log while the process runs.
    shipping: tokio::task::JoinHandle<()>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        kit: &'a Arc<Kit>,
        handle: &'a RenderHandle,
        placed: &'a Placed,
        task: &'a Task,
        outputs: &'a Path,
        running: Running,
    ) -> Self {
        let Task { grant, reins, .. } = task;
        let scratch = Scratch::of(kit, grant.lease);
        let (lease, path, kit_of_log) = (grant.lease, scratch.log(), kit.clone());
        kit.live.begun(grant);
        let program = program(kit, placed, grant).ok().flatten();
        let call = invocation(kit, placed, grant, outputs, program.as_ref()).ok();
        let bound = MemoryBound::of(grant);
        let hang = call.as_ref().and_then(|call| call.definition.exit.hang_after_done);
        Self {
            kit,
            handle,
            grant,
            reins,
            running,
            log: Growing::new(scratch.log(), call.as_ref().is_none_or(Invocation::may_print_its_result)),
            reader: call.map(|call| LogReader::of(&call)),
            permille: 0,
            through: None,
            hang_after_done: hang.map(|seconds| Duration::from_secs(seconds.into())),
            said: None,
            bound,
            measured: Instant::now(),
            pause: bound.first_pause(),
            memory_kills: None,
            shipping: tokio::spawn(log_shipping::follow_attempt(kit_of_log, lease, path)),
        }
    }

    /// Watches the process to its end, and says how it ended and what it used.
    pub(super) fn until_the_end(mut self) -> (Exit, Usage) {
        let mut asked: Option<Instant> = None;
        let exit = loop {
            if let Some(exit) = self.running.wait(LOOK) {
                break exit;
            }
            self.look();
            match asked {
                None if self.reins.pulled() || self.log.is_too_long() || self.hangs() => {
                    asked = Some(Instant::now());
                    let ended = self.running.terminate();
                    self.note(ended.err());
                }
                Some(since) if since.elapsed() >= GRACE => {
                    let killed = self.running.kill();
                    self.note(killed.err());
                }
                _ => {}
            }
        };
        self.look();
        self.shipping.abort();
        if let Some(Err(error)) = self.running.strays() {
            tracing::warn!(lease = %self.grant.lease, "it left processes behind: {}", error_chain(error));
        }
        // Where a shell started what was killed, its exit code says so.
        if matches!(exit, Exit::Signal(SIGKILL) | Exit::Code(KILLED_BELOW))
            && !self.reins.pulled()
            && self.kit.memory.killed_since(self.memory_kills)
        {
            self.reins.note_out_of_memory();
        }
        let total = self.running.total();
        self.kit.usage.ended(self.grant.lease, total.cpu_ms);
        self.kit.live.ended(self.grant.lease);
        let exit = match asked {
            Some(_) if self.hangs() && !self.reins.pulled() => Exit::Code(self.said.unwrap_or(0)),
            _ => exit,
        };
        (exit, total)
    }

    /// Whether it has had its time to end after all was done.
    fn hangs(&self) -> bool {
        self.through.is_some_and(|(since, time)| since.elapsed() >= time)
    }

    /// Reads what was printed and, now and then, measures.
    fn look(&mut self) {
        let Self { log, reader, .. } = self;
        let mut events = Vec::new();
        log.read_on(|piece| events.extend(reader.iter_mut().flat_map(|reader| reader.feed(piece))));
        let before = self.permille;
        for event in events {
            match event {
                Said::Progress(permille) => self.permille = self.permille.max(permille),
                Said::Exits(code) => {
                    self.said = Some(code);
                    self.through = Some((Instant::now(), AFTER_EXIT));
                }
                _ => {}
            }
        }
        if self.permille > before {
            let (lease, permille) = (self.grant.lease, self.permille);
            self.handle.tell_blocking(Event::Progress { lease, permille });
        }
        if let (None, Some(time)) = (self.through, self.hang_after_done)
            && self.reader.as_ref().is_some_and(LogReader::is_through)
        {
            self.through = Some((Instant::now(), time));
        }
        if let Some(due) = self.kit.live.due(self.grant.lease, self.measured.elapsed(), self.pause) {
            self.measure(due);
        }
    }

    /// Looks at what the process tree uses, and ends it where that is more memory than it may have.
    fn measure(&mut self, due: Due) {
        self.measured = Instant::now();
        let (usage, each) = due.measured(&mut self.running);
        self.kit.usage.seen(self.grant.lease, usage);
        self.kit.live.seen(self.grant.lease, self.running.total().wall_ms, usage, each);
        self.memory_kills = Some(self.kit.memory.kills());
        self.pause = self.bound.pause(&usage);
        if let Some(bytes) = self.bound.overstepped(&usage, &self.running) {
            self.reins.note_over_memory(bytes);
            // What asks it to end has no time: it may take all there is meanwhile.
            let killed = self.running.kill();
            self.note(killed.err());
        }
    }

    fn note(&self, error: Option<process::KillError>) {
        if let Some(error) = error {
            tracing::warn!(lease = %self.grant.lease, "it cannot be ended: {}", error_chain(&error));
        }
    }
}

/// Reads a log as it grows, and keeps it small.
struct Growing {
    path: PathBuf,
    length: u64,
    trimmer: Option<Trimmer>,
    trimmed: bool,
}

impl Growing {
    /// All of it is kept, within bounds, where it may be what the frame is to make.
    fn new(path: PathBuf, whole: bool) -> Self {
        let trimmer = (!whole).then(|| Trimmer::new(path.clone()));
        Self { trimmed: !whole, trimmer, path, length: 0 }
    }

    /// Whether it fills the disk and nothing can be done about it but to end what prints it.
    const fn is_too_long(&self) -> bool {
        self.length > LOG_MAX && !self.trimmed
    }

    /// Hands over what has been added since the last call, in pieces. Of a flood that is too much to be read
    /// only the end: it says how far the package is now.
    fn read_on(&mut self, mut hand: impl FnMut(&[u8])) {
        let Ok(mut file) = File::open(&self.path) else { return };
        let length = file.metadata().map_or(0, |about| about.len());
        if length <= self.length {
            return;
        }
        let from = self.length.max(length.saturating_sub(READ_MAX));
        if file.seek(SeekFrom::Start(from)).is_ok() {
            let mut rest = file.take(length - from);
            let mut piece = vec![0; PIECE.min(usize::try_from(length - from).unwrap_or(PIECE))];
            // Whatever can be read is worth reading.
            while let Ok(read @ 1..) = rest.read(&mut piece) {
                hand(&piece[..read]);
            }
        }
        self.length = length;
        self.trimmed = self.trimmer.as_mut().is_some_and(|trimmer| trimmer.trim(length));
    }
}

//! Watching an attempt's process to its end: what it prints, how far it says it is, what it uses.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use model::{Exit, Grant, Usage};
use packages::Progress;
use process::Running;
use render::Event;

use super::Kit;
use super::attempt::invocation;
use super::hands::RenderHandle;
use super::line::{Reins, Task};
use super::log_shipping;
use super::scratch::Scratch;
use super::session::Placed;
use crate::error_chain;

/// Between two looks at what the process printed; its end is noticed at once.
const LOOK: Duration = Duration::from_millis(100);
/// Between two looks at what the process tree uses.
const MEASURE: Duration = Duration::from_secs(1);
/// From the request to end to the end by force.
const GRACE: Duration = Duration::from_secs(3);
/// How the system kills, and we in the end.
const SIGKILL: i32 = 9;
/// The exit code of a shell whose command was killed so.
const KILLED_BELOW: i32 = 128 + SIGKILL;
/// A process that prints more than this is ended: some fill a disk with one line of complaint.
const LOG_MAX: u64 = 1 << 30;

/// A process that is watched.
pub(super) struct Watch<'a> {
    kit: &'a Kit,
    handle: &'a RenderHandle,
    grant: &'a Grant,
    reins: &'a Reins,
    running: Running,
    log: LogReader,
    progress: Option<Progress<'a>>,
    permille: u16,
    measured: Instant,
    /// How often the system had killed for want of memory when last looked.
    memory_kills: Option<u64>,
    /// Sends the log while the process runs.
    shipping: tokio::task::JoinHandle<()>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        kit: &'a Kit,
        handle: &'a RenderHandle,
        placed: &'a Placed,
        task: &'a Task,
        outputs: &'a Path,
        running: Running,
    ) -> Self {
        let Task { grant, reins, .. } = task;
        let scratch = Scratch::of(kit, grant.lease);
        let (lease, path, server) = (grant.lease, scratch.log(), kit.server.clone());
        Self {
            kit,
            handle,
            grant,
            reins,
            running,
            log: LogReader::new(scratch.log()),
            progress: invocation(kit, placed, grant, outputs).map(|call| Progress::of(&call)).ok(),
            permille: 0,
            measured: Instant::now(),
            memory_kills: None,
            shipping: tokio::spawn(async move { log_shipping::follow(server, lease, &path).await }),
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
                None if self.reins.pulled() || self.log.length > LOG_MAX => {
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
        (exit, total)
    }

    /// Reads what was printed and, now and then, measures.
    fn look(&mut self) {
        let printed = self.log.read_on();
        if let Some(progress) = &mut self.progress
            && let Some(permille) = progress.feed(&printed)
            && permille > self.permille
        {
            self.permille = permille;
            self.handle.tell_blocking(Event::Progress { lease: self.grant.lease, permille });
        }
        if self.measured.elapsed() >= MEASURE {
            self.measured = Instant::now();
            let usage = self.running.usage();
            self.kit.usage.seen(self.grant.lease, usage);
            self.memory_kills = Some(self.kit.memory.kills());
        }
    }

    fn note(&self, error: Option<process::KillError>) {
        if let Some(error) = error {
            tracing::warn!(lease = %self.grant.lease, "it cannot be ended: {}", error_chain(&error));
        }
    }
}

/// Reads a log as it grows.
struct LogReader {
    path: PathBuf,
    length: u64,
}

impl LogReader {
    const fn new(path: PathBuf) -> Self {
        Self { path, length: 0 }
    }

    /// What has been added since the last call; a flood only in part, since progress is at its end.
    fn read_on(&mut self) -> Vec<u8> {
        const READ_MAX: u64 = 1 << 20;
        let mut added = Vec::new();
        let Ok(mut file) = File::open(&self.path) else { return added };
        let length = file.metadata().map_or(0, |about| about.len());
        let from = self.length.max(length.saturating_sub(READ_MAX));
        if length > self.length && file.seek(SeekFrom::Start(from)).is_ok() {
            // Whatever could be read is worth reading.
            let _ = file.take(length - from).read_to_end(&mut added);
            self.length = length;
        }
        added
    }
}

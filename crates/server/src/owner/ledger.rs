//! How the owner of a role keeps its journal: records at once, and from time to time the whole state beside
//! them, so that the journal stays short and the next start is quick.
//!
//! A snapshot is written by a thread of its own from a copy of the state, through its own way into the
//! journal, in pieces between which the owner commits. All that the farm waits for is the copy.

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use model::{Role, Versioned};
use store::{LogError, RecordLog, SqliteJournal, WriteError, save_snapshot};

use crate::error_chain;

/// How durable records reach the disk.
pub(crate) trait Ledger<R: Role>: Send {
    /// Makes all of `records` durable, or nothing.
    fn commit(&mut self, records: &[R::Record]) -> Result<(), LogError>;

    /// Nothing is under way, and `role` is what all that was committed makes.
    fn rest(&mut self, role: &R);
}

/// The ledger of a role that has nothing to keep.
pub(crate) struct NoLedger;

impl<R: Role> Ledger<R> for NoLedger {
    fn commit(&mut self, _: &[R::Record]) -> Result<(), LogError> {
        Ok(())
    }

    fn rest(&mut self, _: &R) {}
}

/// When a snapshot is worth its work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// So many records are replayed in half a second.
    pub(super) records: u64,
    /// A farm that is so busy that it makes these at once still works mostly on frames.
    pub(super) pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { records: 200_000, pause: Duration::from_secs(10) }
    }
}

/// The ledger in a journal of this machine.
pub(super) struct JournalLedger<R: Role> {
    log: RecordLog<R::Record>,
    path: PathBuf,
    pace: Pace,
    /// Records that the newest snapshot does not contain.
    behind: u64,
    rested_at: Instant,
    saving: Option<Saving>,
    /// The journal cannot be relied on any more, as the writer of a snapshot found out.
    lost: Option<LogError>,
}

/// A snapshot that is being written.
struct Saving {
    thread: JoinHandle<Result<(), LogError>>,
    records: u64,
}

impl<R: Role<Record: Versioned>> JournalLedger<R> {
    /// The ledger in `log`, the journal at `path`, of which `behind` records were replayed.
    pub(super) fn new(log: RecordLog<R::Record>, path: PathBuf, behind: u64, pace: Pace) -> Self {
        // What had to be replayed now need not be replayed again, however young the farm is.
        let rested_at = Instant::now().checked_sub(pace.pause).unwrap_or_else(Instant::now);
        Self { log, path, pace, behind, rested_at, saving: None, lost: None }
    }

    fn save(&mut self, role: &R) -> std::io::Result<()>
    where
        R: Clone + Versioned + Send + 'static,
    {
        let Some(next_seq) = self.log.next_seq() else { return Ok(()) };
        let (path, epoch, begun) = (self.path.clone(), self.log.epoch(), Instant::now());
        let state = role.clone();
        let copied = begun.elapsed();
        let thread = std::thread::Builder::new().name("snapshot".to_owned()).spawn(move || {
            let mut journal = SqliteJournal::open(&path)?;
            save_snapshot(&mut journal, epoch, next_seq, &state)?;
            let (copied, written) = (copied.as_millis(), begun.elapsed().as_millis());
            tracing::info!(copied, written, "a snapshot of {} is kept (ms)", path.display());
            Ok(())
        })?;
        self.saving = Some(Saving { thread, records: self.behind });
        Ok(())
    }

    /// Takes note of a snapshot that has ended.
    fn look_after(&mut self) {
        if self.saving.as_ref().is_some_and(|saving| !saving.thread.is_finished()) {
            return;
        }
        let Some(saving) = self.saving.take() else { return };
        self.rested_at = Instant::now();
        match saving.thread.join() {
            Ok(Ok(())) => self.behind -= saving.records,
            Ok(Err(error)) => {
                // Without it only the next start takes longer.
                tracing::warn!("no snapshot of {}: {}", self.path.display(), error_chain(&error));
                if matches!(error, LogError::Write(WriteError::Unsure { .. })) {
                    self.lost = Some(error);
                }
            }
            Err(_) => tracing::error!("no snapshot of {}: its thread broke down", self.path.display()),
        }
    }
}

impl<R> Ledger<R> for JournalLedger<R>
where
    R: Role<Record: Versioned + Send> + Clone + Versioned + Send + 'static,
{
    fn commit(&mut self, records: &[R::Record]) -> Result<(), LogError> {
        self.look_after();
        if let Some(lost) = self.lost.take() {
            return Err(lost);
        }
        self.log.append(records)?;
        self.behind += records.len() as u64;
        Ok(())
    }

    fn rest(&mut self, role: &R) {
        self.look_after();
        let due = self.behind >= self.pace.records && self.rested_at.elapsed() >= self.pace.pause;
        if due
            && self.saving.is_none()
            && let Err(error) = self.save(role)
        {
            self.rested_at = Instant::now();
            tracing::warn!("no snapshot of {}: {error}", self.path.display());
        }
    }
}

impl<R: Role> Drop for JournalLedger<R> {
    fn drop(&mut self) {
        // The next owner of the data folder must find nobody writing.
        if let Some(saving) = self.saving.take() {
            let _ = saving.thread.join();
        }
    }
}

//! What a restart does with records and snapshots that are whole and make no sense: it keeps their bytes,
//! takes out what they are about, and goes on with the rest.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use model::{JobId, LeftOut, Role};
use store::{Entry, LogError, PassedOver, Quarantine};

use crate::error_chain;
use crate::record_text::RecordText;

/// Makes the records of a journal true, and sets aside what cannot be.
pub(super) struct Salvage<'a> {
    path: &'a Path,
    quarantine: &'a Quarantine,
    left_out: bool,
    /// Jobs that are left out: what else there is about them means nothing any more.
    jobs: BTreeSet<JobId>,
}

impl<'a> Salvage<'a> {
    pub(super) const fn new(path: &'a Path, quarantine: &'a Quarantine) -> Self {
        Self { path, quarantine, left_out: false, jobs: BTreeSet::new() }
    }

    /// Applies a record, whose effects are of the past; one that makes no sense is left out with what it is
    /// about.
    ///
    /// # Errors
    /// It is about nothing that can be left out.
    pub(super) fn make_true<R: Role>(
        &mut self,
        role: &mut R,
        entry: Entry<'_>,
        record: Result<R::Record, LogError>,
    ) -> Result<(), LogError> {
        if !self.jobs.is_empty()
            && let Some(RecordText { job: Some(job), lease, .. }) = RecordText::of(entry.bytes)
            && self.jobs.contains(&job)
        {
            role.leave_out(Some(job), lease);
            return Ok(());
        }
        let done = record.and_then(|record| {
            catch_unwind(AssertUnwindSafe(|| role.apply(&record, &mut Vec::new()))).map_err(|panic| {
                let why = words(panic.as_ref());
                LogError::ImpossibleRecord { path: self.path.to_owned(), seq: entry.seq, why }
            })
        });
        done.or_else(|wrong| self.leave_out(role, entry, wrong))
    }

    /// Keeps a snapshot for whose state something else could stand in.
    pub(super) fn pass_over(&self, snapshot: &PassedOver) {
        let why = error_chain(&snapshot.why);
        let kept = self.keep(&format!("snapshot-{}", snapshot.next_seq), &snapshot.bytes, &why);
        tracing::error!(
            "an older snapshot or the records stand in for one that cannot be read: {why}; {kept}"
        );
    }

    fn leave_out<R: Role>(
        &mut self,
        role: &mut R,
        entry: Entry<'_>,
        wrong: LogError,
    ) -> Result<(), LogError> {
        let Some(RecordText { job, lease, .. }) = RecordText::of(entry.bytes) else { return Err(wrong) };
        let left_out = catch_unwind(AssertUnwindSafe(|| role.leave_out(job, lease)));
        let Ok(Some(LeftOut { what, job })) = left_out else { return Err(wrong) };
        let why = error_chain(&wrong);
        let kept = self.keep(&format!("record-{}", entry.seq), entry.bytes, &format!("{what}: {why}"));
        tracing::error!("{what} is set aside, the rest goes on: {why}; {kept}");
        self.left_out = true;
        self.jobs.extend(job);
        Ok(())
    }

    /// Makes sure that what is left is sound.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn check<R: Role>(&self, role: &R) -> Result<(), LogError> {
        if !self.left_out {
            return Ok(());
        }
        catch_unwind(AssertUnwindSafe(|| role.check()))
            .map_err(|panic| LogError::Unsound { path: self.path.to_owned(), why: words(panic.as_ref()) })
    }

    /// Keeps `bytes` and says where. Without room for them they are still in the journal.
    fn keep(&self, what: &str, bytes: &[u8], why: &str) -> String {
        let journal = self.path.file_stem().unwrap_or_default().to_string_lossy();
        match self.quarantine.keep(&format!("{journal}-{what}"), bytes, why) {
            Ok(path) => format!("its bytes are in {}", path.display()),
            Err(error) => format!("its bytes could not be copied: {}", error_chain(&error)),
        }
    }
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it broke down".to_owned())
}

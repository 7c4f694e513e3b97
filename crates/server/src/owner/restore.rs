//! A role as it was: the snapshot of its journal, and the records behind it.

use std::path::Path;

use model::{Role, Versioned};
use store::{LogError, Quarantine, RecordLog};

use super::Ledger;
use super::ledger::{JournalLedger, Pace};
use super::salvage::Salvage;

/// Restores a role from the journal at `path`, `new` where there is none, and gives its ledger.
///
/// The effects of the past are dropped: they have been performed, or the role's `resume` asks for them again.
///
/// What makes no sense though it is whole is set aside with what it is about, and the rest goes on: one bad
/// job must never keep a farm from starting.
pub(crate) fn restore<R>(
    path: &Path,
    quarantine: &Quarantine,
    new: impl FnOnce() -> R,
) -> Result<(R, Box<dyn Ledger<R>>), LogError>
where
    R: Role<Record: Versioned + Send> + Clone + Versioned + Send + 'static,
{
    restore_at(path, quarantine, new, Pace::default())
}

/// The same with snapshots at a pace of one's own.
pub(super) fn restore_at<R>(
    path: &Path,
    quarantine: &Quarantine,
    new: impl FnOnce() -> R,
    pace: Pace,
) -> Result<(R, Box<dyn Ledger<R>>), LogError>
where
    R: Role<Record: Versioned + Send> + Clone + Versioned + Send + 'static,
{
    let mut log = RecordLog::open(path)?;
    let (snapshot, over) = log.load_snapshot()?;
    let mut salvage = Salvage::new(path, quarantine);
    over.iter().for_each(|snapshot| salvage.pass_over(snapshot));
    let mut role = snapshot.unwrap_or_else(new);
    let replayed = log.replay(|entry, record| salvage.make_true(&mut role, entry, record))?;
    salvage.check(&role)?;
    tracing::info!(records = replayed, "{} is replayed", path.display());
    let ledger = JournalLedger::new(log, path.to_owned(), replayed, pace);
    Ok((role, Box::new(ledger)))
}

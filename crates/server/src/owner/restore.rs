//! A role as it was: the snapshot of its journal, and the records behind it.

use std::path::Path;

use model::{Role, Versioned};
use store::{LogError, Quarantine, RecordLog};

use super::Commit;
use super::salvage::Salvage;
use crate::error_chain;

/// So many records are replayed in well under a second; more become a snapshot.
const REPLAYED_MAX: u64 = 100_000;

/// Restores a role from the journal at `path`, `new` where there is none, and gives the way to its end.
///
/// The effects of the past are dropped: they have been performed, or the role's `resume` asks for them again.
///
/// What makes no sense though it is whole is set aside with what it is about, and the rest goes on: one bad job
/// must never keep a farm from starting.
pub(crate) fn restore<R>(
    path: &Path,
    quarantine: &Quarantine,
    new: impl FnOnce() -> R,
) -> Result<(R, Commit<R>), LogError>
where
    R: Role + Versioned,
    R::Record: Versioned + Send + 'static,
{
    let mut log = RecordLog::open(path)?;
    let (snapshot, over) = log.load_snapshot()?;
    let mut salvage = Salvage::new(path, quarantine);
    over.iter().for_each(|snapshot| salvage.pass_over(snapshot));
    let mut role = snapshot.unwrap_or_else(new);
    let replayed = log.replay(|entry, record| salvage.make_true(&mut role, entry, record))?;
    salvage.check(&role)?;
    tracing::info!(records = replayed, "{} is replayed", path.display());
    if replayed > REPLAYED_MAX
        && let Err(error) = log.save_snapshot(&role)
    {
        // It only makes the next start slower.
        tracing::warn!("no snapshot of {}: {}", path.display(), error_chain(&error));
    }
    Ok((role, Box::new(move |records| log.append(records))))
}

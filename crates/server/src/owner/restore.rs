//! A role as it was: the snapshot of its journal, and the records behind it.

use std::path::Path;

use model::Role;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{LogError, RecordLog};

use super::Commit;
use crate::error_chain;

/// So many records are replayed in well under a second; more become a snapshot.
const REPLAYED_MAX: u64 = 100_000;

/// Restores a role from the journal at `path`, `new` where there is none, and gives the way to its end.
///
/// The effects of the past are dropped: they have been performed, or the role's `resume` asks for them again.
pub(crate) fn restore<R>(path: &Path, new: impl FnOnce() -> R) -> Result<(R, Commit<R>), LogError>
where
    R: Role + Serialize + DeserializeOwned,
    R::Record: Serialize + DeserializeOwned + Send + 'static,
{
    let mut log = RecordLog::open(path)?;
    let mut role = log.load_snapshot()?.unwrap_or_else(new);
    let mut forgotten = Vec::new();
    let replayed = log.replay(|record| {
        role.apply(&record, &mut forgotten);
        forgotten.clear();
    })?;
    tracing::info!(records = replayed, "{} is replayed", path.display());
    if replayed > REPLAYED_MAX
        && let Err(error) = log.save_snapshot(&role)
    {
        // It only makes the next start slower.
        tracing::warn!("no snapshot of {}: {}", path.display(), error_chain(&error));
    }
    Ok((role, Box::new(move |records| log.append(records))))
}

//! What a person does with the data folder of a farm, beside the servers that use it: look at its journals,
//! check it, back it up and restore it. Nothing here needs the farm to stand still.

mod backup;
mod check;
mod records;
mod restore;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use backup::{BackupError, BackupReport, back_up};
pub use check::{CheckError, CheckReport, DataFault, JournalReport, Quarantined, check_data};
pub use records::{RecordLine, RecordsError, Selection, show_records};
pub use restore::{RestoreError, RestoreReport, restore_backup};

/// The roles that keep a journal.
const KEEPERS: [&str; 3] = ["schedule", "render", "access"];

/// The journal of `role` in the data folder `data`.
fn journal_of(data: &Path, role: &str) -> PathBuf {
    data.join(format!("{role}.journal"))
}

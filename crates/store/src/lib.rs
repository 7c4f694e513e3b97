//! What the farm keeps on disk: journals, contents, results and logs.
//!
//! Everything here is synchronous and belongs to one process at a time. The crate keeps bytes safe and
//! says clearly when it cannot; it must not know what the records mean, who asked, or any network but the
//! one a storage folder may hide.

mod archive;
mod attempt_logs;
mod cache;
mod content;
mod data_folder;
mod durable;
mod file_error;
mod journal;
mod quarantine;
mod record_log;
mod results;

pub use archive::{ArchiveWriter, read_archive};
pub use attempt_logs::{AppendOutcome, AttemptLogError, AttemptLogs, KeptLog};
pub use cache::{Cache, CacheUse, Claim, Linking, Reservation};
pub use content::{Content, ContentError, ContentReader, ContentWriter};
pub use data_folder::{DataFolder, DataFolderError, FORMAT};
pub use file_error::FileError;
pub use journal::{
    Cause, Entry, Epoch, FIRST_SEQ, Journal, JournalOpenError, Opened, ReadError, Records, Row, RowError,
    RowWriter, SqliteJournal, StoredSnapshot, WriteError, read_records,
};
pub use quarantine::{Quarantine, SetAside};
pub use record_log::{LogError, PassedOver, RecordLog, open_record, open_snapshot, save_snapshot};
pub use results::{
    IntakeError, IntakeWriter, PublishError, Results, ResultsError, SealError, StorageOpenError, StoredFile,
};

//! What the farm keeps on disk: journals, contents, results and logs.
//!
//! Everything here is synchronous and belongs to one process at a time. The crate keeps bytes safe and
//! says clearly when it cannot; it must not know what the records mean, who asked, or any network but the
//! one a storage folder may hide.

mod attempt_logs;
mod content;
mod data_folder;
mod durable;
mod file_error;
mod journal;
mod record_log;
mod results;

pub use attempt_logs::{AppendOutcome, AttemptLogError, AttemptLogs};
pub use content::{Content, ContentError, ContentWriter};
pub use data_folder::{DataFolder, DataFolderError, FORMAT};
pub use file_error::FileError;
pub use journal::{Epoch, Journal, JournalOpenError, ReadError, WriteError};
pub use record_log::{LogError, RecordLog};
pub use results::{
    IntakeError, IntakeWriter, PublishError, Results, ResultsError, SealError, StorageOpenError, StoredFile,
};

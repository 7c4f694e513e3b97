//! What SQLite's errors mean for whoever writes.

use std::path::Path;

use rusqlite::{ErrorCode, ffi};

use crate::{ReadError, WriteError};

/// The error of a read of the journal at `path`.
pub(super) fn read_fault(path: &Path) -> impl Fn(rusqlite::Error) -> ReadError {
    |source| ReadError::Database { path: path.to_owned(), source: source.into() }
}

/// The error of a write to the journal at `path`, before its commit.
pub(super) fn write_fault(path: &Path, source: rusqlite::Error) -> WriteError {
    let (full, sync) = (is_full(path, &source), is_sync(&source));
    let (path, source) = (path.to_owned(), source.into());
    match () {
        () if sync => WriteError::Unsure { path, source: Some(source) },
        () if full => WriteError::Full { path, source },
        () => WriteError::Database { path, source },
    }
}

/// Whether a sync failed. The system may then have dropped what it could not write, and says so only once.
pub(super) fn is_sync(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC))
}

/// Whether `error` is for want of room. SQLite has a code for it, but a quota comes as a plain failure: there
/// the free space tells.
fn is_full(path: &Path, error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => true,
        Some(ErrorCode::SystemIoFailure) => {
            rustix::fs::statvfs(path).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < 64 << 10)
        }
        _ => false,
    }
}

//! The database file of a journal: how it is made, recognised and set up.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::JournalOpenError;

/// Marks the file as ours, for `file` and for whoever opens the wrong one: "FfJ" and a zero.
const APPLICATION_ID: i64 = 0x46_66_4a_00;
/// How long another process is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// The version of the tables that this code writes.
pub(super) const VERSION: i64 = 2;

const TABLES: &str = "
    CREATE TABLE owner (epoch INTEGER NOT NULL);
    INSERT INTO owner (epoch) VALUES (0);
    CREATE TABLE batch (first_seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, bytes BLOB NOT NULL);
    CREATE TABLE snapshot (id INTEGER PRIMARY KEY, next_seq INTEGER NOT NULL);
    CREATE TABLE piece (snapshot INTEGER NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL);
    CREATE INDEX piece_of ON piece (snapshot, number);
";

/// From the first version, which held one snapshot, and that in one value.
const SECOND: &str = "
    ALTER TABLE snapshot RENAME TO only_snapshot;
    CREATE TABLE snapshot (id INTEGER PRIMARY KEY, next_seq INTEGER NOT NULL);
    CREATE TABLE piece (snapshot INTEGER NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL);
    CREATE INDEX piece_of ON piece (snapshot, number);
    INSERT INTO snapshot (id, next_seq) SELECT 1, next_seq FROM only_snapshot;
    INSERT INTO piece (snapshot, number, bytes) SELECT 1, 0, bytes FROM only_snapshot;
    DROP TABLE only_snapshot;
";

/// Opens the database at `path`, with the tables made where it is new, and brought up to date where it is
/// old.
pub(super) fn open(path: &Path) -> Result<Connection, JournalOpenError> {
    let fault = open_fault(path);
    let mut database = Connection::open(path).map_err(&fault)?;
    // Another process may be taking over or reading for a moment; it is never long.
    database.busy_timeout(PATIENCE).map_err(&fault)?;
    let mode: String =
        database.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(&fault)?;
    if mode != "wal" {
        return Err(JournalOpenError::NoWriteAheadLog { path: path.to_owned(), mode });
    }
    database.pragma_update(None, "synchronous", "FULL").map_err(&fault)?;
    database.pragma_update(None, "wal_autocheckpoint", 0).map_err(&fault)?;
    // Gives the room of one great commit back to the disk.
    database.pragma_update(None, "journal_size_limit", 64 << 20).map_err(&fault)?;

    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&fault)?;
    let made = match version_of(&transaction, path)? {
        0 => Some(TABLES),
        1 => Some(SECOND),
        _ => None,
    };
    if let Some(made) = made {
        transaction.execute_batch(made).map_err(&fault)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(&fault)?;
        transaction.pragma_update(None, "user_version", VERSION).map_err(&fault)?;
    }
    transaction.commit().map_err(&fault)?;
    Ok(database)
}

/// Opens the database at `path` for reading alone. Gives the version of its tables too.
pub(super) fn look(path: &Path) -> Result<(Connection, i64), JournalOpenError> {
    let fault = open_fault(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags).map_err(&fault)?;
    database.busy_timeout(PATIENCE).map_err(&fault)?;
    match version_of(&database, path)? {
        0 => Err(JournalOpenError::NotAJournal { path: path.to_owned() }),
        version => Ok((database, version)),
    }
}

/// The version of the tables; 0 where there are none yet.
fn version_of(database: &Connection, path: &Path) -> Result<i64, JournalOpenError> {
    let fault = open_fault(path);
    let number = |name| database.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application_id = number("application_id").map_err(&fault)?;
    let version = number("user_version").map_err(&fault)?;
    let tables: i64 =
        database.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(&fault)?;
    match () {
        () if application_id == 0 && version == 0 && tables == 0 => Ok(0),
        () if application_id != APPLICATION_ID || version < 1 => {
            Err(JournalOpenError::NotAJournal { path: path.to_owned() })
        }
        () if version > VERSION => {
            Err(JournalOpenError::Newer { path: path.to_owned(), found: version, known: VERSION })
        }
        () => Ok(version),
    }
}

fn open_fault(path: &Path) -> impl Fn(rusqlite::Error) -> JournalOpenError {
    |source| match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => JournalOpenError::NotAJournal { path: path.to_owned() },
        _ => JournalOpenError::Database { path: path.to_owned(), source: source.into() },
    }
}

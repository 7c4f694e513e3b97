//! The database file of a journal: how it is made, recognised and set up.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::JournalOpenError;

/// Marks the file as ours, for `file` and for whoever opens the wrong one: "FfJ" and a zero.
const APPLICATION_ID: i64 = 0x46_66_4a_00;
/// The version of the tables that this code writes.
const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE owner (epoch INTEGER NOT NULL);
    INSERT INTO owner (epoch) VALUES (0);
    CREATE TABLE batch (first_seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, bytes BLOB NOT NULL);
    CREATE TABLE snapshot (one INTEGER PRIMARY KEY, next_seq INTEGER NOT NULL, bytes BLOB NOT NULL);
";

/// Opens the database at `path`, with the tables made where it is new.
pub(super) fn open(path: &Path) -> Result<Connection, JournalOpenError> {
    let fault = |source: rusqlite::Error| match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => JournalOpenError::NotAJournal { path: path.to_owned() },
        _ => JournalOpenError::Database { path: path.to_owned(), source },
    };
    let mut database = Connection::open(path).map_err(fault)?;
    // Another process may be taking over or reading for a moment; it is never long.
    database.busy_timeout(Duration::from_secs(5)).map_err(fault)?;
    let mode: String =
        database.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(fault)?;
    if mode != "wal" {
        return Err(JournalOpenError::NoWriteAheadLog { path: path.to_owned(), mode });
    }
    database.pragma_update(None, "synchronous", "FULL").map_err(fault)?;
    // Gives the room of one great commit back to the disk.
    database.pragma_update(None, "journal_size_limit", 64 << 20).map_err(fault)?;

    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fault)?;
    let number = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application_id = number("application_id").map_err(fault)?;
    let version = number("user_version").map_err(fault)?;
    let tables: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(fault)?;
    if application_id == 0 && version == 0 && tables == 0 {
        transaction.execute_batch(TABLES).map_err(fault)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(fault)?;
        transaction.pragma_update(None, "user_version", VERSION).map_err(fault)?;
    } else if application_id != APPLICATION_ID {
        return Err(JournalOpenError::NotAJournal { path: path.to_owned() });
    } else if version > VERSION {
        return Err(JournalOpenError::Newer { path: path.to_owned(), found: version, known: VERSION });
    }
    transaction.commit().map_err(fault)?;
    Ok(database)
}

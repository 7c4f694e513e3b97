//! Records out of the rows of any body: in order, without a gap, and whole.

use std::ops::ControlFlow;

use super::{Journal, ReadError};

/// A record as it stands in a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its number.
    pub seq: u64,
    /// The version of its format.
    pub version: u16,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Shows each record from the number `from` on to `visit`. Returns the number that the next record will get.
///
/// # Errors
/// A [`ReadError`]; what is before the damage was shown.
pub fn read_records(
    journal: &mut dyn Journal,
    from: u64,
    visit: &mut dyn FnMut(Entry<'_>) -> ControlFlow<()>,
) -> Result<u64, ReadError> {
    let path = journal.path().to_owned();
    let mut expected = None;
    let mut fault = None;
    let next = journal.read(from, &mut |row| {
        let first_seq = row.first_seq;
        if expected.is_none() && first_seq > from {
            fault = Some(ReadError::Trimmed { path: path.clone(), from, first: first_seq });
            return ControlFlow::Break(());
        }
        if expected.is_some_and(|expected| expected != first_seq) {
            let why = "the rows before it are missing or overlap it";
            fault = Some(ReadError::corrupt(&path, first_seq, why));
            return ControlFlow::Break(());
        }
        let opened = match row.open() {
            Ok(opened) => opened,
            Err(wrong) => {
                fault = Some(ReadError::of_row(&path, first_seq, wrong));
                return ControlFlow::Break(());
            }
        };
        expected = first_seq.checked_add(row.count);
        for (seq, bytes) in (first_seq..).zip(opened.records) {
            if seq >= from {
                visit(Entry { seq, version: opened.version, bytes })?;
            }
        }
        ControlFlow::Continue(())
    })?;
    match fault {
        Some(fault) => Err(fault),
        None if expected.is_none() && from < next => Err(ReadError::Trimmed { path, from, first: next }),
        None => Ok(next),
    }
}

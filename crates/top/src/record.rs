//! What happened, written down a line each, and played again.

use std::io::{BufRead, Write};

use crate::Event;
#[cfg(test)]
use crate::Top;

/// Why a record cannot be written or played.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file.
    #[error("the record cannot be read or written")]
    File(#[from] std::io::Error),
    /// A line of it.
    #[error("line {line} of the record is none of this version")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// Writes down that something happened.
pub(crate) fn note(to: &mut impl Write, event: &Event) -> Result<(), RecordError> {
    let text = serde_json::to_string(event).map_err(|source| RecordError::Line { line: 0, source })?;
    writeln!(to, "{text}")?;
    to.flush()?;
    Ok(())
}

/// What was written down.
pub(crate) fn read(from: impl BufRead) -> Result<Vec<Event>, RecordError> {
    let read = |(line, text): (usize, std::io::Result<String>)| {
        serde_json::from_str(&text?).map_err(|source| RecordError::Line { line: line + 1, source })
    };
    from.lines().enumerate().map(read).collect()
}

/// The screen after all of it.
#[cfg(test)]
pub(crate) fn played(events: impl IntoIterator<Item = Event>) -> Top {
    let mut top = Top::default();
    for event in events {
        drop(top.happens(event));
    }
    top
}

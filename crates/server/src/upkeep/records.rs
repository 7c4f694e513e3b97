//! The records of a journal, as people read them.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use model::{JobId, LeaseId};
use schedule::Schedule;
use serde::Serialize;
use serde_json::Value;
use store::{FIRST_SEQ, Journal, JournalOpenError, ReadError, Row, SqliteJournal, open_snapshot};

use super::{KEEPERS, journal_of};
use crate::record_text::RecordText;

/// Which records to show.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Of which role's journal; where not given, of the first that the data folder has.
    pub role: Option<String>,
    /// The number of the first record.
    pub from: Option<u64>,
    /// The number of the last record.
    pub to: Option<u64>,
    /// Only what is about this job.
    pub job: Option<JobId>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordLine {
    /// Its number.
    pub number: u64,
    /// When, in milliseconds since 1970; some do not say.
    pub at: Option<u64>,
    /// What became true; empty where it is no record at all.
    pub kind: String,
    /// The job it is about.
    pub job: Option<u64>,
    /// The lease it names.
    pub lease: Option<u64>,
    /// The version of its format.
    pub version: u16,
    /// Its fields; its text where it is no record at all.
    pub fields: Value,
}

/// Records cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// There is no journal.
    #[error("there is no journal {path}")]
    NoJournal {
        /// Where it would be.
        path: PathBuf,
    },
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] JournalOpenError),
    /// It cannot be read on.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Nobody takes what is shown.
    #[error("the records cannot be written")]
    Write(#[source] io::Error),
}

/// Shows records of a journal in the data folder `data` to `each`, first to last. A server may be using it.
///
/// # Errors
/// A [`RecordsError`]; what is before the damage was shown.
pub fn show_records(
    data: &Path,
    selection: &Selection,
    mut each: impl FnMut(RecordLine) -> io::Result<()>,
) -> Result<(), RecordsError> {
    let path = chosen(data, selection.role.as_deref())?;
    let mut journal = SqliteJournal::look(&path)?;
    let mut leases = Leases::of(&mut journal)?;
    let mut stopped = None;
    // From the first one on, because later ones may name a lease whose job only an earlier one tells.
    journal.read(FIRST_SEQ, &mut |row| {
        let shown = open(&path, row).map_err(RecordsError::Read).and_then(|(version, records)| {
            for (number, bytes) in (row.first_seq..).zip(records) {
                let line = leases.line(number, version, bytes);
                if selection.takes(&line) {
                    each(line).map_err(RecordsError::Write)?;
                }
            }
            Ok(())
        });
        match shown {
            Ok(()) if selection.to.is_some_and(|to| row.first_seq > to) => ControlFlow::Break(()),
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                stopped = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    stopped.map_or(Ok(()), Err)
}

impl Selection {
    fn takes(&self, line: &RecordLine) -> bool {
        self.from.is_none_or(|from| line.number >= from)
            && self.to.is_none_or(|to| line.number <= to)
            && self.job.is_none_or(|job| line.job == Some(job.0))
    }
}

/// The journal that is meant.
fn chosen(data: &Path, role: Option<&str>) -> Result<PathBuf, RecordsError> {
    let there = |role: &&str| journal_of(data, role).is_file();
    let role = role.or_else(|| KEEPERS.into_iter().find(there)).unwrap_or(KEEPERS[0]);
    let path = journal_of(data, role);
    if path.is_file() { Ok(path) } else { Err(RecordsError::NoJournal { path }) }
}

/// The records of a row that is whole, with their version.
pub(super) fn open<'a>(path: &Path, row: Row<'a>) -> Result<(u16, store::Records<'a>), ReadError> {
    let opened = row.open().map_err(|wrong| ReadError::of_row(path, row.first_seq, wrong))?;
    Ok((opened.version, opened.records))
}

/// Whose lease is whose, which most records about leases leave to be known.
struct Leases {
    jobs: BTreeMap<LeaseId, JobId>,
    /// What the oldest snapshot still knows, where its records are gone.
    before: Option<Schedule>,
}

impl Leases {
    fn of(journal: &mut SqliteJournal) -> Result<Self, ReadError> {
        let path = journal.path().to_owned();
        let mut before = None;
        let mut limit = u64::MAX;
        while let Some((next_seq, bytes)) = journal.get_snapshot(limit)? {
            // The render server has leases that name their jobs; its snapshots are not needed.
            before = open_snapshot(&path, next_seq, &bytes).ok();
            limit = next_seq;
        }
        Ok(Self { jobs: BTreeMap::new(), before })
    }

    fn line(&mut self, number: u64, version: u16, bytes: &[u8]) -> RecordLine {
        let Some(RecordText { kind, at, job, lease, fields }) = RecordText::of(bytes) else {
            let fields = Value::String(String::from_utf8_lossy(bytes).into_owned());
            return RecordLine {
                number,
                at: None,
                kind: String::new(),
                job: None,
                lease: None,
                version,
                fields,
            };
        };
        if let (Some(job), Some(lease)) = (job, lease) {
            self.jobs.insert(lease, job);
        }
        let job = job.or_else(|| lease.and_then(|lease| self.job_of(lease))).map(|job| job.0);
        RecordLine {
            number,
            at: at.map(|at| at.0),
            kind,
            job,
            lease: lease.map(|lease| lease.0),
            version,
            fields,
        }
    }

    fn job_of(&self, lease: LeaseId) -> Option<JobId> {
        let before = || self.before.as_ref()?.lease(lease).map(|lease| lease.frame.job);
        self.jobs.get(&lease).copied().or_else(before)
    }
}

//! Whether a data folder is whole: every row of its journals, its snapshots, and the contents that jobs need.
//! It changes nothing, and a server may be using the folder meanwhile.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use ::access::Access;
use model::{Digest, JobId, JobState, Role, Versioned};
use render::Render;
use schedule::Schedule;
use serde::Serialize;
use store::{
    Content, ContentError, Entry, FIRST_SEQ, FileError, Journal, JournalOpenError, LogError, Quarantine,
    ReadError, Row, SqliteJournal, open_record, open_snapshot,
};

use super::{KEEPERS, journal_of, records};
use crate::error_chain;

/// What was looked at, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CheckReport {
    /// The journals.
    pub journals: Vec<JournalReport>,
    /// How many contents were read; those of jobs that have not ended.
    pub contents: u64,
    /// What was set aside earlier.
    pub quarantined: Vec<Quarantined>,
    /// What is wrong. Nothing, most of the time.
    pub faults: Vec<DataFault>,
}

/// A journal that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JournalReport {
    /// Where it is.
    pub path: PathBuf,
    /// How many records it holds.
    pub records: u64,
    /// How many snapshots it holds.
    pub snapshots: u64,
}

/// Something that was set aside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quarantined {
    /// Where it is.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataFault {
    /// Where.
    pub place: String,
    /// What.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

/// A data folder cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is nothing to check.
    #[error("there is no journal in {path}")]
    NoJournal {
        /// The folder.
        path: PathBuf,
    },
    /// What was set aside cannot be listed.
    #[error("cannot look into the quarantine")]
    Quarantine(#[from] FileError),
}

const RESTORE: &str = "stop the server and restore a backup: framefarm restore FILE --data DIR";
const NEWER: &str = "run the newer framefarm that wrote it";
const LEAVE_OUT: &str =
    "the next start sets its job aside and goes on with the others; submit that job again";
const SEND: &str = "submit the job again from where its files are, which sends what is missing";

/// Checks the data folder `data`.
///
/// # Errors
/// There is nothing to check.
pub fn check_data(data: &Path) -> Result<CheckReport, CheckError> {
    let mut report = CheckReport::default();
    let there: Vec<_> = KEEPERS.into_iter().filter(|role| journal_of(data, role).is_file()).collect();
    if there.is_empty() {
        return Err(CheckError::NoJournal { path: data.to_owned() });
    }
    for role in there {
        let path = journal_of(data, role);
        match role {
            "schedule" => {
                let state = JournalCheck::<Schedule>::new(&path, Some(Schedule::default())).run(&mut report);
                check_contents(data, state.as_ref(), &mut report);
            }
            "access" => drop(JournalCheck::<Access>::new(&path, Some(Access::default())).run(&mut report)),
            _ => drop(JournalCheck::<Render>::new(&path, None).run(&mut report)),
        }
    }
    let aside = Quarantine::of(data).list()?.into_iter();
    report.quarantined = aside.map(|one| Quarantined { path: one.path, why: one.why }).collect();
    Ok(report)
}

/// The check of a journal whose role is `R`.
struct JournalCheck<'a, R: Role> {
    path: &'a Path,
    /// What the records make, as long as that is known.
    state: Option<R>,
    faults: Vec<DataFault>,
    /// The record that has to come next.
    expected: Option<u64>,
    /// The first record that the state does not contain.
    from: u64,
    records: u64,
}

impl<'a, R: Role<Record: Versioned> + Versioned> JournalCheck<'a, R> {
    fn new(path: &'a Path, state: Option<R>) -> Self {
        Self { path, state, faults: Vec::new(), expected: None, from: FIRST_SEQ, records: 0 }
    }

    /// Checks everything, and gives the state where it could be made.
    fn run(mut self, report: &mut CheckReport) -> Option<R> {
        let snapshots = self.look().unwrap_or_else(|(what, hint)| {
            self.fault("", what, hint);
            0
        });
        report.journals.push(JournalReport { path: self.path.to_owned(), records: self.records, snapshots });
        report.faults.extend(self.faults);
        self.state
    }

    fn fault(&mut self, place: &str, what: String, hint: &str) {
        self.state = None;
        let place = format!("{}{place}", self.path.display());
        self.faults.push(DataFault { place, what, hint: hint.to_owned() });
    }

    fn look(&mut self) -> Result<u64, (String, &'static str)> {
        let mut journal = SqliteJournal::look(self.path).map_err(|error| {
            let hint = if matches!(error, JournalOpenError::Newer { .. }) { NEWER } else { RESTORE };
            (error_chain(&error), hint)
        })?;
        let broken = |error: ReadError| (error_chain(&error), RESTORE);
        for fault in journal.faults().map_err(broken)? {
            self.fault("", fault, RESTORE);
        }
        let snapshots = self.look_at_snapshots(&mut journal).map_err(broken)?;
        let next = journal.read(FIRST_SEQ, &mut |row| {
            self.look_at_row(row);
            ControlFlow::Continue(())
        });
        let next = next.map_err(broken)?;
        if self.expected.unwrap_or(next) != next {
            self.fault("", format!("its last records are missing: number {next} comes next"), RESTORE);
        }
        Ok(snapshots)
    }

    /// Reads the snapshots, newest first; the newest that can be read is where the state begins.
    fn look_at_snapshots(&mut self, journal: &mut SqliteJournal) -> Result<u64, ReadError> {
        let (mut count, mut limit, mut newest) = (0, u64::MAX, None);
        while let Some((next_seq, bytes)) = journal.get_snapshot(limit)? {
            (count, limit) = (count + 1, next_seq);
            match open_snapshot::<R>(self.path, next_seq, &bytes) {
                Ok(state) => newest = newest.or(Some((next_seq, state))),
                Err(error) => {
                    let hint = if matches!(error, LogError::NewerSnapshot { .. }) { NEWER } else { RESTORE };
                    self.fault(&format!(", snapshot before record {next_seq}"), error_chain(&error), hint);
                }
            }
        }
        if let Some((next_seq, state)) = newest {
            (self.from, self.state) = (next_seq, Some(state));
        }
        Ok(count)
    }

    fn look_at_row(&mut self, row: Row<'_>) {
        let place = format!(", record {}", row.first_seq);
        match self.expected {
            Some(expected) if expected != row.first_seq => {
                self.fault(&place, format!("record {expected} should be here"), RESTORE);
            }
            None if row.first_seq > self.from => {
                self.fault(&place, format!("the records from {} on are missing", self.from), RESTORE);
            }
            _ => {}
        }
        self.expected = row.first_seq.checked_add(row.count);
        self.records += row.count;
        match records::open(self.path, row) {
            Ok((version, records)) => {
                for (seq, bytes) in (row.first_seq..).zip(records) {
                    self.look_at_record(Entry { seq, version, bytes });
                }
            }
            Err(error) => {
                let hint = if matches!(error, ReadError::Newer { .. }) { NEWER } else { RESTORE };
                self.fault(&place, error_chain(&error), hint);
            }
        }
    }

    fn look_at_record(&mut self, entry: Entry<'_>) {
        let place = format!(", record {}", entry.seq);
        match open_record::<R::Record>(self.path, entry) {
            Ok(record) if entry.seq >= self.from => {
                let Some(state) = &mut self.state else { return };
                let applied = catch_unwind(AssertUnwindSafe(|| state.apply(&record, &mut Vec::new())));
                if applied.is_err() {
                    self.fault(&place, "it contradicts the records before it".to_owned(), LEAVE_OUT);
                }
            }
            Ok(_) => {}
            Err(error) => {
                let hint = if matches!(error, LogError::NewerRecord { .. }) { NEWER } else { LEAVE_OUT };
                self.fault(&place, error_chain(&error), hint);
            }
        }
    }
}

/// Contents of jobs that have not ended, with a job that needs each; in order.
pub(super) fn contents_needed(state: &Schedule) -> Vec<(Digest, JobId)> {
    let open =
        |job: &model::JobView| matches!(job.state, JobState::Queued | JobState::Active | JobState::Held);
    let jobs = state.jobs().into_iter().filter(open).filter_map(|job| job.id.parse::<JobId>().ok());
    let mut seen = BTreeSet::new();
    let of_job = |job| {
        state
            .description(job)
            .into_iter()
            .flat_map(move |it| it.files.iter().map(move |file| (file.digest, job)))
    };
    jobs.flat_map(of_job).filter(|(digest, _)| seen.insert(*digest)).collect()
}

fn check_contents(data: &Path, state: Option<&Schedule>, report: &mut CheckReport) {
    let Some(state) = state else { return };
    let content = Content::look(&data.join("content"), Quarantine::of(data));
    for (digest, job) in contents_needed(state) {
        report.contents += 1;
        let what = match content.is_whole(digest) {
            Ok(Some(true)) => continue,
            Ok(Some(false)) => "its bytes have another digest than its name".to_owned(),
            Ok(None) => ContentError::Missing { digest }.to_string(),
            Err(error) => error_chain(&error),
        };
        let place = format!("{} (job {job})", content.path(digest).display());
        report.faults.push(DataFault { place, what, hint: SEND.to_owned() });
    }
}

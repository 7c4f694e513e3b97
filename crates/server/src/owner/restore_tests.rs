//! Restarts with journals of all kinds: old ones, and ones with records that make no sense.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::{JobId, JobState, LeaseId, LeftOut, Role, Time, Versioned};
use schedule::Schedule;
use serde::{Deserialize, Serialize};
use store::{FIRST_SEQ, Journal, LogError, Quarantine, RowWriter, SqliteJournal};

use super::Ledger;
use super::ledger::Pace;
use super::restore;
use super::restore::restore_at;

/// A journal of the first framefarm, as it stood on the disk. It is never changed.
const FIRST: &[u8] = include_bytes!("fixtures/schedule-1.journal");
/// What it holds, record by record.
const RECORDS: &str = include_str!("../../../schedule/tests/it/journal.jsonl");

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("schedule.journal")
    }

    fn quarantine(&self) -> Quarantine {
        Quarantine::of(self.0.path())
    }

    /// A journal of these records, whatever they are.
    fn with(records: &[&str]) -> Self {
        let folder = Self::new();
        let mut journal = SqliteJournal::open(&folder.journal()).unwrap();
        let epoch = journal.lease().unwrap();
        let mut writer = RowWriter::default();
        writer.begin(1);
        for record in records {
            writer.add(|to| to.write_all(record.as_bytes())).unwrap();
        }
        journal.append(epoch, writer.finish(FIRST_SEQ).unwrap()).unwrap();
        folder
    }

    fn schedule(&self) -> Result<Schedule, LogError> {
        restore(&self.journal(), &self.quarantine(), Schedule::default).map(|(role, _)| role)
    }

    /// Names of what was set aside, with why.
    fn set_aside(&self) -> Vec<(String, String)> {
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let all = self.quarantine().list().unwrap();
        all.into_iter().map(|one| (name(&one.path), one.why)).collect()
    }
}

fn states(role: &Schedule) -> Vec<(String, JobState)> {
    role.jobs().into_iter().map(|job| (job.id, job.state)).collect()
}

#[test]
fn a_journal_of_the_first_framefarm_goes_on() {
    let folder = Folder::new();
    fs::write(folder.journal(), FIRST).unwrap();
    let role = folder.schedule().unwrap();
    assert_eq!(states(&role), [("1".to_owned(), JobState::Done), ("2".to_owned(), JobState::Killed)]);
    let lines: Vec<_> = RECORDS.lines().collect();
    assert_eq!(Folder::with(&lines).schedule().unwrap(), role);
    assert_eq!(folder.set_aside(), []);
}

#[test]
fn a_job_whose_record_makes_no_sense_is_set_aside_and_the_others_go_on() {
    let mut lines: Vec<_> = RECORDS.lines().collect();
    let at = lines.iter().position(|line| line.contains("\"job_submitted\":{\"job\":2")).unwrap();
    let nonsense = r#"{"job_submitted":{"job":2,"key":5}}"#;
    lines[at] = nonsense;
    let folder = Folder::with(&lines);
    let role = folder.schedule().unwrap();
    assert_eq!(states(&role), [("1".to_owned(), JobState::Done)]);
    let aside = folder.set_aside();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(aside[0].0, format!("schedule-record-{}", at + 1));
    assert!(aside[0].1.starts_with("job 2: record 16 in "), "{}", aside[0].1);
    assert_eq!(fs::read(folder.0.path().join("quarantine").join(&aside[0].0)).unwrap(), nonsense.as_bytes());
    assert_eq!(folder.schedule().unwrap(), role, "the next start finds the same");
    assert_eq!(folder.set_aside(), aside);
}

#[test]
fn a_running_job_that_is_set_aside_gives_its_slots_back_and_its_numbers_are_not_given_again() {
    let lines: Vec<_> = RECORDS.lines().take(2).collect();
    let nonsense = r#"{"frame_leased":{"lease":7,"frame":{"job":1,"step":0,"index":"x"}}}"#;
    let folder = Folder::with(&[&lines[..], &[nonsense]].concat());
    let mut role = folder.schedule().unwrap();
    assert_eq!(states(&role), [("1".to_owned(), JobState::Killed)]);
    assert!(role.lease(LeaseId(1)).is_none());
    let left = role.leave_out(Some(JobId(1)), Some(LeaseId(7)));
    assert_eq!(left, Some(LeftOut { what: "job 1 \"job\"".to_owned(), job: Some(JobId(1)) }));
}

#[test]
fn what_is_about_nothing_that_can_be_left_out_is_refused_and_named() {
    for nonsense in ["nonsense", r#"{"invented":{"share":1}}"#] {
        let folder = Folder::with(&[nonsense]);
        let refused = folder.schedule().unwrap_err();
        assert!(matches!(refused, LogError::UnreadableRecord { seq: 1, .. }), "{refused}");
    }
}

/// A role that breaks down over what it does not like.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Touchy {
    jobs: Vec<u64>,
    unsound: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    Job { job: u64 },
    Bad { job: u64 },
    Worse { job: u64 },
}

impl Versioned for Touchy {
    const VERSION: u16 = 1;
}

impl Versioned for Record {
    const VERSION: u16 = 1;
}

impl Role for Touchy {
    type Event = ();
    type Record = Record;
    type Effect = ();
    type Refusal = ();

    fn decide(&self, _: Time, (): &()) -> Result<Vec<Record>, ()> {
        Ok(Vec::new())
    }

    fn apply(&mut self, record: &Record, _: &mut Vec<()>) {
        match record {
            Record::Job { job } => self.jobs.push(*job),
            Record::Bad { job } => panic!("job {job} is bad"),
            Record::Worse { .. } => {
                self.unsound = true;
                panic!("worse");
            }
        }
    }

    fn durable(_: &Record) -> bool {
        true
    }

    fn resume(&self, _: Time, _: &mut Vec<()>) {}

    fn next_deadline(&self) -> Option<Time> {
        None
    }

    fn deadline_event() {}

    fn check(&self) {
        assert!(!self.unsound, "it contradicts itself");
    }

    fn leave_out(&mut self, job: Option<JobId>, _: Option<LeaseId>) -> Option<LeftOut> {
        self.jobs.retain(|known| Some(JobId(*known)) != job);
        Some(LeftOut { what: "a job".to_owned(), job })
    }
}

fn touchy(records: &[&str]) -> (Folder, Result<Vec<u64>, LogError>) {
    let folder = Folder::with(records);
    let restored = restore(&folder.journal(), &folder.quarantine(), Touchy::default);
    (folder, restored.map(|(role, _)| role.jobs))
}

#[test]
fn a_record_over_which_the_role_breaks_down_costs_its_job_alone() {
    let records = [
        r#"{"job":{"job":1}}"#,
        r#"{"job":{"job":2}}"#,
        r#"{"bad":{"job":1}}"#,
        r#"{"bad":{"job":1}}"#,
        r#"{"job":{"job":3}}"#,
        r#"{"job":{"job":1}}"#,
    ];
    let (folder, jobs) = touchy(&records);
    assert_eq!(jobs.unwrap(), [2, 3]);
    let aside = folder.set_aside();
    assert_eq!(aside.len(), 1, "the others about it are passed over: {aside:?}");
    assert!(aside[0].1.contains("cannot be made true (job 1 is bad)"), "{aside:?}");
}

#[test]
fn a_state_that_is_not_sound_after_that_is_not_run() {
    let (_, refused) = touchy(&[r#"{"worse":{"job":1}}"#]);
    assert!(matches!(refused, Err(LogError::Unsound { .. })), "{refused:?}");
}

/// A farm of the touchy role, restored with a snapshot every ten records.
fn busy(folder: &Folder) -> (Touchy, Box<dyn Ledger<Touchy>>) {
    let pace = Pace { records: 10, pause: Duration::ZERO };
    restore_at(&folder.journal(), &folder.quarantine(), Touchy::default, pace).unwrap()
}

fn goes_on(role: &mut Touchy, ledger: &mut dyn Ledger<Touchy>, numbers: std::ops::Range<u64>) {
    for job in numbers {
        let record = Record::Job { job };
        ledger.commit(std::slice::from_ref(&record)).unwrap();
        role.apply(&record, &mut Vec::new());
        ledger.rest(role);
    }
}

#[test]
fn a_farm_that_runs_keeps_its_journal_short() {
    let folder = Folder::new();
    let (mut role, mut ledger) = busy(&folder);
    let mut next = 1;
    let first_kept = |folder: &Folder| {
        let mut first = None;
        let mut journal = SqliteJournal::look(&folder.journal()).unwrap();
        let note = &mut |row: store::Row<'_>| {
            first = Some(row.first_seq);
            std::ops::ControlFlow::Break(())
        };
        journal.read(1, note).unwrap();
        first
    };
    // Snapshots are written behind the owner's back, so how far they are is a matter of chance.
    while first_kept(&folder) == Some(1) || next == 1 {
        goes_on(&mut role, ledger.as_mut(), next..next + 10);
        next += 10;
        assert!(next < 1_000_000, "no records are ever forgotten");
    }
    drop(ledger);
    let (restored, _) = busy(&folder);
    assert_eq!(restored.jobs, (1..next).collect::<Vec<_>>());
}

#[test]
fn what_was_committed_while_a_snapshot_was_written_is_there_after_it() {
    let folder = Folder::new();
    for round in 0..6_u64 {
        let (mut role, mut ledger) = busy(&folder);
        assert_eq!(role.jobs, (0..round * 15).collect::<Vec<_>>());
        goes_on(&mut role, ledger.as_mut(), round * 15..round * 15 + 15);
    }
}

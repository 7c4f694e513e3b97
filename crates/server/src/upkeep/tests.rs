//! What is found in data folders that are not as they should be, and what a backup carries over.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use model::{JobId, Role};
use store::{Content, FIRST_SEQ, Journal, Quarantine, RowWriter, SqliteJournal};

use super::backup::state_in;
use super::{
    CheckError, RestoreError, Selection, back_up, check_data, journal_of, restore_backup, show_records,
};

const SUBMITTED: &str = r#"{"job_submitted":{"job":1,"key":"a","at":1,"description":{"name":"film","user":"ada",
    "priority":50,"held":false,"attempts_max":3,"steps":[{"name":"s","frames":"1-3","animation":{"first":1,"last":3},
    "work":{"package":"povray"},"profile":{}}],"files":[{"path":"a.inc","original":"/a.inc","digest":"DIGEST","bytes":3}]}}}"#;
const LEASED: &str = r#"{"frame_leased":{"lease":1,"frame":{"job":1,"step":0,"index":0},"attempt":1,"host":"a","slot":0,"at":2}}"#;
const ENDED: &str = r#"{"lease_ended":{"lease":1,"at":3,"ending":"frame","message":"no","again_at":3}}"#;

/// The digest of "abc".
const ABC: &str = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";

struct Folder(tempfile::TempDir);

impl Folder {
    /// A farm with one job that needs one content, which is there.
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let content = Content::open(&folder.path().join("content"), Quarantine::of(folder.path())).unwrap();
        let file = folder.path().join("a.inc");
        fs::write(&file, "abc").unwrap();
        let (digest, _) = content.add_file(&file).unwrap();
        fs::remove_file(file).unwrap();
        let submitted = SUBMITTED.replace("DIGEST", &digest.to_string());
        folder.append(2, &[&submitted, LEASED, ENDED]);
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn append(&self, version: u16, records: &[&str]) {
        let mut journal = SqliteJournal::open(&journal_of(self.path(), "schedule")).unwrap();
        let epoch = journal.lease().unwrap();
        let next = journal.read(FIRST_SEQ, &mut |_| std::ops::ControlFlow::Break(())).unwrap();
        journal.append(epoch, row(&mut RowWriter::default(), version, next, records)).unwrap();
    }

    fn snapshot(&self, version: u16, next_seq: u64, state: &str) {
        let mut journal = SqliteJournal::open(&journal_of(self.path(), "schedule")).unwrap();
        let epoch = journal.lease().unwrap();
        journal.put_snapshot(epoch, row(&mut RowWriter::default(), version, next_seq, &[state])).unwrap();
    }

    /// The content that the job needs.
    fn content(&self) -> PathBuf {
        let digest: model::Digest = ABC.parse().unwrap();
        Content::look(&self.path().join("content"), Quarantine::of(self.path())).path(digest)
    }

    /// Place, without the folder, and hint of each fault.
    fn faults(&self) -> Vec<(String, String)> {
        let report = check_data(self.path()).unwrap();
        let here = format!("{}/", self.path().display());
        report.faults.into_iter().map(|fault| (fault.place.replace(&here, ""), fault.hint)).collect()
    }
}

fn row<'a>(writer: &'a mut RowWriter, version: u16, seq: u64, records: &[&str]) -> store::Row<'a> {
    writer.begin(version);
    for record in records {
        writer.add(|to| to.write_all(record.as_bytes())).unwrap();
    }
    writer.finish(seq).unwrap()
}

#[test]
fn a_sound_folder_has_no_faults() {
    let folder = Folder::new();
    let report = check_data(folder.path()).unwrap();
    assert_eq!((report.faults, report.contents, report.journals[0].records), (vec![], 1, 3));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(check_data(empty.path()), Err(CheckError::NoJournal { .. })));
}

#[test]
fn each_fault_is_told_with_its_place_and_what_to_do() {
    type Spoil = fn(&Folder);
    let cases: [(Spoil, &str, &str); 6] = [
        (
            |it| it.append(2, &[r#"{"job_held":{"job":"x"}}"#]),
            "schedule.journal, record 4",
            "sets its job aside",
        ),
        (|it| it.append(99, &["{}"]), "schedule.journal, record 4", "run the newer framefarm"),
        (|it| it.snapshot(2, 3, "{}"), "schedule.journal, snapshot before record 3", "restore a backup"),
        (
            |it| it.snapshot(99, 3, "{}"),
            "schedule.journal, snapshot before record 3",
            "run the newer framefarm",
        ),
        (|it| fs::remove_file(it.content()).unwrap(), "(job 1)", "submit the job again"),
        (
            |it| fs::write(journal_of(it.path(), "render"), "x".repeat(9000)).unwrap(),
            "render.journal",
            "restore",
        ),
    ];
    for (number, (spoil, place, hint)) in cases.into_iter().enumerate() {
        let folder = Folder::new();
        spoil(&folder);
        let faults = folder.faults();
        assert_eq!(faults.len(), 1, "case {number}: {faults:?}");
        assert!(faults[0].0.contains(place), "case {number}: {faults:?}");
        assert!(faults[0].1.contains(hint), "case {number}: {faults:?}");
    }
}

#[test]
fn records_of_leases_are_told_by_their_job() {
    let folder = Folder::new();
    folder.append(2, &[r#"{"job_held":{"job":2,"at":5}}"#, "nonsense"]);
    let shown = |selection: &Selection| {
        let mut kinds = Vec::new();
        show_records(folder.path(), selection, |line| {
            kinds.push((line.number, line.kind));
            Ok(())
        })
        .unwrap();
        kinds
    };
    let kinds = ["job_submitted", "frame_leased", "lease_ended", "job_held", ""];
    let all: Vec<_> = (1..).zip(kinds.map(str::to_owned)).collect();
    assert_eq!(shown(&Selection::default()), all);
    assert_eq!(shown(&Selection { job: Some(JobId(1)), ..Selection::default() }), all[..3]);
    assert_eq!(shown(&Selection { from: Some(2), to: Some(3), ..Selection::default() }), all[1..3]);
}

#[test]
fn a_restored_farm_knows_the_same_and_gives_other_numbers() {
    let folder = Folder::new();
    let before = state_in(&journal_of(folder.path(), "schedule")).unwrap().0;
    let (file, new) = (folder.path().join("farm.tar.zst"), folder.path().join("new"));
    let made = back_up(folder.path(), &file, true).unwrap();
    assert_eq!((made.jobs, made.contents, made.last_record), (1, 1, 3));
    let restored = restore_backup(&file, &new).unwrap();
    assert_eq!((restored.jobs, restored.contents, restored.missing.len()), (1, 1, 0));
    let (after, _) = state_in(&journal_of(&new, "schedule")).unwrap();
    assert_eq!(after.jobs(), before.jobs());
    assert_ne!(after, before, "its counters are ahead");
    let mut counted = before;
    let skipped = r#"{"numbers_skipped":{"jobs":1000,"leases":4294967296,"notices":1000,"at":1}}"#;
    counted.apply(&serde_json::from_str(skipped).unwrap(), &mut Vec::new());
    assert_eq!(after, counted);
    assert!(check_data(&new).unwrap().faults.is_empty());
    assert!(matches!(restore_backup(&file, &new), Err(RestoreError::NotEmpty { .. })));
}

#[test]
fn a_restored_farm_has_its_authority_and_its_members() {
    let folder = Folder::new();
    let authority = folder.path().join("authority");
    fs::create_dir(&authority).unwrap();
    fs::write(authority.join("key.pem"), "the key").unwrap();
    let mut members = SqliteJournal::open(&journal_of(folder.path(), "access")).unwrap();
    let epoch = members.lease().unwrap();
    members.append(epoch, row(&mut RowWriter::default(), 1, FIRST_SEQ, &["\"who\""])).unwrap();
    let file = folder.path().join("backup.tar.zst");
    back_up(folder.path(), &file, false).unwrap();

    let new = tempfile::tempdir().unwrap();
    restore_backup(&file, new.path()).unwrap();
    let key = new.path().join("authority/key.pem");
    assert_eq!(fs::read_to_string(&key).unwrap(), "the key");
    let mut seen = 0;
    let mut journal = SqliteJournal::open(&journal_of(new.path(), "access")).unwrap();
    let next = journal.read(FIRST_SEQ, &mut |_| {
        seen += 1;
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!((seen, next.unwrap()), (1, FIRST_SEQ + 1));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let private = [&file, &key, &journal_of(new.path(), "access"), &journal_of(new.path(), "schedule")];
    assert!(private.iter().all(|path| mode(path) == 0o600), "{private:?}");
}

#[test]
fn a_backup_that_is_cut_off_is_refused() {
    let folder = Folder::new();
    let file = folder.path().join("farm.tar.zst");
    back_up(folder.path(), &file, false).unwrap();
    let whole = fs::read(&file).unwrap();
    let cut = folder.path().join("cut");
    for length in [0, 10, whole.len() / 2, whole.len() - 1] {
        fs::write(&cut, &whole[..length]).unwrap();
        let new = folder.path().join(format!("new-{length}"));
        assert!(restore_backup(&cut, &new).is_err(), "{length} of {} bytes", whole.len());
        assert!(!journal_of(&new, "schedule").exists(), "no farm is left behind");
    }
}

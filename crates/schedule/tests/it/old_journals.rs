//! Journals of every version that was ever written, as they stood on disks: what they hold must stay readable
//! and keep its meaning. They are never changed. A new version of the records gets a journal of its own here,
//! with everything in it that is new.

use std::collections::BTreeSet;

use model::{FrameState, JobId, JobState, Role, Versioned};
use schedule::{Record, Schedule};
use serde_json::Value;

/// By version. What the first of them means is told in `restart.rs`.
const JOURNALS: [&str; 3] =
    [include_str!("journal.jsonl"), include_str!("journal.2.jsonl"), include_str!("journal.3.jsonl")];

fn records(version: usize) -> Vec<Record> {
    JOURNALS[version - 1].lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn replayed(version: usize) -> Schedule {
    let mut role = Schedule::default();
    for record in records(version) {
        role.apply(&record, &mut Vec::new());
        role.check();
    }
    role
}

#[test]
fn each_version_has_a_journal() {
    assert_eq!(JOURNALS.len(), usize::from(Record::VERSION));
}

#[test]
fn each_is_replayed_to_a_sound_state_that_a_snapshot_holds() {
    for version in 1..=JOURNALS.len() {
        let role = replayed(version);
        let snapshot = serde_json::to_string(&role).unwrap();
        assert_eq!(serde_json::from_str::<Schedule>(&snapshot).unwrap(), role, "version {version}");
    }
}

/// Every kind of durable record is in one of them, under the name that it has now.
#[test]
fn records_and_their_fields_keep_their_names() {
    let mut kinds = BTreeSet::new();
    for (lines, version) in JOURNALS.into_iter().zip(1..) {
        for (line, record) in lines.lines().zip(records(version)) {
            let (mut old, new): (Value, _) =
                (serde_json::from_str(line).unwrap(), serde_json::to_value(&record).unwrap());
            if version < 3 {
                forget_profiles(&mut old);
            }
            assert!(holds(&new, &old), "version {version} was {old}, is {new}");
            kinds.extend(old.as_object().unwrap().keys().cloned());
        }
    }
    assert_eq!(kinds.len(), 21, "a new record belongs into the journal of its version: {kinds:?}");
}

/// What steps want of hosts was written in another form before version 3.
fn forget_profiles(record: &mut Value) {
    let steps = record.pointer_mut("/job_submitted/description/steps").and_then(Value::as_array_mut);
    for step in steps.into_iter().flatten() {
        step.as_object_mut().unwrap().remove("profile");
    }
}

/// Whether `new` has all that `old` says; it may say more.
fn holds(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            old.iter().all(|(name, old)| new.get(name).map_or(is_nothing(old), |new| holds(new, old)))
        }
        (Value::Array(new), Value::Array(old)) => {
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| holds(new, old))
        }
        _ => new == old,
    }
}

/// What need not be written.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(values) => values.is_empty(),
        other => matches!(other, Value::Null | Value::Bool(false)),
    }
}

#[test]
fn the_second_is_read_as_it_was_meant() {
    let role = replayed(2);
    let film = role.job(JobId(1)).unwrap();
    assert_eq!((film.state, film.priority), (JobState::Active, 40), "a retry opened it again");
    let frames = role.frames(JobId(1)).unwrap();
    let done = frames.iter().filter(|frame| frame.state == FrameState::Done).count();
    let waiting = frames.iter().filter(|frame| frame.state == FrameState::Waiting).count();
    assert_eq!((done, waiting), (3, 3), "a chunk is told as one");
    assert_eq!(role.job(JobId(1002)).unwrap().state, JobState::Queued);
    let limits = role.limits();
    assert_eq!((limits.len(), limits[0].amount, limits[0].per_host), (1, Some(4), Some(2)));
    assert_eq!(role.shares().iter().map(|share| share.weight).collect::<Vec<_>>(), [3]);
    assert_eq!(role.set_aside().len(), 0);
}

#[test]
fn the_third_is_read_as_it_was_meant() {
    let role = replayed(3);
    let frames = role.frames(JobId(1)).unwrap();
    let states: Vec<FrameState> = frames.iter().map(|frame| frame.state).collect();
    assert_eq!(states, [FrameState::Done, FrameState::Running, FrameState::Waiting]);
    let reserve = role.description(JobId(1)).unwrap().steps[0].reserve;
    assert_eq!((reserve.memory_bytes, reserve.gpus), (8 << 30, 2));
    let state = serde_json::to_value(&role).unwrap();
    let profile = &role.description(JobId(1)).unwrap().steps[0].profile;
    assert_eq!((profile.needs.len(), profile.prefer[0].weight), (9, 2));
    let taken = &state["state"]["leases"]["2"]["taken"];
    assert_eq!(taken, &serde_json::json!({ "memory_bytes": 8_u64 << 30, "gpus": [1, 2] }));
}

/// A job of the second version that asks for everything that its profiles could.
#[test]
fn old_profiles_go_on_asking() {
    let mut role = Schedule::default();
    let record: Record = serde_json::from_str(include_str!("journal.2.profiles.jsonl").trim()).unwrap();
    role.apply(&record, &mut Vec::new());
    role.check();
    let again: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
    assert_eq!(again, record, "what is written from now on says the same");
    let step = &role.description(JobId(1)).unwrap().steps[0];
    assert_eq!(step.profile.needs.len(), 7, "five fields, a package and a tag");
}

#[test]
fn the_second_snapshot_is_read_as_it_was_meant() {
    let role: Schedule = serde_json::from_str(include_str!("snapshot.2.json")).unwrap();
    role.check();
    let states: Vec<JobState> = (1..=5).map(|id| role.job(JobId(id)).unwrap().state).collect();
    use JobState::{Active, Done, Held, Queued};
    assert_eq!(states, [Done, Done, Active, Held, Queued]);
    let counts = |id| {
        let view = role.job(JobId(id)).unwrap();
        (view.frames_done, view.frames_running, view.frames_waiting)
    };
    assert_eq!((counts(2), counts(3)), ((4, 0, 0), (3, 6, 91)), "most of what is leased waits in line");
    assert_eq!(role.limits()[0].in_use, 0);
    let snapshot = serde_json::to_string(&role).unwrap();
    assert_eq!(serde_json::from_str::<Schedule>(&snapshot).unwrap(), role);
}

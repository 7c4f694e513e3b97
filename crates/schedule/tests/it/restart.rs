//! A restart: the journal makes the same state, and the farm goes on.

use model::{FrameState, JobId, JobState, LEASE_MS, Time};
use schedule::Event;

use crate::farm::{Farm, farm, job};

#[test]
fn a_restarted_farm_goes_on_with_what_hosts_still_hold() {
    let mut farm = Farm::with_hosts(&[("a", 2), ("b", 1)]);
    let id = farm.submits(job("job", "1-6"));
    farm.finishes_one("a");
    farm.restarts();
    farm.after_ms(5_000);
    farm.links("a", 2);
    farm.links("b", 1);
    farm.everything_is_rendered();
    assert_eq!(farm.job(id).state, JobState::Done);
    assert!(farm.schedule.frames(id).unwrap().iter().all(|frame| frame.attempts == 1), "nothing was lost");
}

#[test]
fn leases_of_hosts_that_do_not_come_back_are_lost_in_time() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    let id = farm.submits(job("job", "1-2"));
    farm.after_ms(1_000_000);
    farm.dies("a");
    farm.restarts();
    farm.links("b", 1);
    farm.after_ms(LEASE_MS - 1_000);
    assert_eq!(farm.frame(id, 1).attempts, 1, "the time from before the restart does not count");
    farm.after_ms(1_000);
    assert_eq!(farm.frame(id, 1).state, FrameState::Waiting);
    farm.everything_is_rendered();
    assert_eq!(farm.job(id).state, JobState::Done);
}

#[test]
fn a_report_that_was_being_published_is_sent_and_published_again() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.storage_trouble = Some("disk full".to_owned());
    farm.finishes_one("a");
    farm.storage_trouble = None;
    farm.restarts();
    farm.links("a", 1);
    assert_eq!((farm.job(id).state, farm.frame(id, 1).attempts), (JobState::Done, 1));
}

#[test]
fn holds_kills_and_priorities_survive() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let running = farm.submits(job("running", "1-2"));
    let held = farm.submits(job("held", "1"));
    let killed = farm.submits(job("killed", "1"));
    farm.happens(Event::Hold(held));
    farm.happens(Event::Kill(killed));
    farm.restarts();
    let state = |id| farm.job(id).state;
    assert_eq!(
        [state(running), state(held), state(killed)],
        [JobState::Active, JobState::Held, JobState::Killed]
    );
}

#[test]
fn a_snapshot_and_the_rest_of_the_journal_make_the_same_state() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let id = farm.submits(job("job", "1-9"));
    farm.finishes_one("a");
    farm.fails_one("a");
    let snapshot = serde_json::to_string(&farm.schedule).unwrap();
    let rest = farm.journal.len();
    farm.finishes_one("a");
    farm.happens(Event::Hold(id));
    let mut restored: schedule::Schedule = serde_json::from_str(&snapshot).unwrap();
    for line in &farm.journal[rest..] {
        let record = serde_json::from_str(line).unwrap();
        model::Role::apply(&mut restored, &record, &mut Vec::new());
    }
    model::Role::check(&restored);
    assert_eq!(restored, farm.schedule);
}

/// The file is a journal of the first version and is never changed: what it holds must stay readable.
#[test]
fn an_old_journal_is_read_as_it_was_meant() {
    let mut farm = farm();
    farm.journal = include_str!("journal.jsonl").lines().map(str::to_owned).collect();
    farm.schedule = farm.replayed();
    let first = JobId(1);
    let view = farm.job(first);
    assert_eq!((view.state, view.frames_done, view.attempts_failed), (JobState::Done, 1, 1));
    assert_eq!(view.ended_at, Some(Time(1_000_008)));
    let notices: Vec<_> = view.notices.iter().map(|one| (one.to.as_str(), one.state.as_str())).collect();
    assert_eq!(notices, [("bob@example.com", "sent"), ("eve@example.com", "given_up")]);
    let frame = farm.frame(first, 1);
    let history: Vec<_> = frame.history.iter().map(|one| (one.attempt.0, one.outcome.as_str())).collect();
    assert_eq!(history, [(1, "failed"), (2, "done")]);
    assert_eq!(frame.outputs[0].name, "job.0001.png");
    let second = farm.job(JobId(2));
    assert_eq!((second.state, second.frames_total), (JobState::Killed, 3));
    assert_eq!(farm.schedule.job_with_key("key-2"), Some(JobId(2)));
}

/// The file is a snapshot from before hosts had numbers and is never changed.
#[test]
fn an_old_snapshot_is_read_as_it_was_meant() {
    let mut farm = farm();
    farm.schedule = serde_json::from_str(include_str!("snapshot.1.json")).unwrap();
    model::Role::check(&farm.schedule);
    let states: Vec<JobState> = (1..=4).map(|id| farm.job(JobId(id)).state).collect();
    assert_eq!(states, [JobState::Done, JobState::Killed, JobState::Done, JobState::Active]);
    let film = farm.job(JobId(1));
    assert_eq!((film.frames_done, film.attempts_failed, film.notices[0].state.as_str()), (3, 1, "sent"));
    assert_eq!(farm.frame(JobId(1), 1).history[0].outcome, "failed");
    assert_eq!(farm.schedule.results(JobId(1)).unwrap().len(), 3);
    let killed = farm.job(JobId(2));
    assert_eq!((killed.frames_done, killed.ended_at.is_some()), (1, true));
    let active = farm.job(JobId(4));
    assert_eq!((active.frames_total, active.attempts_failed), (1_000, 1));
    assert_eq!((active.frames_running, active.frames_done), (3, 0));
    assert_eq!(farm.schedule.job_with_key("key-1"), Some(JobId(1)));
    let snapshot = serde_json::to_string(&farm.schedule).unwrap();
    assert_eq!(serde_json::from_str::<schedule::Schedule>(&snapshot).unwrap(), farm.schedule);
    assert!(serde_json::from_str::<schedule::Schedule>("{}").is_err(), "nothing is not a state");
}

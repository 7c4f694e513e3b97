//! Hold, release and kill.

use model::{FrameState, JobId, JobState, LeaseId, RenderToSchedule};
use schedule::{Event, Refusal};

use crate::farm::{Farm, farm, job};

const NONE: [i64; 0] = [];

#[test]
fn a_held_job_starts_nothing_new_and_what_runs_goes_on() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1-3"));
    farm.happens(Event::Hold(id));
    assert_eq!((farm.job(id).state, farm.held("a")), (JobState::Held, vec![1]));
    farm.finishes_one("a");
    assert_eq!(farm.held("a"), NONE);
    farm.happens(Event::Release(id));
    assert_eq!((farm.job(id).state, farm.held("a")), (JobState::Active, vec![2]));
}

#[test]
fn a_job_can_be_submitted_on_hold() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let mut description = job("job", "1");
    description.held = true;
    let id = farm.submits(description);
    assert_eq!((farm.job(id).state, farm.held("a")), (JobState::Held, vec![]));
    farm.happens(Event::Release(id));
    assert_eq!(farm.held("a"), [1]);
}

#[test]
fn holding_and_releasing_twice_does_nothing_more() {
    let mut farm = farm();
    let id = farm.submits(job("job", "1"));
    farm.happens(Event::Release(id));
    farm.happens(Event::Hold(id));
    farm.happens(Event::Hold(id));
    assert_eq!(farm.journal.len(), 2);
}

#[test]
fn a_killed_job_ends_at_once_and_its_slots_are_used_again_when_they_are_empty() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let killed = farm.submits(job("killed", "1-3"));
    let next = farm.submits(job("next", "1"));
    farm.happens(Event::Kill(killed));
    let view = farm.job(killed);
    assert_eq!((view.state, view.frames_running, view.ended_at), (JobState::Killed, 0, Some(farm.now)));
    assert!(farm.schedule.frames(killed).unwrap().iter().all(|frame| frame.state == FrameState::Killed));
    assert_eq!(farm.frame(killed, 1).history[0].outcome, "killed");
    assert!(farm.discarded.contains(&LeaseId(1)));
    assert_eq!(farm.job(next).frames_running, 0, "the slot still has to get rid of the process");
    farm.says("a", RenderToSchedule::Alive { held: vec![LeaseId(1)] });
    assert_eq!(farm.job(next).frames_running, 0);
    farm.says("a", RenderToSchedule::Alive { held: Vec::new() });
    assert_eq!(farm.job(next).frames_running, 1);
}

#[test]
fn a_held_job_can_be_killed() {
    let mut farm = farm();
    let id = farm.submits(job("job", "1"));
    farm.happens(Event::Hold(id));
    farm.happens(Event::Kill(id));
    assert_eq!(farm.job(id).state, JobState::Killed);
}

#[test]
fn a_job_killed_while_a_frame_is_published_lets_the_host_forget_it() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1-2"));
    let next = farm.submits(job("next", "1"));
    farm.storage_trouble = Some("disk full".to_owned());
    farm.finishes_one("a");
    farm.happens(Event::Kill(id));
    assert!(farm.hosts["a"].outbox.is_empty());
    assert_eq!(farm.job(next).frames_running, 1, "its slot is free");
}

#[test]
fn what_has_ended_cannot_be_steered() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.finishes_one("a");
    for event in [Event::Hold(id), Event::Release(id), Event::Kill(id)] {
        assert_eq!(farm.tries(event), Err(Refusal::JobEnded { job: id, state: JobState::Done }));
    }
    assert_eq!(farm.tries(Event::Kill(JobId(9))), Err(Refusal::UnknownJob(JobId(9))));
}

#[test]
fn a_failed_job_that_is_retried_is_open_again() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let mut description = job("job", "1-2");
    description.attempts_max = 1;
    let id = farm.submits(description);
    farm.finishes_one("a");
    farm.fails_one("a");
    assert_eq!(farm.job(id).state, JobState::Failed);
    farm.happens(Event::Retry(id));
    let view = farm.job(id);
    assert_eq!((view.state, view.ended_at, view.frames_failed), (JobState::Active, None, 0));
    assert_eq!(farm.held("a"), [2]);
    farm.finishes_one("a");
    let view = farm.job(id);
    assert_eq!((view.state, view.attempts_failed), (JobState::Done, 1), "what happened is remembered");
    assert_eq!(farm.sealed.len(), 2, "its sums are written each time it ends");
    farm.restarts();
}

#[test]
fn a_retry_is_for_what_has_failed() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    let records = farm.journal.len();
    farm.happens(Event::Retry(id));
    assert_eq!(farm.journal.len(), records, "nothing has");
    farm.happens(Event::Kill(id));
    assert_eq!(farm.tries(Event::Retry(id)), Err(Refusal::JobEnded { job: id, state: JobState::Killed }));
    assert_eq!(farm.tries(Event::Retry(JobId(9))), Err(Refusal::UnknownJob(JobId(9))));
}

#[test]
fn a_job_moves_in_the_queue() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("first", "1-3"));
    let second = farm.submits(job("second", "1"));
    farm.happens(Event::SetPriority { job: second, priority: 3 });
    assert_eq!(farm.order(), ["second", "first"]);
    assert_eq!(farm.job(second).priority, 3);
    farm.finishes_one("a");
    assert_eq!(farm.job(second).frames_running, 1);
    farm.restarts();
    assert_eq!(farm.order(), ["second", "first"]);
    let refusal = farm.tries(Event::SetPriority { job: second, priority: 101 }).unwrap_err();
    assert!(matches!(refusal, Refusal::Faults(_)), "{refusal}");
    farm.submits_under("key-2", job("second", "1")).unwrap();
    assert_eq!(farm.schedule.jobs().len(), 2, "it is the same job though it was moved");
}

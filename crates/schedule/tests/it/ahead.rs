//! Leases ahead: a slot that does short frames has the next ones before it is done, at nobody's cost.

use model::{FrameState, JobDescription, JobId, JobState, LEASE_MS, LeaseId, RenderToSchedule, SlotNeed};
use schedule::Event;

use crate::farm::{Farm, farm, job, with_priority};

/// A farm of one slot, on which one frame of a job has taken `pace_ms`.
fn farm_at_pace(pace_ms: u64, description: JobDescription) -> (Farm, JobId) {
    let mut farm = farm();
    farm.pace_ms = pace_ms;
    farm.links("a", 1);
    let id = farm.submits(description);
    farm.finishes_one("a");
    (farm, id)
}

#[test]
fn so_much_is_leased_ahead_as_is_done_in_a_quarter_of_a_second() {
    for (pace_ms, leases) in [(0, 32), (1, 32), (10, 26), (100, 3), (2_000, 2), (9_999, 2), (10_000, 1)] {
        let (farm, _) = farm_at_pace(pace_ms, job("job", "1-100"));
        assert_eq!(farm.held("a").len(), leases, "frames of {pace_ms} ms");
    }
}

#[test]
fn what_is_ahead_waits_as_people_see_it() {
    let (mut farm, id) = farm_at_pace(100, job("job", "1-10"));
    assert_eq!(farm.held("a"), [2, 3, 4]);
    let view = farm.job(id);
    assert_eq!((view.frames_done, view.frames_running, view.frames_waiting), (1, 1, 8));
    let step = &view.steps[0];
    assert_eq!((step.frames_running, step.frames_waiting), (1, 8), "step by step as well");
    assert_eq!(view.running.iter().map(|frame| frame.number).collect::<Vec<_>>(), [2]);
    assert_eq!(farm.frame(id, 3).state, FrameState::Waiting);
    let second = *farm.hosts["a"].held.keys().nth(1).unwrap();
    farm.says("a", RenderToSchedule::Started { lease: second });
    assert_eq!(farm.frame(id, 3).state, FrameState::Running, "the report of the one before is on its way");
    farm.finishes_one("a");
    assert_eq!(farm.frame(id, 3).state, FrameState::Running);
    farm.everything_is_rendered();
    assert_eq!(farm.job(id).state, JobState::Done);
    assert!(farm.schedule.frames(id).unwrap().iter().all(|frame| frame.attempts == 1));
}

#[test]
fn nothing_goes_ahead_where_amounts_are_limited() {
    let mut wide = job("job", "1-10");
    wide.steps[0].slots = SlotNeed::Whole;
    let mut limited = job("job", "1-10");
    limited.steps[0].limits.insert("licence".to_owned(), 1);
    let slots = JobDescription { slots_max: Some(1), ..job("job", "1-10") };
    let hosts = JobDescription { hosts_max: Some(1), ..job("job", "1-10") };
    for description in [wide, limited, slots, hosts] {
        let mut farm = farm();
        farm.happens(Event::SetLimit { name: "licence".to_owned(), amount: Some(9), per_host: None });
        farm.pace_ms = 10;
        farm.links("a", 1);
        farm.submits(description);
        farm.finishes_one("a");
        assert_eq!(farm.held("a"), [2]);
    }
}

#[test]
fn free_slots_are_served_before_anything_goes_ahead() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    farm.pace_ms = 1_000;
    farm.submits(job("job", "1-4"));
    farm.finishes_one("a");
    assert_eq!((farm.held("a"), farm.held("b")), (vec![3, 4], vec![2]));
    farm.finishes_one("b");
    assert_eq!((farm.held("a"), farm.held("b")), (vec![3], vec![4]), "b had nothing to do");
    assert!(farm.schedule.jobs()[0].attempts_failed == 0);
}

#[test]
fn no_job_shows_more_running_than_there_are_slots() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    farm.pace_ms = 1;
    let mut description = job("job", "1-99");
    description.steps[0].chunk = 2;
    let id = farm.submits(description);
    farm.finishes_one("a");
    farm.finishes_one("a");
    let view = farm.job(id);
    assert!(farm.held("a").len() > 40, "most of it stands in line");
    let step = &view.steps[0];
    assert_eq!((view.frames_running, step.frames_running), (4, 4));
    assert_eq!((view.frames_waiting, step.frames_waiting), (91, 91));
}

#[test]
fn a_hold_takes_back_what_has_not_begun() {
    let (mut farm, id) = farm_at_pace(100, job("job", "1-10"));
    farm.happens(Event::Hold(id));
    assert_eq!(farm.held("a"), [2]);
    assert_eq!(farm.frame(id, 3).attempts, 0, "it cost the frame nothing");
    farm.happens(Event::Release(id));
    farm.finishes_one("a");
    assert_eq!(farm.held("a").first(), Some(&3));
}

#[test]
fn a_hold_is_heard_of_after_a_torn_link_too() {
    let (mut farm, id) = farm_at_pace(100, job("job", "1-10"));
    farm.loses_link("a");
    farm.happens(Event::Hold(id));
    assert_eq!(farm.held("a"), [2, 3, 4]);
    farm.links("a", 1);
    assert_eq!(farm.held("a"), [2]);
}

#[test]
fn an_urgent_job_takes_back_what_is_ahead() {
    let (mut farm, low) = farm_at_pace(100, job("low", "1-10"));
    let urgent = farm.submits(with_priority(1, job("urgent", "1")));
    assert_eq!(farm.held("a"), [2]);
    farm.finishes_one("a");
    assert_eq!((farm.job(urgent).frames_running, farm.job(low).frames_running), (1, 0));
}

#[test]
fn a_job_that_waits_for_its_turn_gets_the_slot() {
    let (mut farm, _) = farm_at_pace(100, job("first", "1-4"));
    let other = farm.submits(JobDescription { user: "bob".to_owned(), ..job("other", "1-4") });
    farm.finishes_one("a");
    farm.finishes_one("a");
    farm.finishes_one("a");
    assert_eq!(farm.job(other).frames_running, 1);
}

#[test]
fn a_job_killed_with_leases_ahead_leaves_none() {
    let (mut farm, id) = farm_at_pace(10, job("job", "1-100"));
    farm.happens(Event::Kill(id));
    assert_eq!(farm.held("a"), [] as [i64; 0]);
    assert_eq!(farm.job(id).state, JobState::Killed);
}

#[test]
fn lines_survive_a_restart() {
    let (mut farm, id) = farm_at_pace(100, job("job", "1-10"));
    farm.restarts();
    farm.links("a", 1);
    assert_eq!(farm.held("a"), [2, 3, 4]);
    farm.everything_is_rendered();
    assert!(farm.schedule.frames(id).unwrap().iter().all(|frame| frame.attempts == 1));
}

#[test]
fn a_host_that_is_lost_loses_its_whole_line() {
    let (mut farm, id) = farm_at_pace(100, job("job", "1-4"));
    farm.dies("a");
    farm.links("b", 1);
    farm.after_ms(LEASE_MS);
    assert_eq!(farm.held("b").first(), Some(&2));
    farm.everything_is_rendered();
    let view = farm.job(id);
    assert_eq!((view.state, view.attempts_failed), (JobState::Done, 0));
}

#[test]
fn a_start_of_a_lease_that_never_was_is_refused() {
    let (mut farm, _) = farm_at_pace(100, job("job", "1-4"));
    let link = farm.hosts["a"].link.unwrap();
    let lease = LeaseId(99);
    let message = RenderToSchedule::Started { lease };
    let refusal = farm.tries(Event::HostSpoke { link, message }).unwrap_err();
    assert_eq!(refusal, schedule::Refusal::StaleLease(lease));
}

#[test]
fn a_slot_goes_on_while_what_it_rendered_is_collected() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("long", "1-5"));
    assert_eq!(farm.held("a"), [1], "nothing is known of how long a frame takes");
    let first = farm.hosts["a"].held.values().next().unwrap().clone();
    farm.says("a", RenderToSchedule::Rendered { lease: first.lease });
    assert_eq!(farm.held("a"), [1, 2]);
    farm.says("a", RenderToSchedule::Rendered { lease: first.lease });
    assert_eq!(farm.held("a"), [1, 2], "once");
    let second = farm.hosts["a"].held.values().nth(1).unwrap().clone();
    farm.says("a", RenderToSchedule::Rendered { lease: second.lease });
    assert_eq!(farm.held("a"), [1, 2, 3]);
    farm.ends_lease("a", &second);
    assert_eq!(farm.held("a"), [1, 3], "what is collected may come home in any order");
    assert_eq!(farm.frame(id, 2).state, FrameState::Done);
    farm.happens(Event::Kill(id));
    assert_eq!(farm.held("a"), [] as [i64; 0]);
}

//! Frames that take several slots of a host: they get them together, and nobody keeps them from it.

use model::{JobDescription, JobState, SlotNeed};
use schedule::Event;

use crate::farm::{Farm, job, with_priority};

fn wide(name: &str, frames: &str, slots: SlotNeed) -> JobDescription {
    let mut description = job(name, frames);
    description.steps[0].slots = slots;
    description
}

fn timed(max_ms: u64, mut description: JobDescription) -> JobDescription {
    description.steps[0].times.max_ms = Some(max_ms);
    description
}

/// Slots that each frame held by a host takes.
fn slots(farm: &Farm, host: &str) -> Vec<usize> {
    farm.hosts[host].held.values().map(|grant| 1 + grant.also.len()).collect()
}

#[test]
fn a_frame_takes_its_slots_of_one_host() {
    let mut farm = Farm::with_hosts(&[("a", 4), ("b", 2)]);
    let id = farm.submits(wide("wide", "1-3", SlotNeed::Count(2)));
    assert_eq!((slots(&farm, "a"), slots(&farm, "b")), (vec![2, 2], vec![2]));
    assert_eq!(farm.held("b"), [1], "the smallest gap that is large enough goes first");
    farm.everything_is_rendered();
    assert_eq!(farm.job(id).state, JobState::Done);
}

#[test]
fn a_frame_may_take_a_host_whole() {
    let mut farm = Farm::with_hosts(&[("a", 3)]);
    let id = farm.submits(wide("wide", "1-2", SlotNeed::Whole));
    assert_eq!((farm.held("a"), slots(&farm, "a")), (vec![1], vec![3]));
    assert_eq!(farm.waits_because(id), "a is being cleared for it: 0 of 3 slots free");
    farm.finishes_one("a");
    assert_eq!(farm.held("a"), [2]);
}

#[test]
fn a_frame_that_no_host_is_large_enough_for_says_so() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let id = farm.submits(wide("wide", "1", SlotNeed::Count(3)));
    assert_eq!(farm.waits_because(id), "a frame takes 3 slots and the largest host that matches has 2");
}

#[test]
fn small_frames_do_not_starve_it() {
    let mut farm = Farm::with_hosts(&[("a", 2), ("b", 2)]);
    farm.submits(job("small", "1-1000"));
    let wide = farm.submits(wide("wide", "1", SlotNeed::Count(2)));
    for _ in 0..3 {
        farm.after_ms(1_000);
        farm.finishes_one("a");
        farm.finishes_one("b");
    }
    assert_eq!(farm.held("a"), [1], "the wide frame has both slots: {}", farm.waits_because(wide));
    farm.finishes_one("a");
    assert_eq!(farm.job(wide).state, JobState::Done);
    assert_eq!(slots(&farm, "a"), [1, 1], "and then it goes on as before");
}

#[test]
fn the_first_slot_that_gets_free_is_kept_for_an_urgent_one() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    farm.submits(job("small", "1-10"));
    let wide = farm.submits(with_priority(1, wide("wide", "1", SlotNeed::Whole)));
    farm.after_ms(1_000);
    farm.finishes_one("a");
    assert_eq!(slots(&farm, "a"), [1]);
    farm.finishes_one("a");
    assert_eq!(farm.job(wide).frames_running, 1);
}

#[test]
fn amounts_hold_while_frames_are_published() {
    let mut farm = Farm::with_hosts(&[("a", 2), ("b", 2)]);
    let id = farm.submits(JobDescription { hosts_max: Some(1), slots_max: Some(2), ..job("job", "1-9") });
    assert_eq!((farm.held("a").len(), farm.held("b").len()), (2, 0));
    farm.storage_trouble = Some("disk full".to_owned());
    farm.finishes_one("a");
    assert_eq!((farm.held("a").len(), farm.held("b").len()), (1, 0));
    farm.storage_trouble = None;
    farm.after_ms(1_000);
    assert_eq!((farm.held("a").len(), farm.held("b").len()), (2, 0));
    assert_eq!(farm.job(id).frames_running, 2);
}

#[test]
fn what_is_over_in_time_fills_the_gap() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    farm.submits(timed(600_000, job("long", "1-2")));
    let wide = farm.submits(wide("wide", "1", SlotNeed::Count(2)));
    farm.finishes_one("a");
    let late = farm.submits(timed(900_000, job("late", "1")));
    let kept = format!("the free slots of a are kept for a frame of job {wide} that needs them together");
    assert_eq!(farm.waits_because(late), kept);
    let short = farm.submits(timed(50_000, job("short", "1")));
    let running = |farm: &Farm, id| farm.job(id).frames_running;
    assert_eq!((running(&farm, short), running(&farm, late)), (1, 0));
    assert_eq!(farm.waits_because(wide), "a is being cleared for it: 0 of 2 slots free");
}

#[test]
fn a_more_urgent_job_does_not_wait_for_it() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    farm.submits(job("small", "1-2"));
    farm.submits(wide("wide", "1", SlotNeed::Count(2)));
    farm.finishes_one("a");
    let urgent = farm.submits(with_priority(1, job("urgent", "1")));
    assert_eq!(farm.job(urgent).frames_running, 1);
}

#[test]
fn a_host_is_kept_no_longer_than_that_makes_sense() {
    for ending in ["kill", "hold", "die"] {
        let mut farm = Farm::with_hosts(&[("a", 2)]);
        farm.submits(job("small", "1-2"));
        let wide = farm.submits(wide("wide", "1", SlotNeed::Count(2)));
        farm.finishes_one("a");
        let next = farm.submits(timed(900_000, job("next", "1")));
        assert_eq!(farm.job(next).frames_running, 0, "the host is kept");
        match ending {
            "kill" => farm.happens(Event::Kill(wide)),
            "hold" => farm.happens(Event::Hold(wide)),
            _ => {
                farm.links("b", 2);
                farm.dies("a");
                assert_eq!(farm.job(wide).frames_running, 1, "another host will do");
                continue;
            }
        }
        assert_eq!(farm.job(next).frames_running, 1, "after {ending}");
    }
}

#[test]
fn a_job_keeps_to_its_slots_and_hosts() {
    let mut farm = Farm::with_hosts(&[("a", 2), ("b", 2)]);
    let slots = farm.submits(JobDescription { slots_max: Some(3), ..job("slots", "1-9") });
    assert_eq!(farm.job(slots).frames_running, 3);
    assert_eq!(farm.waits_because(slots), "the job holds the 3 slots it may");
    farm.happens(Event::Kill(slots));
    let mut farm = Farm::with_hosts(&[("a", 2), ("b", 2)]);
    let hosts = farm.submits(JobDescription { hosts_max: Some(1), ..job("hosts", "1-9") });
    assert_eq!(farm.job(hosts).frames_running, 2);
    assert_eq!(farm.waits_because(hosts), "the job runs on the 1 host it may");
}

#[test]
fn slots_held_together_survive_a_restart() {
    let mut farm = Farm::with_hosts(&[("a", 3)]);
    let id = farm.submits(wide("wide", "1-2", SlotNeed::Count(2)));
    farm.restarts();
    farm.links("a", 3);
    let small = farm.submits(job("small", "1"));
    assert_eq!(farm.job(small).frames_running, 0, "a is being cleared");
    farm.everything_is_rendered();
    assert_eq!((farm.job(id).state, farm.job(small).state), (JobState::Done, JobState::Done));
}

//! The queue: order of jobs, the same job twice, spreading, slots left over, very many frames.

use model::{Faults, JobState};
use schedule::Refusal;

use crate::farm::{Farm, farm, job, with_priority, with_tag};

#[test]
fn a_job_of_priority_3_goes_between_one_of_2_and_one_of_5() {
    let mut farm = farm();
    farm.submits(with_priority(5, job("five", "1")));
    farm.submits(with_priority(2, job("two", "1")));
    farm.submits(with_priority(3, job("three", "1")));
    farm.submits(with_priority(2, job("two again", "1")));
    assert_eq!(farm.order(), ["two", "two again", "three", "five"]);
}

#[test]
fn jobs_move_up_when_one_is_done() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let first = farm.submits(job("first", "1"));
    farm.submits(job("second", "1"));
    farm.finishes_one("a");
    assert_eq!(farm.order(), ["second", "first"]);
    assert_eq!(farm.job(first).state, JobState::Done);
    assert_eq!(farm.hosts["a"].held.values().next().unwrap().frame.job.0, 2);
}

#[test]
fn frames_start_in_the_order_of_priority() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("busy", "1"));
    let late = farm.submits(with_priority(5, job("late", "1")));
    let early = farm.submits(with_priority(2, job("early", "1")));
    farm.finishes_one("a");
    assert_eq!(farm.job(early).frames_running, 1);
    farm.finishes_one("a");
    assert_eq!(farm.job(late).frames_running, 1);
}

#[test]
fn the_same_key_is_the_same_job() {
    let mut farm = farm();
    let id = farm.submits(job("once", "1-3"));
    let records = farm.journal.len();
    farm.submits_under("key-1", job("once", "1-3")).unwrap();
    assert_eq!(farm.schedule.job_with_key("key-1"), Some(id));
    assert_eq!((farm.schedule.jobs().len(), farm.journal.len()), (1, records));
}

#[test]
fn the_same_key_for_another_job_is_refused() {
    let mut farm = farm();
    let id = farm.submits(job("once", "1-3"));
    let refusal = farm.submits_under("key-1", job("another", "1-3")).unwrap_err();
    assert_eq!(refusal, Refusal::KeyTaken { key: "key-1".to_owned(), job: id });
}

#[test]
fn a_description_with_faults_is_refused_whole() {
    let mut farm = farm();
    let faulty = with_priority(101, job("", "1"));
    let Err(Refusal::Faults(Faults(faults))) = farm.submits_under("key", faulty) else {
        panic!("it was taken");
    };
    assert_eq!(faults.len(), 2);
    assert!(farm.journal.is_empty());
}

#[test]
fn frames_of_one_job_spread_over_hosts() {
    let mut farm = Farm::with_hosts(&[("a", 2), ("b", 4), ("c", 2)]);
    farm.submits(job("spread", "1-5"));
    // Most free first, then round and round.
    assert_eq!(farm.held("b"), [1, 4]);
    assert_eq!(farm.held("a"), [2, 5]);
    assert_eq!(farm.held("c"), [3]);
}

#[test]
fn the_next_job_starts_with_the_slots_left_over() {
    let mut farm = Farm::with_hosts(&[("a", 2), ("b", 2)]);
    let first = farm.submits(job("first", "1-3"));
    let second = farm.submits(job("second", "1-3"));
    assert_eq!(farm.job(first).frames_running, 3);
    assert_eq!(farm.job(second).frames_running, 1);
    assert_eq!(farm.job(second).state, JobState::Active);
}

#[test]
fn a_job_that_no_host_matches_lets_the_next_one_pass() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.hosts.get_mut("a").unwrap().unsuitable = true;
    farm.submits(with_tag("big", job("first", "1")));
    farm.hosts.get_mut("a").unwrap().unsuitable = false;
    let second = farm.submits(job("second", "1"));
    assert_eq!(farm.job(second).frames_running, 1);
}

#[test]
fn a_list_is_asked_for_once_for_many_jobs_and_frames() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    for _ in 0..20 {
        farm.submits(job("job", "1-20"));
    }
    farm.everything_is_rendered();
    assert_eq!(farm.asks, 1);
}

#[test]
fn a_cold_farm_is_filled_in_several_passes() {
    let names: Vec<String> = (0..140).map(|n| format!("host{n:03}")).collect();
    let hosts: Vec<(&str, u16)> = names.iter().map(|name| (name.as_str(), 16)).collect();
    let mut farm = Farm::with_hosts(&hosts);
    let passes = farm.passes;
    let id = farm.submits(job("all", "1-3000"));
    assert_eq!(farm.job(id).frames_running, 2_240);
    assert!(farm.passes - passes >= 3, "1,024 leases are the most for one pass");
}

#[test]
fn a_million_frames_are_one_record() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let id = farm.submits(job("film", "1-1000000"));
    assert_eq!(farm.held("a"), [1, 2]);
    assert_eq!(farm.finishes_one("a"), 1);
    assert_eq!(farm.held("a"), [2, 3]);
    assert_eq!(farm.job(id).frames_waiting, 999_997);
    let snapshot = serde_json::to_string(&farm.schedule).unwrap();
    assert!(snapshot.len() < 5_000, "equal states are runs in a snapshot: {} bytes", snapshot.len());
    assert_eq!(serde_json::from_str::<schedule::Schedule>(&snapshot).unwrap(), farm.schedule);
}

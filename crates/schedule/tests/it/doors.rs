//! Hosts that take no frames for now: nothing new goes there, what runs goes on, and nothing is held against
//! them when they open again.

use model::{FailureClass, FrameState, HostOrder, HostVerb, JobState, SlotNeed, WaitingReason};
use schedule::{Event, Refusal};

use crate::farm::{Farm, failed, job};

const NONE: [i64; 0] = [];

#[test]
fn a_closed_host_finishes_what_it_has_and_gets_no_more() {
    let mut farm = Farm::with_hosts(&[("a", 2), ("b", 1)]);
    let id = farm.submits(job("job", "1-9"));
    farm.closes("a");
    assert_eq!(farm.held("a"), [1, 3], "what runs goes on");
    farm.finishes_one("a");
    farm.finishes_one("b");
    assert_eq!((farm.held("a"), farm.held("b")), (vec![3], vec![4]));
    farm.opens("a");
    assert_eq!(farm.held("a"), [3, 5], "it takes part at once");
    farm.everything_is_rendered();
    assert_eq!(farm.job(id).state, JobState::Done);
}

#[test]
fn a_host_may_come_closed_and_stays_so_through_a_restart_of_the_schedule_server() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "1-3"));
    farm.loses_link("a");
    farm.closes("a");
    farm.links("a", 1);
    assert_eq!(farm.held("a"), [1]);
    farm.restarts();
    farm.links("a", 1);
    farm.finishes_one("a");
    assert_eq!(farm.held("a"), NONE);
    farm.opens("a");
    assert_eq!(farm.held("a"), [2]);
}

#[test]
fn people_are_told_that_the_hosts_are_closed() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    farm.closes("a");
    let id = farm.submits(job("job", "1-3"));
    assert_eq!(farm.waits_because(id), "the only matching slot is busy");
    farm.closes("b");
    assert_eq!(farm.waits_because(id), "all 2 linked hosts that match take no frames; a: its owner is back");
    let why = &farm.schedule.why(id).unwrap()[0].reason;
    assert!(matches!(why, WaitingReason::HostsClosed { hosts: 2, .. }), "{why:?}");
    farm.dies("b");
    assert_eq!(
        farm.waits_because(id),
        "the only linked host that matches takes no frames: a: its owner is back"
    );
}

#[test]
fn what_a_closing_host_gives_back_costs_nothing() {
    let mut farm = Farm::with_hosts(&[("a", 2), ("b", 1)]);
    let id = farm.submits(job("job", "1-3"));
    farm.closes("a");
    farm.ends("a", |_| failed(FailureClass::GivenBack, "its owner is back"));
    farm.refuses_one("a");
    let view = farm.job(id);
    assert_eq!((view.attempts_failed, view.frames_waiting), (0, 2));
    farm.opens("a");
    assert_eq!(farm.held("a"), [1, 3], "and the host is not left alone for it");
    assert_eq!(farm.frame(id, 1).history[0].outcome, "given_back");
}

#[test]
fn a_host_that_refused_before_it_closed_is_not_left_alone_when_it_opens() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "1-3"));
    farm.refuses_one("a");
    assert_eq!(farm.held("a"), NONE);
    farm.closes("a");
    farm.opens("a");
    assert_eq!(farm.held("a"), [1]);
}

#[test]
fn what_has_not_begun_on_a_closed_host_goes_elsewhere() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.pace_ms = 100;
    let id = farm.submits(job("job", "1-9"));
    farm.finishes_one("a");
    assert_eq!(farm.held("a"), [2, 3, 4]);
    farm.closes("a");
    assert_eq!(farm.held("a"), [2]);
    assert_eq!(farm.frame(id, 3).attempts, 0, "it cost the frame nothing");
    farm.links("b", 1);
    assert_eq!(farm.held("b").first(), Some(&3));
}

#[test]
fn what_has_not_begun_is_asked_back_again_where_the_door_closed_without_a_link() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.pace_ms = 100;
    farm.submits(job("job", "1-9"));
    farm.finishes_one("a");
    farm.loses_link("a");
    farm.closes("a");
    assert_eq!(farm.held("a"), [2, 3, 4]);
    farm.links("a", 1);
    assert_eq!(farm.held("a"), [2]);
}

#[test]
fn what_has_not_begun_on_a_host_that_is_set_aside_goes_elsewhere() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    farm.pace_ms = 100;
    let id = farm.submits(job("job", "1-50"));
    for _ in 0..4 {
        farm.finishes_one("b");
        farm.finishes_one("a");
    }
    assert!(farm.held("a").len() > 1);
    for _ in 0..3 {
        farm.fails_one("a");
        farm.finishes_one("b");
    }
    let aside: Vec<_> = farm.schedule.set_aside().into_iter().map(|one| (one.host.0, one.job)).collect();
    assert_eq!(aside, [("a".to_owned(), Some(id))]);
    assert_eq!(farm.held("a").len(), 1, "what runs goes on");
}

#[test]
fn a_closed_host_is_not_cleared_for_a_wide_frame() {
    let mut farm = Farm::with_hosts(&[("a", 2), ("b", 2)]);
    farm.submits(job("small", "1-50"));
    let mut wide = job("wide", "1");
    wide.steps[0].slots = SlotNeed::Count(2);
    let wide = farm.submits(wide);
    farm.finishes_one("a");
    assert!(farm.waits_because(wide).starts_with("a is being cleared"), "{}", farm.waits_because(wide));
    farm.closes("a");
    farm.finishes_one("b");
    assert!(farm.waits_because(wide).starts_with("b is being cleared"), "{}", farm.waits_because(wide));
    for _ in 0..2 {
        farm.after_ms(1_000);
        farm.finishes_one("b");
    }
    assert_eq!(farm.held("b"), [1], "the wide frame has both slots");
}

#[test]
fn the_only_host_that_is_open_gets_what_failed_there() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.closes("b");
    farm.fails_one("a");
    farm.after_ms(5_000);
    assert_eq!((farm.held("a"), farm.frame(id, 1).state), (vec![1], FrameState::Running));
}

#[test]
fn orders_go_to_the_host_that_is_linked() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let order = HostOrder { verb: HostVerb::Stop, now: true, by: "ada".to_owned() };
    let to = |host: &str| Event::OrderHost { host: host.into(), order: order.clone() };
    farm.happens(to("a"));
    assert_eq!(farm.hosts["a"].orders, std::slice::from_ref(&order));
    assert_eq!(farm.tries(to("b")), Err(Refusal::UnknownHost("b".into())));
    farm.loses_link("a");
    let refused = farm.tries(to("a")).unwrap_err();
    assert_eq!(refused, Refusal::HostNotLinked("a".into()));
    assert!(refused.to_string().starts_with("render host a is not linked"), "{refused}");
}

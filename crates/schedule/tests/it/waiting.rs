//! Why frames wait, as people read it.

use model::{FailureClass, Rejection, ResourceToSchedule};
use schedule::Event;

use crate::farm::{Farm, failed, farm, job, with_tag};

#[test]
fn each_reason_has_its_sentence() {
    let mut farm = farm();
    let id = farm.submits(job("job", "1-4"));
    assert_eq!(farm.waits_because(id), "no render host is linked");

    farm.hosts.entry("a".to_owned()).or_default().unsuitable = true;
    farm.rejections = vec![
        Rejection { field: None, lacking: "no povray".to_owned(), hosts: 1 },
        Rejection { field: None, lacking: "memory below 16 GiB".to_owned(), hosts: 1 },
    ];
    farm.links("a", 2);
    farm.after_ms(10_000);
    assert_eq!(
        farm.waits_because(id),
        "no host matches: no povray (1 of 1 host), memory below 16 GiB (1 of 1 host)"
    );

    farm.hosts.get_mut("a").unwrap().unsuitable = false;
    farm.after_ms(2_000);
    assert_eq!(farm.waits_because(id), "all 2 matching slots are busy");

    farm.happens(Event::Hold(id));
    assert_eq!(farm.waits_because(id), "on hold until it is released");
    farm.happens(Event::Release(id));

    farm.everything_is_rendered();
    assert_eq!(farm.job(id).waiting_because, None);
}

#[test]
fn a_frame_that_waits_before_its_next_try_says_so() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let id = farm.submits(job("job", "7"));
    farm.fails_one("a");
    farm.fails_one("a");
    assert_eq!(farm.waits_because(id), "frame 7 is tried again after 2 s (2 of 3 tries have failed)");
}

#[test]
fn a_host_that_refuses_is_named() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.refuses_one("a");
    assert_eq!(farm.waits_because(id), "a takes no frame for now: the slot is not ready");
}

#[test]
fn the_resource_server_is_named_where_it_is_missing() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.happens(Event::ResourceUnlinked);
    let id = farm.submits(with_tag("fast", job("job", "1")));
    assert_eq!(farm.waits_because(id), "no resource server is linked, so it is not known which hosts match");
    farm.happens(Event::ResourceLinked);
    assert_eq!(farm.held("a"), [1]);
}

#[test]
fn a_farm_without_a_resource_server_goes_on_with_the_lists_it_had() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "1-3"));
    farm.happens(Event::ResourceUnlinked);
    farm.finishes_one("a");
    farm.ends("a", |_| failed(FailureClass::Frame, "no picture"));
    assert_eq!(farm.held("a"), [2]);
}

#[test]
fn what_was_known_of_hosts_is_remembered_for_the_next_job_alike() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "1"));
    farm.finishes_one("a");
    farm.happens(Event::ResourceUnlinked);
    let id = farm.submits(job("job", "1"));
    assert_eq!(farm.job(id).frames_running, 1);
}

#[test]
fn hosts_that_match_and_are_not_linked_are_counted() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    farm.hosts.get_mut("b").unwrap().unsuitable = true;
    let id = farm.submits(job("job", "1-2"));
    farm.dies("a");
    assert_eq!(farm.waits_because(id), "the only host that matches is not linked to the schedule server");
}

#[test]
fn only_idle_slots_make_it_ask_again() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "1-2"));
    let asks = farm.asks;
    farm.after_ms(60_000);
    assert_eq!(farm.asks, asks, "all slots are busy");
    farm.hosts.get_mut("a").unwrap().unsuitable = true;
    farm.finishes_one("a");
    farm.finishes_one("a");
    farm.submits(job("other", "1"));
    let asks = farm.asks;
    farm.after_ms(10_000);
    assert_eq!(farm.asks, asks + 5, "every 2 s while a slot is idle and no host matches");
}

#[test]
fn a_list_that_was_old_when_it_came_is_asked_for_again() {
    let mut farm = farm();
    farm.unanswered = Some(Vec::new());
    let id = farm.submits(job("job", "1"));
    let old = farm.list();
    farm.links("a", 1);
    assert_eq!(farm.unanswered, Some(vec![1]), "one ask at a time");
    assert_eq!(farm.waits_because(id), "the resource server is being asked which hosts match");
    farm.unanswered = None;
    farm.happens(Event::ResourceSpoke(ResourceToSchedule::List { ask: 1, list: old }));
    assert_eq!(farm.held("a"), [1]);
}

#[test]
fn an_ask_that_is_never_answered_is_repeated() {
    let mut farm = farm();
    farm.unanswered = Some(Vec::new());
    farm.submits(job("job", "1"));
    farm.links("a", 1);
    farm.after_ms(1_999);
    assert_eq!(farm.asks, 1);
    farm.unanswered = None;
    farm.after_ms(1);
    assert_eq!((farm.asks, farm.held("a")), (2, vec![1]));
}

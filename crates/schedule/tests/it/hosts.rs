//! Hosts that come, go, fall silent, come back and claim a name that is taken.

use model::{FrameState, HEARTBEAT_MS, HeldLease, LEASE_MS, LeaseId, RenderToSchedule, SlotIndex};

use crate::farm::{Farm, farm, job, reserving};

const NONE: [i64; 0] = [];

#[test]
fn a_lost_host_is_noticed_and_nothing_is_counted() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.dies("a");
    farm.links("b", 1);
    farm.after_ms(LEASE_MS - 1);
    assert_eq!(farm.held("b"), NONE);
    farm.after_ms(1);
    assert_eq!(farm.held("b"), [1]);
    let view = farm.job(id);
    assert_eq!((view.attempts_failed, view.frames_running), (0, 1));
    assert_eq!(farm.frame(id, 1).history[0].outcome, "host_lost");
}

#[test]
fn a_host_that_falls_silent_on_its_link_is_cut_off() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    farm.submits(job("job", "1-3"));
    assert_eq!((farm.held("a"), farm.held("b")), (vec![1], vec![2]));
    farm.hosts.get_mut("a").unwrap().silent = true;
    farm.after_ms(LEASE_MS);
    assert_eq!(farm.hosts["a"].link, None, "its link was closed");
    assert_eq!(farm.held("b"), [2]);
    farm.finishes_one("b");
    assert_eq!(farm.held("b"), [1], "what it had goes first");
}

#[test]
fn a_host_that_comes_back_in_time_keeps_its_frames() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let id = farm.submits(job("job", "1-3"));
    farm.loses_link("a");
    farm.after_ms(10_000);
    farm.links("a", 2);
    farm.after_ms(60_000);
    assert_eq!(farm.held("a"), [1, 2]);
    farm.everything_is_rendered();
    assert!(farm.schedule.frames(id).unwrap().iter().all(|frame| frame.attempts == 1));
}

#[test]
fn a_frame_that_ended_while_the_link_was_gone_is_not_rendered_again() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.loses_link("a");
    farm.finishes_one("a");
    farm.links("a", 1);
    let frame = farm.frame(id, 1);
    assert_eq!((frame.state, frame.attempts), (FrameState::Done, 1));
    assert!(farm.hosts["a"].outbox.is_empty());
}

#[test]
fn a_hello_that_omits_a_lease_loses_it_at_once() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let id = farm.submits(job("job", "1-2"));
    farm.loses_link("a");
    farm.hosts.get_mut("a").unwrap().held.remove(&LeaseId(1));
    farm.links("a", 2);
    assert_eq!(farm.held("a"), [2, 1], "frame 1 was leased again, frame 2 went on");
    assert_eq!(farm.frame(id, 1).attempts, 2);
    assert_eq!(farm.frame(id, 2).attempts, 1);
}

#[test]
fn a_new_link_of_the_same_installation_replaces_the_old_one() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "1-2"));
    let old = farm.hosts["a"].link.unwrap();
    farm.links("a", 1);
    assert_ne!(farm.hosts["a"].link, Some(old));
    assert_eq!(farm.held("a"), [1]);
    farm.finishes_one("a");
    assert_eq!(farm.held("a"), [2]);
}

#[test]
fn another_installation_under_a_linked_name_is_turned_away() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "1"));
    // The other one's messages reach this test as those of a host of its own.
    farm.hosts.entry("twin".to_owned()).or_default().link = Some(99);
    farm.hello("a", "other", 99, 4, Vec::new());
    let why = farm.hosts["twin"].turned_away.clone().unwrap();
    assert!(why.contains("--name") && why.contains("name a"), "{why}");
    assert_eq!(farm.hosts["twin"].link, None);
    assert_eq!(farm.held("a"), [1], "the first is left in peace");
}

#[test]
fn a_lease_that_its_host_never_mentions_is_lost() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.hosts.get_mut("a").unwrap().held.clear();
    farm.after_ms(LEASE_MS.next_multiple_of(HEARTBEAT_MS));
    assert_eq!(farm.frame(id, 1).attempts, 2, "the grant was lost on the way");
    assert_eq!(farm.held("a"), [1]);
}

#[test]
fn frames_that_take_long_are_left_alone_while_the_host_is_alive() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.after_ms(3_600_000);
    assert_eq!(farm.frame(id, 1).attempts, 1);
    assert_eq!(farm.held("a"), [1]);
}

#[test]
fn progress_shows_in_frame_and_job() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let id = farm.submits(job("job", "1-4"));
    farm.says("a", RenderToSchedule::Started { lease: LeaseId(1) });
    farm.says("a", RenderToSchedule::Progress { lease: LeaseId(1), permille: 400 });
    assert_eq!(farm.frame(id, 1).progress_permille, 400);
    assert_eq!(farm.job(id).progress_permille, 100);
    farm.finishes_one("a");
    let view = farm.job(id);
    assert_eq!(view.progress_permille, 250);
    assert_eq!(view.running.iter().map(|frame| frame.number).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn fewer_slots_after_a_restart_of_the_host_are_respected() {
    let mut farm = Farm::with_hosts(&[("a", 3)]);
    farm.submits(job("job", "1-9"));
    farm.dies("a");
    farm.links("a", 1);
    assert_eq!(farm.held("a").len(), 1);
}

#[test]
fn a_hello_again_on_a_link_that_stands_ends_nothing() {
    let mut farm = farm();
    farm.links_with("a", 2, 8, 0);
    farm.submits(reserving(4, 0, job("job", "1-4")));
    let link = farm.hosts["a"].link.unwrap();
    farm.hosts.get_mut("a").unwrap().amounts.memory_bytes = 4;
    // The second grant was on its way when it was said.
    let held = vec![HeldLease { lease: LeaseId(1), slot: SlotIndex(0) }];
    farm.hello("a", "only", link, 2, held);
    assert_eq!(farm.hosts["a"].link, Some(link));
    assert_eq!(farm.held("a"), [1, 2]);
    farm.finishes_one("a");
    farm.finishes_one("a");
    assert_eq!(farm.held("a"), [3], "there is memory for one now");
}

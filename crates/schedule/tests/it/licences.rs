//! Frames that find no licence, and steps that are put off because of it.

use model::{FailureClass, JobState, SlotNeed};

use crate::farm::{Farm, failed, job};

fn finds_no_licence(farm: &mut Farm, host: &str) {
    farm.ends(host, |_| failed(FailureClass::Licence, "no licence for maya"));
}

#[test]
fn a_missing_licence_counts_nothing_and_puts_the_frame_off_for_longer_each_time() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    for seconds in [30, 60, 120, 300, 300] {
        finds_no_licence(&mut farm, "a");
        let why = format!("frame 1 is tried again after {seconds} s: no licence for maya");
        assert_eq!(farm.waits_because(id), why);
        farm.after_ms(seconds * 1_000 - 1);
        assert_eq!(farm.held("a"), [] as [i64; 0]);
        farm.after_ms(1);
        assert_eq!(farm.held("a"), [1]);
    }
    farm.finishes_one("a");
    assert_eq!((farm.job(id).state, farm.job(id).attempts_failed), (JobState::Done, 0));
    assert_eq!(farm.frame(id, 1).history[0].outcome, "licence");
}

#[test]
fn a_licence_server_that_has_none_is_not_asked_by_every_slot() {
    let mut farm = Farm::with_hosts(&[("a", 4), ("b", 4)]);
    let id = farm.submits(job("job", "1-100"));
    for host in ["a", "b"] {
        (0..4).for_each(|_| finds_no_licence(&mut farm, host));
    }
    assert_eq!(farm.job(id).frames_running, 0, "those under way with the first tell nothing more");
    assert_eq!(farm.waits_because(id), "frame 9 is tried again after 5 s: no licence for maya");
    farm.after_ms(5_000);
    assert_eq!(farm.job(id).frames_running, 1, "one shows whether there are some again");
    let host = if farm.held("a").is_empty() { "b" } else { "a" };
    finds_no_licence(&mut farm, host);
    farm.after_ms(9_999);
    assert_eq!(farm.job(id).frames_running, 0, "10 s this time");
    farm.after_ms(1);
    assert_eq!(farm.job(id).frames_running, 1);
    let other = farm.submits(job("other", "1-2"));
    assert_eq!(farm.job(other).frames_running, 2, "others go on");
    let host = if farm.held("a").contains(&10) { "a" } else { "b" };
    while farm.job(id).frames_done == 0 {
        farm.finishes_one(host);
    }
    assert!(farm.job(id).frames_running > 5, "there are licences");
}

#[test]
fn a_licence_is_tried_for_again_while_the_probe_runs_for_long() {
    let mut farm = Farm::with_hosts(&[("a", 4)]);
    let id = farm.submits(job("job", "1-100"));
    (0..4).for_each(|_| finds_no_licence(&mut farm, "a"));
    farm.after_ms(5_000);
    assert_eq!(farm.job(id).frames_running, 1);
    farm.after_ms(30_000);
    assert!(farm.job(id).frames_running > 1, "the first has got one, as it seems");
}

#[test]
fn out_of_memory_counts_and_the_frame_goes_to_another_host() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.links("b", 1);
    farm.ends("a", |_| failed(FailureClass::Memory, "povray ran out of memory"));
    assert_eq!((farm.held("b"), farm.job(id).attempts_failed), (vec![1], 1));
    assert_eq!(farm.frame(id, 1).history[0].outcome, "memory");
}

#[test]
fn a_host_that_is_too_small_is_no_other_that_could_take_a_frame() {
    let mut farm = Farm::with_hosts(&[("a", 2), ("b", 1)]);
    let mut wide = job("wide", "1");
    wide.steps[0].slots = SlotNeed::Count(2);
    let id = farm.submits(wide);
    farm.fails_one("a");
    assert_eq!(farm.held("a"), [1]);
    farm.finishes_one("a");
    assert_eq!(farm.job(id).state, JobState::Done);
}

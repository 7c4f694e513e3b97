//! Memory and GPUs of hosts: a frame gets what its step reserves, nobody gets it twice, and people are told
//! when it is that they wait for.

use model::{AmountKind, FrameState, JobState, SlotNeed, WaitingReason};
use schedule::Event;

use crate::farm::{Farm, farm, job, reserving, with_priority};

const GIB: u64 = 1 << 30;

/// What each frame held by a host holds of it: memory in GiB, and GPUs.
fn held(farm: &Farm, host: &str) -> Vec<(u64, Vec<u16>)> {
    let grants = farm.hosts[host].held.values();
    grants.map(|grant| (grant.memory_bytes / GIB, grant.gpus.clone())).collect()
}

#[test]
fn each_frame_has_gpus_of_its_own() {
    let mut farm = farm();
    farm.links_with("a", 4, 0, 2);
    let id = farm.submits(reserving(0, 1, job("gpu", "1-5")));
    assert_eq!(held(&farm, "a"), [(0, vec![0]), (0, vec![1])]);
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a"), [(0, vec![1]), (0, vec![0])]);
    farm.everything_is_rendered();
    assert_eq!(farm.job(id).state, JobState::Done);
}

#[test]
fn no_more_memory_is_given_than_there_is() {
    let mut farm = farm();
    farm.links_with("a", 8, 32 * GIB, 0);
    let id = farm.submits(reserving(12 * GIB, 0, job("large", "1-9")));
    assert_eq!(farm.held("a"), [1, 2]);
    let reason = WaitingReason::AmountTaken {
        amount: AmountKind::Memory,
        host: "a".into(),
        free: 8 * GIB,
        wanted: 12 * GIB,
    };
    assert_eq!(farm.schedule.why(id).unwrap()[0].reason, reason);
    assert_eq!(
        farm.waits_because(id),
        "a frame takes 12 GiB of memory and a, which has most of it left, has 8 GiB free"
    );
    farm.submits(job("small", "1-20"));
    assert_eq!(farm.held("a").len(), 8, "who needs none of it has the other slots");
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a").iter().filter(|(memory, _)| *memory == 12).count(), 2);
}

#[test]
fn what_no_host_has_is_told() {
    let mut farm = farm();
    farm.links_with("a", 4, 32 * GIB, 0);
    farm.links_with("b", 4, 16 * GIB, 2);
    let wants = |farm: &mut Farm, memory: u64, gpus: u16| {
        let id = farm.submits(reserving(memory * GIB, gpus, job("job", "1")));
        farm.waits_because(id)
    };
    let why = wants(&mut farm, 64, 0);
    assert_eq!(why, "a frame takes 64 GiB of memory and the largest host that matches has 32 GiB");
    assert_eq!(wants(&mut farm, 0, 3), "a frame takes 3 GPUs and the largest host that matches has 2");
    let why = wants(&mut farm, 32, 1);
    assert_eq!(why, "a frame takes 1 GPU and the largest host that matches has 0", "no host has both");
    assert_eq!(wants(&mut farm, 16, 1), "");
}

#[test]
fn gpus_are_left_for_those_who_need_them() {
    let mut farm = farm();
    farm.links_with("a", 2, 0, 2);
    farm.links_with("b", 4, 0, 0);
    farm.submits(job("cpu", "1-4"));
    assert_eq!((farm.held("a").len(), farm.held("b").len()), (0, 4));
    let gpu = farm.submits(reserving(0, 1, job("gpu", "1-2")));
    assert_eq!((farm.held("a").len(), farm.job(gpu).frames_running), (2, 2));
}

#[test]
fn what_needs_no_gpu_takes_the_hosts_that_have_some_all_the_same() {
    let mut farm = farm();
    farm.links_with("a", 2, 0, 2);
    farm.links_with("b", 1, 0, 0);
    farm.submits(job("cpu", "1-9"));
    assert_eq!((farm.held("a").len(), farm.held("b").len()), (2, 1));
}

#[test]
fn it_survives_a_restart_and_a_lost_link() {
    let mut farm = farm();
    farm.links_with("a", 4, 8 * GIB, 2);
    let id = farm.submits(reserving(2 * GIB, 1, job("gpu", "1-9")));
    farm.restarts();
    farm.links("a", 4);
    assert_eq!(held(&farm, "a"), [(2, vec![0]), (2, vec![1])], "what runs keeps its GPUs");
    farm.loses_link("a");
    farm.finishes_one("a");
    farm.links("a", 4);
    assert_eq!(held(&farm, "a"), [(2, vec![1]), (2, vec![0])]);
    let snapshot = serde_json::to_string(&farm.schedule).unwrap();
    assert_eq!(serde_json::from_str::<schedule::Schedule>(&snapshot).unwrap(), farm.schedule);
    assert_eq!(farm.job(id).frames_running, 2);
}

#[test]
fn a_host_that_has_less_than_before_keeps_what_runs() {
    let mut farm = farm();
    farm.links_with("a", 4, 8 * GIB, 2);
    let id = farm.submits(reserving(2 * GIB, 1, job("gpu", "1-9")));
    farm.loses_link("a");
    farm.links_with("a", 4, 2 * GIB, 1);
    assert_eq!(held(&farm, "a"), [(2, vec![0]), (2, vec![1])]);
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a"), [(2, vec![1])], "there is too little memory until it fits");
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a"), [(2, vec![0])]);
    assert_eq!(farm.job(id).frames_running, 1);
}

#[test]
fn nothing_goes_ahead_of_a_step_that_reserves() {
    let mut farm = farm();
    farm.pace_ms = 100;
    farm.links_with("a", 1, GIB, 1);
    farm.submits(reserving(0, 1, job("gpu", "1-9")));
    farm.finishes_one("a");
    assert_eq!(farm.held("a"), [2]);
}

#[test]
fn who_waits_for_a_gpu_keeps_nobody_else_from_going_ahead() {
    let mut farm = farm();
    farm.pace_ms = 100;
    farm.links_with("a", 2, 0, 1);
    farm.submits(with_priority(1, reserving(0, 1, job("gpu", "1-9"))));
    farm.submits(job("cpu", "1-9"));
    assert_eq!(held(&farm, "a"), [(0, vec![0]), (0, vec![])]);
    let first = *farm.hosts["a"].held.keys().nth(1).unwrap();
    let grant = farm.hosts["a"].held[&first].clone();
    farm.ends_lease("a", &grant);
    assert_eq!(held(&farm, "a").len(), 4, "three of the short ones stand in line");
}

#[test]
fn a_wide_frame_that_reserves_gets_a_host_that_is_cleared_of_both() {
    let mut farm = farm();
    farm.links_with("a", 4, 8 * GIB, 0);
    farm.links_with("b", 4, 2 * GIB, 0);
    farm.submits(reserving(2 * GIB, 0, job("small", "1-100")));
    let mut wide = reserving(6 * GIB, 0, job("wide", "1"));
    wide.steps[0].slots = SlotNeed::Count(2);
    let wide = farm.submits(with_priority(10, wide));
    let mut finished = 0;
    while farm.job(wide).frames_running == 0 {
        farm.after_ms(1_000);
        farm.finishes_one("a");
        finished += 1;
        assert!(finished < 6, "{}", farm.waits_because(wide));
    }
    assert!(
        farm.hosts["a"].held.values().any(|grant| grant.memory_bytes == 6 * GIB && grant.also.len() == 1)
    );
}

#[test]
fn what_dies_on_a_slot_keeps_its_gpu_until_it_is_gone() {
    let mut farm = farm();
    farm.links_with("a", 2, 0, 1);
    let first = farm.submits(reserving(0, 1, job("first", "1")));
    let second = farm.submits(reserving(0, 1, job("second", "1")));
    farm.happens(Event::Kill(first));
    assert_eq!(farm.frame(second, 1).state, FrameState::Waiting, "the process of the first is being ended");
    farm.is_alive("a");
    assert_eq!(farm.frame(second, 1).state, FrameState::Running);
}

#[test]
fn a_host_that_says_nothing_of_amounts_takes_frames_that_reserve_nothing() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let id = farm.submits(reserving(GIB, 0, job("large", "1")));
    let plain = farm.submits(job("plain", "1"));
    assert_eq!(
        farm.schedule.why(id).unwrap()[0].reason,
        WaitingReason::NoHostBigEnough { amount: AmountKind::Memory, wanted: GIB, largest: 0 }
    );
    assert_eq!(farm.job(plain).frames_running, 1);
}

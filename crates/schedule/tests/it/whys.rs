//! Why frames wait, step by step, and that it is what the pass does.

use model::{AmountKind, HostId, JobDescription, ResourceToSchedule, SlotNeed, Step, WaitingReason};
use schedule::{Event, Prospect};

use crate::farm::{Farm, job, with_priority};

fn reasons(farm: &Farm, id: model::JobId) -> Vec<WaitingReason> {
    farm.schedule.why(id).unwrap().into_iter().map(|why| why.reason).collect()
}

fn too_big(wanted: u64, largest: u64) -> WaitingReason {
    WaitingReason::NoHostBigEnough { amount: AmountKind::Slots, wanted, largest }
}

fn wide(slots: u16, mut job: JobDescription) -> JobDescription {
    job.steps[0].slots = SlotNeed::Count(slots);
    job
}

#[test]
fn each_step_has_its_reason() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let mut two = job("two", "1-3");
    let comp = Step { name: "comp".to_owned(), ..two.steps[0].clone() };
    two.steps.push(comp);
    two.steps[1].profile.add(model::Need::Tag("fast".to_owned()));
    let id = farm.submits(two);
    farm.happens(Event::Hold(id));
    let whys = farm.schedule.why(id).unwrap();
    let seen: Vec<_> = whys.iter().map(|why| (why.step.as_str(), why.frames_waiting)).collect();
    assert_eq!(seen, [("render", 2), ("comp", 3)]);
    assert!(whys.iter().all(|why| why.reason == WaitingReason::Held && why.sentence.starts_with("on hold")));
    assert_eq!(farm.schedule.why(model::JobId(99)), None);
}

#[test]
fn slots_and_hosts_that_the_job_may_have_are_named() {
    let mut farm = Farm::with_hosts(&[("a", 4), ("b", 4)]);
    let few = farm.submits(JobDescription { slots_max: Some(3), ..job("few", "1-9") });
    assert_eq!(reasons(&farm, few), [WaitingReason::SlotsMax { slots: 3 }]);
    let near =
        farm.submits(JobDescription { hosts_max: Some(1), user: "bob".to_owned(), ..job("near", "1-9") });
    assert_eq!(reasons(&farm, near), [WaitingReason::HostsMax { hosts: 1 }]);
}

#[test]
fn frames_that_are_too_wide_say_so_and_wide_ones_say_what_is_cleared_for_them() {
    let mut farm = Farm::with_hosts(&[("a", 4), ("b", 2)]);
    let huge = farm.submits(wide(8, job("huge", "1")));
    assert_eq!(reasons(&farm, huge), [too_big(8, 4)]);
    assert_eq!(
        farm.schedule.prospect(huge),
        Prospect::Bad("a frame takes 8 slots and the largest host that matches has 4".to_owned())
    );
    farm.submits(job("small", "1-6"));
    let large = farm.submits(with_priority(10, wide(4, job("large", "1"))));
    farm.finishes_one("a");
    let clearing = WaitingReason::Clearing { host: HostId::from("a"), free: 1, wanted: 4 };
    assert_eq!(reasons(&farm, large), [clearing]);
    let late = farm.submits(job("late", "1-6"));
    let reserved = WaitingReason::Reserved { host: HostId::from("a"), job: large };
    assert_eq!(reasons(&farm, late), [reserved]);
    for _ in 0..3 {
        farm.finishes_one("a");
    }
    assert_eq!(farm.job(large).frames_running, 1);
}

#[test]
fn hosts_that_are_set_aside_are_named() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    let id = farm.submits(job("job", "1-50"));
    for _ in 0..3 {
        farm.fails_one("a");
        farm.finishes_one("b");
    }
    let [WaitingReason::SetAside { hosts }] = &reasons(&farm, id)[..] else {
        panic!("{:?}", reasons(&farm, id))
    };
    assert_eq!((hosts.len(), hosts[0].host.0.as_str()), (1, "a"));
    assert!(farm.waits_because(id).starts_with("a is set aside: failed 3 frames of job 1 in a row"));
}

#[test]
fn what_no_host_can_do_is_told_at_submit_of_whichever_step() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let good = farm.submits(job("good", "1"));
    assert_eq!(farm.schedule.prospect(good), Prospect::Good);
    let mut two = job("two", "1");
    two.steps.push(Step { name: "comp".to_owned(), ..two.steps[0].clone() });
    two.steps[1].profile.add(model::Need::Tag("gpu".to_owned()));
    farm.hosts.get_mut("a").unwrap().unsuitable = true;
    farm.happens(Event::ResourceSpoke(ResourceToSchedule::Changed));
    let id = farm.submits(two);
    assert_eq!(farm.schedule.prospect(id), Prospect::Bad("step render: no host matches".to_owned()));
}

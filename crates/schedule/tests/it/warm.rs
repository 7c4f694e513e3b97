//! A step goes back to the slots where its session stands, unless somebody else goes first.

use model::{JobDescription, SlotIndex};

use crate::farm::{Farm, job};

/// The slots on which a host works on a job, with the frames.
fn seats(farm: &Farm, host: &str, id: model::JobId) -> Vec<(SlotIndex, i64)> {
    let held = farm.hosts[host].held.values().filter(|grant| grant.frame.job == id);
    held.map(|grant| (grant.slot, grant.number)).collect()
}

#[test]
fn the_slot_where_its_session_stands_is_taken_first() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let (left, right) = (farm.submits(job("left", "1-3")), farm.submits(job("right", "1-3")));
    assert_eq!(seats(&farm, "a", left), [(SlotIndex(0), 1), (SlotIndex(1), 2)]);
    farm.happens(schedule::Event::SetPriority { job: right, priority: 10 });
    farm.finishes_one("a");
    assert_eq!(seats(&farm, "a", right), [(SlotIndex(0), 1)], "who goes first gets what is free");
    farm.finishes_one("a");
    assert_eq!(seats(&farm, "a", right), [(SlotIndex(0), 1), (SlotIndex(1), 2)]);
}

#[test]
fn of_several_free_slots_each_step_gets_its_own_again() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let one_at_a_time = |name| JobDescription { slots_max: Some(1), ..job(name, "1-3") };
    let (left, right) = (farm.submits(one_at_a_time("left")), farm.submits(one_at_a_time("right")));
    assert_eq!(
        (seats(&farm, "a", left), seats(&farm, "a", right)),
        (vec![(SlotIndex(0), 1)], vec![(SlotIndex(1), 1)])
    );
    farm.happens(schedule::Event::Hold(left));
    farm.happens(schedule::Event::Hold(right));
    farm.finishes_one("a");
    farm.finishes_one("a");
    assert_eq!(farm.held("a"), [] as [i64; 0]);
    // It is the first to be given something, and both slots are free.
    farm.happens(schedule::Event::Release(right));
    assert_eq!(seats(&farm, "a", right), [(SlotIndex(1), 2)]);
    farm.happens(schedule::Event::Release(left));
    assert_eq!(seats(&farm, "a", left), [(SlotIndex(0), 2)]);
}

#[test]
fn a_host_that_was_lost_is_not_warm() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    let id = farm.submits(JobDescription { slots_max: Some(1), ..job("job", "1-4") });
    let first = if farm.held("a").is_empty() { "b" } else { "a" };
    let other = if first == "a" { "b" } else { "a" };
    farm.finishes_one(first);
    assert_eq!(seats(&farm, first, id).len(), 1, "its session stands there");
    farm.dies(first);
    farm.after_ms(model::LEASE_MS + 1_000);
    assert_eq!(seats(&farm, other, id).len(), 1);
    farm.links(first, 1);
    farm.finishes_one(other);
    assert_eq!(seats(&farm, other, id).len(), 1, "a host that comes back has no session");
}

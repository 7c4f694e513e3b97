//! Who gets slots inside one priority.

use model::{JobDescription, ShareView};
use schedule::{Event, Refusal};

use crate::farm::{Farm, job, with_priority};

fn by(user: &str, job: JobDescription) -> JobDescription {
    JobDescription { user: user.to_owned(), ..job }
}

fn of(group: &str, job: JobDescription) -> JobDescription {
    JobDescription { group: Some(group.to_owned()), ..job }
}

#[test]
fn an_artist_who_comes_late_is_not_starved() {
    let mut farm = Farm::with_hosts(&[("a", 4)]);
    let first = farm.submits(by("ada", job("long", "1-100")));
    let second = farm.submits(by("bob", job("short", "1-3")));
    assert_eq!(farm.waits_because(first), "ada has 4 slots and others of the same priority go first");
    assert_eq!(farm.waits_because(second), "all 4 matching slots are busy");
    farm.finishes_one("a");
    assert_eq!(farm.job(second).frames_running, 1);
    farm.finishes_one("a");
    assert_eq!((farm.job(first).frames_running, farm.job(second).frames_running), (2, 2), "half and half");
    farm.finishes_one("a");
    assert_eq!(farm.job(first).frames_running, 2);
    farm.everything_is_rendered();
}

#[test]
fn one_artist_alone_is_served_in_the_order_of_arrival() {
    let mut farm = Farm::with_hosts(&[("a", 4)]);
    let first = farm.submits(by("ada", job("first", "1-6")));
    let second = farm.submits(by("ada", job("second", "1-6")));
    for _ in 0..2 {
        farm.finishes_one("a");
    }
    assert_eq!((farm.job(first).frames_running, farm.job(second).frames_running), (4, 0));
}

#[test]
fn groups_share_first_and_users_in_them() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let busy = farm.submits(by("zoe", job("busy", "1")));
    let ids = [("film", "ada"), ("film", "bob"), ("game", "eve")]
        .map(|(group, user)| farm.submits(of(group, by(user, job(user, "1-100")))));
    farm.links("b", 8);
    assert_eq!(ids.map(|id| farm.job(id).frames_running), [2, 2, 4]);
    assert_eq!(farm.job(busy).frames_running, 1);
}

#[test]
fn weights_are_set_seen_and_kept() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(by("zoe", job("busy", "1")));
    farm.happens(Event::SetShare { name: "ada".to_owned(), weight: 3 });
    let ids = ["ada", "bob"].map(|user| farm.submits(by(user, job(user, "1-100"))));
    farm.links("b", 8);
    assert_eq!(ids.map(|id| farm.job(id).frames_running), [6, 2]);
    let view = |name: &str, weight, slots| ShareView { name: name.to_owned(), weight, slots };
    assert_eq!(farm.schedule.shares(), [view("ada", 3, 6), view("bob", 1, 2), view("zoe", 1, 1)]);
    farm.restarts();
    farm.happens(Event::SetShare { name: "ada".to_owned(), weight: 1 });
    assert_eq!(farm.schedule.shares()[0].weight, 1);
    let nothing = Event::SetShare { name: "ada".to_owned(), weight: 0 };
    assert!(matches!(farm.tries(nothing), Err(Refusal::Faults(_))));
}

#[test]
fn shares_count_inside_a_priority_only() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    farm.submits(with_priority(50, by("ada", job("usual", "1-100"))));
    let urgent = farm.submits(with_priority(10, by("ada", job("urgent", "1-100"))));
    let late = farm.submits(with_priority(10, by("bob", job("late", "1-100"))));
    farm.finishes_one("a");
    farm.finishes_one("a");
    assert_eq!((farm.job(urgent).frames_running, farm.job(late).frames_running), (1, 1));
}

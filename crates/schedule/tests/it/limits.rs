//! Limits of the farm and of each host.

use model::{JobDescription, LimitView, PathRule, Platform};
use schedule::{Event, Refusal};

use crate::farm::{Farm, farm, job};

fn set(farm: &mut Farm, name: &str, amount: Option<u32>, per_host: Option<u32>) {
    farm.happens(Event::SetLimit { name: name.to_owned(), amount, per_host });
}

fn with_limit(name: &str, wanted: u32, mut job: JobDescription) -> JobDescription {
    job.steps[0].limits.insert(name.to_owned(), wanted);
    job
}

fn running(farm: &Farm) -> usize {
    farm.hosts.values().map(|host| host.held.len()).sum()
}

#[test]
fn no_more_frames_run_than_there_are_licences() {
    let mut farm = Farm::with_hosts(&[("a", 4), ("b", 4)]);
    set(&mut farm, "maya", Some(5), None);
    let id = farm.submits(with_limit("maya", 2, job("job", "1-6")));
    assert_eq!(running(&farm), 2);
    assert_eq!(farm.waits_because(id), "limit maya: 4 of 5 in use, a frame takes 2");
    let other = farm.submits(job("other", "1-8"));
    assert_eq!(farm.job(other).frames_running, 6, "what needs no licence goes on");
    farm.everything_is_rendered();
}

#[test]
fn each_host_has_its_limit() {
    let mut farm = Farm::with_hosts(&[("a", 4), ("b", 4)]);
    set(&mut farm, "gpu", None, Some(1));
    let id = farm.submits(with_limit("gpu", 1, job("job", "1-6")));
    assert_eq!((farm.held("a").len(), farm.held("b").len()), (1, 1));
    assert_eq!(farm.waits_because(id), "limit gpu: 1 of 1 in use on each host, a frame takes 1");
    farm.everything_is_rendered();
}

#[test]
fn a_limit_set_lower_ends_nothing_and_one_set_higher_starts_more() {
    let mut farm = Farm::with_hosts(&[("a", 4)]);
    set(&mut farm, "maya", Some(3), None);
    farm.submits(with_limit("maya", 1, job("job", "1-9")));
    set(&mut farm, "maya", Some(1), None);
    assert_eq!(running(&farm), 3);
    farm.finishes_one("a");
    farm.finishes_one("a");
    assert_eq!(running(&farm), 1, "nothing new starts until it fits");
    farm.finishes_one("a");
    assert_eq!(running(&farm), 1);
    set(&mut farm, "maya", Some(3), None);
    assert_eq!(running(&farm), 3);
    set(&mut farm, "maya", None, None);
    assert_eq!(running(&farm), 4, "a limit that is gone does not limit");
    farm.restarts();
}

#[test]
fn limits_are_seen_with_what_is_in_use() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    set(&mut farm, "nuke", Some(9), Some(2));
    set(&mut farm, "maya", Some(5), None);
    farm.submits(with_limit("maya", 2, job("job", "1-6")));
    let view =
        |name: &str, amount, per_host, in_use| LimitView { name: name.to_owned(), amount, per_host, in_use };
    let expected = [view("maya", Some(5), None, 4), view("nuke", Some(9), Some(2), 0)];
    assert_eq!(farm.schedule.limits(), expected);
    farm.restarts();
    assert_eq!(farm.schedule.limits(), expected);
}

#[test]
fn a_limit_that_the_farm_does_not_have_is_a_fault() {
    let mut farm = farm();
    set(&mut farm, "maya", Some(1), None);
    let refused = farm.submits_under("key", with_limit("myaa", 1, job("job", "1")));
    let Err(Refusal::Faults(faults)) = refused else { panic!("{refused:?}") };
    let hint = "there is only maya; `framefarm limit myaa AMOUNT` makes it one";
    assert_eq!(faults.to_string(), format!("limits.myaa: the farm has no limit \"myaa\"\n  hint: {hint}"));
}

#[test]
fn what_makes_no_limit_is_refused() {
    let mut farm = farm();
    let event = Event::SetLimit { name: "maya".to_owned(), amount: None, per_host: None };
    let refusal = farm.tries(event).unwrap_err();
    assert_eq!(refusal.to_string(), "there is no limit \"maya\"; there are no limits");
    let event = Event::SetLimit { name: " ".to_owned(), amount: Some(1), per_host: None };
    assert!(matches!(farm.tries(event), Err(Refusal::Faults(_))));
    set(&mut farm, "maya", Some(1), None);
    let before = farm.journal.len();
    set(&mut farm, "maya", Some(1), None);
    assert_eq!(farm.journal.len(), before, "nothing changed");
}

#[test]
fn path_rules_are_kept_and_two_for_a_folder_are_refused() {
    let mut farm = Farm::with_hosts(&[]);
    let rule = |linux: &str| {
        Some(PathRule { linux: Some(linux.to_owned()), windows: Some("P:".to_owned()), macos: None })
    };
    let set = |name: &str, rule| Event::SetPathRule { name: name.to_owned(), rule };
    farm.happens(set("proj", rule("/mnt/proj")));
    assert_eq!(farm.schedule.paths().map("P:/a", Platform::Linux).as_deref(), Some("/mnt/proj/a"));
    for (event, wanted) in [
        (set("other", rule("/mnt/other")), "rule proj has P:\\ on windows already"),
        (set(" ", rule("/mnt/other")), "the name of the rule is empty"),
        (set("none", None), "there is no path rule \"none\""),
        (set("one", Some(PathRule::default())), "a rule joins the folders of two platforms or three"),
    ] {
        match farm.tries(event).unwrap_err() {
            Refusal::Faults(faults) => assert_eq!(faults.0[0].what, wanted),
            other => panic!("{other}"),
        }
    }
    farm.restarts();
    assert_eq!(farm.schedule.paths().0.len(), 1);
    farm.happens(set("proj", None));
    assert!(farm.schedule.paths().is_empty());
}

//! Hosts that fail what others render.

use model::{FailureClass, HostId, JobId, JobState};
use schedule::{Event, Refusal};

use crate::farm::{Farm, failed, job, with_tag};

/// `bad` fails whatever it gets and the others do what they get, for so many rounds.
fn rounds(farm: &mut Farm, bad: &str, class: FailureClass, count: usize) {
    for _ in 0..count {
        let busy = farm.hosts.iter().filter(|(_, host)| !host.held.is_empty());
        for name in busy.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            if name == bad {
                farm.ends(bad, |_| failed(class, "no sea.png"));
            } else {
                farm.finishes_one(&name);
            }
        }
        farm.after_ms(4_000);
    }
}

fn aside(farm: &Farm) -> Vec<(String, Option<JobId>)> {
    farm.schedule.set_aside().into_iter().map(|view| (view.host.0, view.job)).collect()
}

#[test]
fn a_host_that_fails_what_others_render_is_set_aside_for_that_job_and_forgiven_with_time() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    let id = farm.submits(job("job", "1-300"));
    rounds(&mut farm, "a", FailureClass::Frame, 4);
    let views = farm.schedule.set_aside();
    let why = "failed 3 frames of job 1 in a row while others rendered theirs; last: no sea.png";
    assert_eq!((views.len(), views[0].why.as_str()), (1, why));
    assert_eq!((views[0].host.0.as_str(), views[0].job), ("a", Some(id)));
    assert_eq!(farm.held("a"), [] as [i64; 0]);
    let other = farm.submits(job("other", "1"));
    assert_eq!(farm.held("a"), [1], "it has other jobs to do");
    farm.finishes_one("a");
    assert_eq!(farm.job(other).state, JobState::Done);
    farm.restarts();
    assert_eq!(aside(&farm), [("a".to_owned(), Some(id))]);
    farm.links("b", 1);
    farm.links("a", 1);
    assert_eq!(farm.held("a"), [] as [i64; 0]);
    farm.after_ms(600_000);
    assert_eq!((aside(&farm), farm.held("a").len()), (vec![], 1), "forgiven");
    rounds(&mut farm, "a", FailureClass::Frame, 1);
    farm.after_ms(600_000);
    assert_eq!(aside(&farm), [("a".to_owned(), Some(id))], "one failure is enough, and it takes longer");
    let failed = farm.job(id).frames_failed;
    assert_eq!(failed, 0, "no frame was lost to it");
}

#[test]
fn a_host_set_aside_for_two_jobs_is_set_aside_altogether_until_a_person_forgives_it() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    let first = farm.submits(job("first", "1-300"));
    rounds(&mut farm, "a", FailureClass::Frame, 4);
    assert_eq!(aside(&farm), [("a".to_owned(), Some(first))]);
    farm.links("c", 1);
    farm.submits(model::JobDescription { user: "bob".to_owned(), ..job("second", "1-300") });
    rounds(&mut farm, "a", FailureClass::Frame, 6);
    assert_eq!(aside(&farm), [("a".to_owned(), None)]);
    let third = farm.submits(job("third", "1-9"));
    assert_eq!((farm.job(third).frames_running, farm.held("a")), (0, vec![]));
    farm.happens(Event::Forgive(HostId::from("a")));
    assert_eq!((aside(&farm), farm.held("a").len()), (vec![], 1));
    let before = farm.journal.len();
    farm.happens(Event::Forgive(HostId::from("a")));
    assert_eq!(farm.journal.len(), before);
    let unknown = HostId::from("nobody");
    assert_eq!(farm.tries(Event::Forgive(unknown.clone())), Err(Refusal::UnknownHost(unknown)));
}

#[test]
fn a_host_that_cannot_start_anything_is_set_aside_altogether() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    farm.submits(job("job", "1-100"));
    for _ in 0..3 {
        farm.ends("a", |_| failed(FailureClass::Host, "no folder for the session"));
        farm.after_ms(4_000);
    }
    let views = farm.schedule.set_aside();
    let why = "could not do its part of 3 frames in a row; last: no folder for the session";
    assert_eq!((views.len(), views[0].job, views[0].why.as_str()), (1, None, why));
    farm.after_ms(300_000);
    assert_eq!(farm.held("a").len(), 1);
}

#[test]
fn the_only_host_is_never_set_aside() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1-4"));
    for _ in 0..40 {
        if !farm.held("a").is_empty() {
            farm.ends("a", |_| failed(FailureClass::Host, "no folder"));
        }
        farm.after_ms(5_000);
    }
    assert_eq!((aside(&farm), farm.job(id).state), (vec![], JobState::Failed));
}

#[test]
fn a_host_set_aside_works_on_when_it_is_the_last_that_is_left() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    let id = farm.submits(job("job", "1-40"));
    rounds(&mut farm, "a", FailureClass::Frame, 4);
    assert_eq!(aside(&farm), [("a".to_owned(), Some(id))]);
    farm.dies("b");
    farm.after_ms(20_000);
    assert_eq!(farm.held("a").len(), 1);
    farm.links("b", 1);
    farm.everything_is_rendered();
    assert_eq!(farm.held("a"), [] as [i64; 0]);
}

#[test]
fn a_host_that_alone_matches_a_step_is_not_set_aside_for_it() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    farm.hosts.get_mut("b").unwrap().unsuitable = true;
    let id = farm.submits(with_tag("gpu", job("job", "1-4")));
    for _ in 0..40 {
        if !farm.held("a").is_empty() {
            farm.fails_one("a");
        }
        farm.after_ms(5_000);
    }
    assert_eq!((aside(&farm), farm.job(id).state), (vec![], JobState::Failed));
}

#[test]
fn a_job_of_broken_frames_sets_nobody_aside() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1), ("c", 1)]);
    let id = farm.submits(job("job", "1-30"));
    for _ in 0..200 {
        for host in ["a", "b", "c"] {
            if !farm.held(host).is_empty() {
                farm.fails_one(host);
            }
        }
        farm.after_ms(4_000);
    }
    assert_eq!((aside(&farm), farm.job(id).state), (vec![], JobState::Failed));
}

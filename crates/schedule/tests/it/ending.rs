//! Publishing, trouble with the storage, sums.

use model::{FrameState, JobState, LeaseId, Outcome};
use schedule::{Event, Refusal};

use crate::farm::{Farm, job};

#[test]
fn a_frame_is_done_when_its_files_are_in_the_storage() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("a film: part 1", "1"));
    farm.storage_trouble = Some("disk full".to_owned());
    farm.finishes_one("a");
    assert_eq!(farm.job(id).state, JobState::Active);
    assert_eq!(farm.frame(id, 1).state, FrameState::Running);
    assert_eq!(farm.hosts["a"].outbox.len(), 1, "the host keeps its report");
    farm.storage_trouble = None;
    farm.after_ms(1_000);
    let view = farm.job(id);
    assert_eq!((view.state, view.attempts_failed), (JobState::Done, 0));
    assert!(farm.hosts["a"].outbox.is_empty());
    assert_eq!(view.results, "1-a-film--part-1");
    assert_eq!(farm.frame(id, 1).outputs[0].name, "job1.0001.png");
    assert_eq!(farm.schedule.results(id).unwrap().len(), 1);
}

#[test]
fn storage_trouble_is_shown_and_fails_no_frame_however_long_it_lasts() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let id = farm.submits(job("job", "1-4"));
    farm.storage_trouble = Some("no space left in /data".to_owned());
    farm.finishes_one("a");
    farm.finishes_one("a");
    farm.after_ms(600_000);
    assert!(farm.waits_because(id).starts_with("storage trouble: no space left in /data;"));
    assert_eq!((farm.job(id).frames_failed, farm.job(id).frames_running), (0, 2));
    farm.storage_trouble = None;
    farm.after_ms(30_000);
    farm.everything_is_rendered();
    assert_eq!(farm.job(id).state, JobState::Done);
}

#[test]
fn a_storage_that_takes_nothing_in_is_shown_until_it_does() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    let lease = farm.hosts["a"].held.values().next().unwrap().lease;
    farm.happens(Event::IntakeFailed { lease, why: "no space left in /data".to_owned() });
    assert!(farm.waits_because(id).starts_with("storage trouble: no space left in /data;"));
    farm.finishes_one("a");
    assert_eq!(farm.job(id).waiting_because, None);
    let late = Event::IntakeFailed { lease, why: "no space left in /data".to_owned() };
    assert_eq!(farm.tries(late), Err(Refusal::StaleLease(lease)));
}

#[test]
fn a_host_that_is_gone_does_not_stop_the_publishing_of_what_it_sent() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.storage_trouble = Some("disk full".to_owned());
    farm.finishes_one("a");
    farm.dies("a");
    farm.after_ms(60_000);
    farm.links("a", 1);
    farm.storage_trouble = None;
    farm.after_ms(30_000);
    assert_eq!((farm.job(id).state, farm.frame(id, 1).attempts), (JobState::Done, 1));
}

#[test]
fn outputs_that_never_arrived_cost_the_host_an_attempt() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.links("b", 1);
    farm.storage_trouble = Some("being looked at".to_owned());
    farm.finishes_one("a");
    farm.happens(Event::OutputsMissing { lease: LeaseId(1), why: "job1.0001.png is missing".to_owned() });
    assert_eq!(farm.job(id).attempts_failed, 1);
    assert_eq!(farm.frame(id, 1).history[0].outcome, "host_failed");
    assert!(farm.hosts["a"].outbox.is_empty());
    assert_eq!(farm.held("b"), [1]);
}

#[test]
fn sums_are_written_once_when_the_job_ends() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1-2"));
    farm.finishes_one("a");
    assert!(farm.sealed.is_empty());
    farm.finishes_one("a");
    let names = ["job1.0001.png", "job1.0002.png"].map(str::to_owned).to_vec();
    assert_eq!(farm.sealed, [(id, names)]);
    farm.restarts();
    assert_eq!(farm.sealed.len(), 1);
    assert_eq!(farm.tries(Event::Sealed { job: id }), Err(Refusal::NotSealing(id)));
}

#[test]
fn answers_about_leases_that_are_over_are_refused() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "1"));
    let published = Event::Published { lease: LeaseId(1) };
    assert_eq!(farm.tries(published.clone()), Err(Refusal::StaleLease(LeaseId(1))), "nothing was reported");
    farm.finishes_one("a");
    assert_eq!(farm.tries(published), Err(Refusal::StaleLease(LeaseId(1))), "it is done already");
}

#[test]
fn a_frame_that_may_be_silent_is_done_with_its_report() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let mut silent = job("job", "1-2");
    silent.steps[0].work.package = "command".to_owned();
    silent.steps[0].work.command = vec!["/bin/true".to_owned()];
    let id = farm.submits(silent);
    farm.storage_trouble = Some("disk full".to_owned());
    farm.ends("a", |_| Outcome::Done { outputs: Vec::new() });
    assert_eq!(farm.frame(id, 1).state, FrameState::Done, "there is nothing to publish");
    assert!(farm.hosts["a"].outbox.is_empty() && farm.discarded.is_empty());
    farm.ends("a", |_| Outcome::Done { outputs: Vec::new() });
    assert_eq!(farm.job(id).state, JobState::Done);
    assert!(farm.sealed.is_empty());
}

//! Steps after steps, frame by frame or as a whole, and jobs after jobs.

use model::{Dependency, DependencyKind, FailureClass, FrameState, JobDescription, JobState, Part, Step};
use schedule::{Event, Refusal};

use crate::farm::{Farm, failed, farm, job};

/// A job of steps: name, frames, chunk, and the steps that it waits for, frame by frame where they begin with
/// a dash.
pub(crate) fn steps(steps: &[(&str, &str, u32, &[&str])]) -> JobDescription {
    let make = |(name, frames, chunk, after): &(&str, &str, u32, &[&str])| {
        let kind = |other: &&str| match other.strip_prefix('-') {
            Some(step) => Dependency { step: step.to_owned(), by: DependencyKind::Frame, files: false },
            None => Dependency { step: (*other).to_owned(), by: DependencyKind::Step, files: false },
        };
        let depends_on = after.iter().map(kind).collect();
        let bare = job("job", frames).steps.remove(0);
        Step { name: (*name).to_owned(), chunk: *chunk, depends_on, ..bare }
    };
    let steps = steps.iter().map(make).collect();
    JobDescription { steps, attempts_max: 1, ..job("job", "1") }
}

/// What a host holds, as `step first-frame`.
fn held(farm: &Farm, host: &str) -> Vec<String> {
    let grants = farm.hosts[host].held.values();
    grants.map(|grant| format!("{} {}", grant.frame.step, grant.number)).collect()
}

#[test]
fn a_step_waits_for_another_one_as_a_whole() {
    let mut farm = Farm::with_hosts(&[("a", 4)]);
    let id = farm.submits(steps(&[("comp", "1-2", 1, &["sim"]), ("sim", "1-3", 1, &[])]));
    assert_eq!(held(&farm, "a"), ["1 1", "1 2", "1 3"], "a slot stays free");
    farm.finishes_one("a");
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a"), ["1 3"]);
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a"), ["0 1", "0 2"]);
    farm.restarts();
    farm.links("a", 4);
    farm.everything_is_rendered();
    assert_eq!(farm.job(id).state, JobState::Done);
}

#[test]
fn frames_wait_for_the_frames_of_the_same_number() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    farm.submits(steps(&[("sim", "1-4", 1, &[]), ("render", "4-1x-1", 1, &["-sim"])]));
    assert_eq!(held(&farm, "a"), ["0 1", "0 2"]);
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a"), ["0 2", "0 3"], "earlier steps go first");
    farm.finishes_one("a");
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a"), ["0 4", "1 3"], "the third is the first in the order of the list");
}

#[test]
fn chunks_of_other_sizes_wait_for_all_that_they_need() {
    let mut farm = Farm::with_hosts(&[("a", 9)]);
    let job = steps(&[("sim", "1-8", 2, &[]), ("render", "2-10", 3, &["-sim"])]);
    let id = farm.submits(job);
    assert_eq!(held(&farm, "a"), ["0 1", "0 3", "0 5", "0 7"]);
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a"), ["0 3", "0 5", "0 7"], "2, 3 and 4 need 1-2 and 3-4");
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a"), ["0 5", "0 7", "1 2"]);
    farm.finishes_one("a");
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a"), ["1 2", "1 5", "1 8"], "9 and 10 are not waited for");
    farm.everything_is_rendered();
    assert_eq!((farm.job(id).state, farm.job(id).frames_done), (JobState::Done, 17));
}

#[test]
fn frames_that_the_other_step_does_not_have_are_not_waited_for() {
    let mut farm = Farm::with_hosts(&[("a", 4)]);
    farm.submits(steps(&[("sim", "10-11", 1, &[]), ("render", "9-12", 1, &["-sim"])]));
    assert_eq!(held(&farm, "a"), ["0 10", "0 11", "1 9", "1 12"]);
}

#[test]
fn several_steps_are_waited_for_together() {
    let mut farm = Farm::with_hosts(&[("a", 5)]);
    let job = steps(&[
        ("fur", "1-2", 1, &[]),
        ("cloth", "1-2", 1, &[]),
        ("bake", "1", 1, &[]),
        ("render", "1-2", 1, &["-fur", "-cloth", "bake"]),
    ]);
    let id = farm.submits(job);
    assert_eq!(held(&farm, "a"), ["0 1", "0 2", "1 1", "1 2", "2 1"]);
    for _ in 0..4 {
        farm.finishes_one("a");
    }
    assert_eq!(held(&farm, "a"), ["2 1"]);
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a"), ["3 1", "3 2"]);
    farm.everything_is_rendered();
    assert_eq!(farm.job(id).state, JobState::Done);
}

#[test]
fn what_needs_a_failed_frame_fails_at_once_and_says_so() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let mut job = steps(&[
        ("sim", "1-3", 1, &[]),
        ("render", "1-4", 2, &["-sim"]),
        ("comp", "1-4", 1, &["-render"]),
        ("movie", "1", 1, &["comp"]),
    ]);
    job.notify = vec!["eve@example.com".to_owned()];
    let id = farm.submits(job);
    farm.finishes_one("a");
    farm.ends("a", |_| failed(FailureClass::Frame, "it broke"));
    let view = farm.job(id);
    assert_eq!((view.frames_failed, view.frames_waiting, view.frames_running), (6, 4, 1));
    let problems: Vec<_> = farm.schedule.frames(id).unwrap().into_iter().filter_map(|f| f.problem).collect();
    let wanted = [
        "it broke",
        "frame 2 of step sim, which it needs, has failed",
        "frames 1-2 of step render, which it needs, have failed",
        "frames 1-2 of step render, which it needs, have failed",
        "frame 1 of step comp, which it needs, has failed",
    ];
    assert_eq!(problems, wanted);
    farm.restarts();
    farm.links("a", 1);
    farm.everything_is_rendered();
    let view = farm.job(id);
    assert_eq!((view.state, view.frames_done, view.frames_failed), (JobState::Failed, 6, 6));
    assert_eq!(view.attempts_failed, 1, "what was not tried is no attempt");
    let (_, mail) = &farm.mails[0];
    assert_eq!((mail.frames_total, mail.frames_failed), (12, 6));
    let told: Vec<_> =
        mail.failed.iter().map(|one| format!("{} {}: {}", one.step, one.number, one.problem)).collect();
    assert_eq!(told[0], "sim 2: it broke");
    assert_eq!(told[4], "movie 1: frame 1 of step comp, which it needs, has failed");
}

#[test]
fn a_job_whose_last_frames_fail_with_another_ends_with_its_mail() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let mut job =
        steps(&[("sim", "1-2", 1, &[]), ("comp", "1-5", 2, &["sim"]), ("more", "1", 1, &["-comp"])]);
    job.notify = vec!["eve@example.com".to_owned()];
    let id = farm.submits(job);
    farm.fails_one("a");
    assert_eq!(farm.job(id).frames_failed, 7, "6 as soon as one is lost");
    assert!(farm.mails.is_empty());
    farm.finishes_one("a");
    assert_eq!((farm.job(id).state, farm.mails.len()), (JobState::Failed, 1));

    let id =
        farm.submits(steps(&[("sim", "1", 1, &[]), ("comp", "1", 1, &["-sim"]), ("all", "1", 1, &["comp"])]));
    farm.fails_one("a");
    assert_eq!((farm.job(id).state, farm.job(id).frames_failed), (JobState::Failed, 3));
}

#[test]
fn retried_frames_bring_back_what_failed_with_them() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let job = steps(&[("sim", "1-2", 1, &[]), ("comp", "1-2", 1, &["-sim"]), ("movie", "1", 1, &["comp"])]);
    let id = farm.submits(JobDescription { notify: vec!["eve@example.com".to_owned()], ..job });
    farm.fails_one("a");
    farm.everything_is_rendered();
    assert_eq!((farm.job(id).state, farm.job(id).frames_failed), (JobState::Failed, 3));
    assert_eq!(farm.mails.len(), 1);
    farm.happens(Event::Retry(id));
    assert_eq!(held(&farm, "a"), ["0 1"]);
    assert_eq!((farm.job(id).state, farm.job(id).frames_waiting), (JobState::Active, 2));
    assert_eq!(farm.frame(id, 1).history.len(), 2, "what happened is remembered");
    farm.fails_one("a");
    assert_eq!((farm.job(id).state, farm.job(id).frames_failed), (JobState::Failed, 3));
    farm.restarts();
    farm.links("a", 1);
    farm.happens(Event::Retry(id));
    farm.everything_is_rendered();
    assert_eq!((farm.job(id).state, farm.job(id).attempts_failed), (JobState::Done, 2));
    assert_eq!(farm.mails.len(), 3, "each end is told");
    assert_eq!(farm.frame(id, 1).problem.as_deref(), Some("povray exited with 1"), "of an earlier attempt");
}

#[test]
fn a_killed_job_leaves_nothing_that_waits() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(steps(&[
        ("sim", "1-2", 1, &[]),
        ("comp", "1-2", 1, &["-sim"]),
        ("end", "1", 1, &["comp"]),
    ]));
    farm.finishes_one("a");
    farm.happens(Event::Kill(id));
    let view = farm.job(id);
    assert_eq!((view.state, view.frames_done, view.frames_waiting), (JobState::Killed, 1, 0));
    assert!(held(&farm, "a").is_empty());
}

#[test]
fn a_job_starts_when_those_before_it_are_done() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let (one, two) = (farm.submits(job("one", "1")), farm.submits(job("two", "1")));
    let three = farm.submits(JobDescription { after: vec![one, two], ..job("three", "7") });
    let four = farm.submits(JobDescription { after: vec![three], ..job("four", "8") });
    farm.finishes_one("a");
    assert_eq!(farm.held("a"), [1]);
    assert_eq!(farm.waits_because(three), "job 2 goes first and has 1 frame left");
    farm.restarts();
    farm.links("a", 2);
    farm.finishes_one("a");
    assert_eq!(farm.held("a"), [7]);
    farm.finishes_one("a");
    farm.finishes_one("a");
    assert_eq!(farm.job(four).state, JobState::Done);
}

#[test]
fn a_job_after_a_failed_one_waits_until_that_is_done_after_all() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let one = farm.submits(JobDescription { attempts_max: 1, ..job("one", "1") });
    let two = farm.submits(JobDescription { after: vec![one], ..job("two", "2") });
    farm.fails_one("a");
    assert_eq!((farm.job(one).state, farm.job(two).state), (JobState::Failed, JobState::Queued));
    let why = "job 1 goes first and has ended without being done; retry that one or kill this one";
    assert_eq!(farm.waits_because(two), why);
    farm.after_ms(60_000);
    assert!(farm.held("a").is_empty());
    farm.happens(Event::Retry(one));
    farm.finishes_one("a");
    assert_eq!(farm.held("a"), [2]);
}

#[test]
fn a_job_after_one_that_is_done_starts_at_once_and_one_after_none_is_refused() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let one = farm.submits(job("one", "1"));
    farm.finishes_one("a");
    farm.submits(JobDescription { after: vec![one], ..job("two", "2") });
    assert_eq!(farm.held("a"), [2]);
    let mut never =
        JobDescription { after: vec![one, model::JobId(9), model::JobId(3)], ..job("three", "3") };
    never.steps[0].limits.insert("nuke".to_owned(), 1);
    never.name.clear();
    let Err(Refusal::Faults(faults)) = farm.submits_under("k", never) else { panic!("it is refused") };
    let told: Vec<_> = faults.0.iter().map(|fault| format!("{}: {}", fault.place, fault.what)).collect();
    let wanted = [
        "name: the name is empty",
        "after: there is no job 9 to wait for",
        "after: there is no job 3 to wait for",
        "limits.nuke: the farm has no limit \"nuke\"",
    ];
    assert_eq!(told, wanted);
}

#[test]
fn a_step_says_which_one_goes_first() {
    let mut farm = farm();
    let id = farm.submits(steps(&[("sim", "1-4", 2, &[]), ("comp", "1-4", 1, &["-sim"])]));
    farm.links("a", 2);
    assert_eq!(held(&farm, "a"), ["0 1", "0 3"]);
    assert_eq!(farm.waits_because(id), "step sim goes first and has 4 frames left");
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a"), ["0 3", "1 1"]);
    assert_eq!(farm.waits_because(id), "all 2 matching slots are busy");
}

#[test]
fn a_late_report_wakes_nothing() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(steps(&[("sim", "1", 1, &[]), ("comp", "1", 1, &["-sim"])]));
    let late = farm.hosts["a"].held.clone();
    farm.loses_link("a");
    farm.after_ms(60_000);
    farm.hosts.get_mut("a").unwrap().held.clear();
    farm.links("b", 1);
    assert_eq!(held(&farm, "b"), ["0 1"]);
    farm.links("a", 1);
    farm.hosts.get_mut("a").unwrap().held = late;
    farm.finishes_one("a");
    assert!(held(&farm, "a").is_empty(), "what the lost lease made is worth nothing");
    farm.finishes_one("b");
    farm.everything_is_rendered();
    assert_eq!((farm.job(id).state, farm.frame(id, 1).attempts), (JobState::Done, 2));
}

#[test]
fn frames_failed_by_others_are_failed_frames() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(steps(&[("sim", "1", 1, &[]), ("comp", "1", 1, &["-sim"])]));
    farm.fails_one("a");
    let frames = farm.schedule.frames(id).unwrap();
    assert!(frames.iter().all(|frame| frame.state == FrameState::Failed));
    assert_eq!((frames[1].attempts, frames[1].host.as_ref()), (0, None));
}

#[test]
fn parts_of_pictures_are_rendered_picture_by_picture() {
    let mut farm = Farm::with_hosts(&[("a", 3)]);
    let mut job = steps(&[("left", "1-4", 1, &[]), ("right", "1-4", 1, &[]), ("other", "1-4", 1, &[])]);
    for (step, at) in job.steps.iter_mut().zip(0..2) {
        step.work.size = Some("64x48".parse().unwrap());
        step.work.part = Some(Part::Tile { at, across: 2, down: 1, border: 0 });
    }
    // Nothing is leased ahead then.
    job.slots_max = Some(3);
    farm.submits(job);
    assert_eq!(held(&farm, "a"), ["0 1", "1 1", "0 2"]);
    farm.finishes_one("a");
    assert_eq!(held(&farm, "a")[2..], ["1 2"], "the second picture becomes whole before the third begins");
    for _ in 0..5 {
        farm.finishes_one("a");
    }
    assert_eq!(held(&farm, "a")[2..], ["2 1"], "then comes the next step");
}

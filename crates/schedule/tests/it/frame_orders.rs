//! Frames that a person kills, sends back to the queue, or has tried again.

use model::{
    Dependency, DependencyKind, FrameState, FrameVerb, FramesOrder, FramesOrdered, JobId, JobState,
    RenderToSchedule, Step,
};
use schedule::{Event, Refusal};

use crate::farm::{Farm, farm, job};

fn order(verb: FrameVerb, numbers: &str) -> FramesOrder {
    FramesOrder { verb, numbers: numbers.parse().ok(), states: None, step: None }
}

fn ordered(job: JobId, order: FramesOrder) -> Event {
    Event::OrderFrames { job, order: Box::new(order), by: "anna".to_owned() }
}

/// Of the frames of a job, in order: the first letters of their states.
fn states(farm: &Farm, job: JobId) -> String {
    let letter = |state| match state {
        FrameState::Waiting => 'w',
        FrameState::Running => 'r',
        FrameState::Done => 'd',
        FrameState::Failed => 'f',
        FrameState::Killed => 'k',
    };
    farm.schedule.frames(job).unwrap().into_iter().map(|frame| letter(frame.state)).collect()
}

/// Its host has nothing of what was taken from it any more.
fn is_rid(farm: &mut Farm, host: &str) {
    farm.says(host, RenderToSchedule::Alive { held: Vec::new() });
}

#[test]
fn killed_frames_fail_and_the_others_go_on() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1-5"));
    let kill = order(FrameVerb::Kill, "1,3-4");
    let matched = farm.schedule.frames_ordered(id, &kill).unwrap();
    assert_eq!(matched, FramesOrdered { matched: 3, frames: 3 });
    farm.happens(ordered(id, kill));
    assert_eq!(states(&farm, id), "fwffw");
    for number in [1, 3] {
        assert_eq!(farm.frame(id, number).problem.as_deref(), Some("killed by anna"));
    }
    assert_eq!((farm.job(id).attempts_failed, farm.frame(id, 1).history[0].outcome.as_str()), (0, "killed"));
    is_rid(&mut farm, "a");
    assert_eq!(states(&farm, id), "frffw", "the slot is used again once it is empty");
    farm.restarts();
    assert_eq!(states(&farm, id), "frffw");
    farm.links("a", 1);
    farm.everything_is_rendered();
    assert_eq!((states(&farm, id), farm.job(id).state), ("fdffd".to_owned(), JobState::Failed));
}

#[test]
fn killed_frames_that_are_retried_start_again() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1-4"));
    farm.happens(ordered(id, order(FrameVerb::Kill, "1-4")));
    assert_eq!((states(&farm, id), farm.job(id).state), ("ffff".to_owned(), JobState::Failed));
    is_rid(&mut farm, "a");
    farm.happens(ordered(id, order(FrameVerb::Retry, "2-3")));
    assert_eq!(states(&farm, id), "frwf");
    farm.everything_is_rendered();
    assert_eq!((states(&farm, id), farm.job(id).state), ("fddf".to_owned(), JobState::Failed));
    farm.happens(Event::Retry(id));
    farm.everything_is_rendered();
    assert_eq!(farm.job(id).state, JobState::Done);
}

#[test]
fn a_frame_that_is_sent_back_goes_elsewhere_and_nothing_is_counted() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.links("b", 1);
    let host = farm.frame(id, 1).host.unwrap();
    farm.happens(ordered(id, order(FrameVerb::Requeue, "1")));
    let frame = farm.frame(id, 1);
    assert_eq!((frame.state, frame.attempts), (FrameState::Running, 2));
    assert_ne!(frame.host, Some(host), "it goes to the other host");
    assert_eq!(frame.history[0].problem.as_deref(), Some("sent back to the queue by anna"));
    farm.everything_is_rendered();
    assert_eq!((farm.job(id).state, farm.job(id).attempts_failed), (JobState::Done, 0));
}

#[test]
fn what_needs_a_killed_frame_fails_with_it_and_waits_again_with_it() {
    let mut farm = farm();
    let mut description = job("job", "1-3");
    let first = description.steps[0].clone();
    let after = Dependency { step: first.name.clone(), by: DependencyKind::Frame, files: false };
    let mut second = Step { name: "second".to_owned(), depends_on: vec![after], ..first };
    second.work.format = None;
    description.steps.push(second);
    let id = farm.submits(description);
    farm.happens(ordered(id, order(FrameVerb::Kill, "2")));
    assert_eq!(states(&farm, id), "wfwwfw");
    let step = Some("render".to_owned());
    farm.happens(ordered(id, FramesOrder { step, ..order(FrameVerb::Kill, "1") }));
    assert_eq!(states(&farm, id), "ffwffw");
    farm.happens(ordered(id, FramesOrder { step: None, ..order(FrameVerb::Retry, "2") }));
    assert_eq!(states(&farm, id), "fwwfww");
    farm.links("a", 2);
    farm.everything_is_rendered();
    assert_eq!(states(&farm, id), "fddfdd");
    farm.happens(Event::Retry(id));
    farm.everything_is_rendered();
    assert_eq!(farm.job(id).state, JobState::Done);
}

#[test]
fn only_what_can_be_done_is_ordered() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1-3"));
    let count = |farm: &Farm, order: &FramesOrder| farm.schedule.frames_ordered(id, order).unwrap().matched;
    assert_eq!(count(&farm, &order(FrameVerb::Requeue, "1-3")), 1);
    assert_eq!(count(&farm, &order(FrameVerb::Retry, "1-3")), 0);
    let waiting = FramesOrder { states: Some(vec![FrameState::Waiting]), ..order(FrameVerb::Kill, "1-3") };
    assert_eq!(count(&farm, &waiting), 2);
    let elsewhere = FramesOrder { step: Some("other".to_owned()), ..order(FrameVerb::Kill, "1") };
    assert_eq!(count(&farm, &elsewhere), 0);
    let before = farm.journal.len();
    farm.happens(ordered(id, elsewhere));
    assert_eq!(farm.journal.len(), before);
    farm.happens(Event::Kill(id));
    let refused = farm.tries(ordered(id, order(FrameVerb::Kill, "1")));
    assert_eq!(refused, Err(Refusal::JobEnded { job: id, state: JobState::Killed }));
    assert_eq!(
        farm.tries(ordered(JobId(9), order(FrameVerb::Kill, "1"))),
        Err(Refusal::UnknownJob(JobId(9)))
    );
}

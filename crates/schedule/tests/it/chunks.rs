//! Chunks of frames, and the order in which they start.

use model::{AttemptNumber, FrameOrder, JobDescription, JobState};

use crate::farm::{Farm, job};

fn with(frames: &str, chunk: u32, order: FrameOrder) -> JobDescription {
    let mut job = job("job", frames);
    (job.steps[0].chunk, job.steps[0].order) = (chunk, order);
    job
}

#[test]
fn a_chunk_is_leased_counted_and_shown_as_its_frames() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let id = farm.submits(with("1-7x2,20-22", 3, FrameOrder::Plain));
    let grants: Vec<_> =
        farm.hosts["a"].held.values().map(|grant| (grant.number, grant.more.clone())).collect();
    assert_eq!(grants, [(1, vec![3, 5]), (7, vec![20, 21])]);
    let view = farm.job(id);
    assert_eq!((view.frames_total, view.frames_running, view.frames_waiting), (7, 6, 1));
    farm.finishes_one("a");
    let view = farm.job(id);
    assert_eq!((view.frames_done, view.frames_running, view.frames_waiting), (3, 4, 0));
    let frames = farm.schedule.frames(id).unwrap();
    let shown: Vec<_> = frames.iter().map(|frame| (frame.number, frame.chunk.as_deref())).collect();
    assert_eq!(shown, [(1, Some("1-5x2")), (7, Some("7,20-21")), (22, None)]);
    let log = farm.schedule.attempt_of(id, Some("render"), 21, Some(AttemptNumber(1))).unwrap();
    assert_eq!((log.number, log.frame.index), (7, 1), "the log of a frame is that of its chunk");
    assert_eq!(farm.schedule.attempt_of(id, None, 2, None), None);
    farm.everything_is_rendered();
    let view = farm.job(id);
    assert_eq!((view.state, view.frames_done, view.progress_permille), (JobState::Done, 7, 1_000));
}

#[test]
fn a_failed_chunk_is_tried_again_as_a_whole() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(JobDescription { attempts_max: 2, ..with("1-5", 3, FrameOrder::Plain) });
    farm.fails_one("a");
    assert_eq!(farm.held("a"), [1]);
    farm.fails_one("a");
    assert_eq!((farm.job(id).frames_failed, farm.job(id).attempts_failed), (3, 2));
    farm.finishes_one("a");
    let view = farm.job(id);
    assert_eq!((view.state, view.frames_done, view.frames_failed), (JobState::Failed, 2, 3));
}

#[test]
fn frames_start_in_the_order_asked() {
    let started = |order, chunk| {
        let mut farm = Farm::with_hosts(&[("a", 1)]);
        farm.submits(with("101-109", chunk, order));
        let mut started = Vec::new();
        while let Some(number) = farm.held("a").first().copied() {
            started.push(number);
            if started.len() == 3 {
                farm.restarts();
                farm.links("a", 1);
            }
            farm.finishes_one("a");
        }
        started
    };
    assert_eq!(started(FrameOrder::Plain, 2), [101, 103, 105, 107, 109]);
    assert_eq!(started(FrameOrder::FirstLastMiddle, 1), [101, 109, 105, 103, 107, 102, 104, 106, 108]);
    assert_eq!(started(FrameOrder::EveryNth(4), 1), [101, 105, 109, 102, 106, 103, 107, 104, 108]);
    assert_eq!(started(FrameOrder::EveryNth(2), 2), [101, 105, 109, 103, 107]);
}

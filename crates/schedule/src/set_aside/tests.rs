//! Who is set aside and who is not.

use model::StepIndex;

use super::*;

const A: HostIndex = HostIndex(0);
const B: HostIndex = HostIndex(1);
const C: HostIndex = HostIndex(2);

fn frame(job: u64, index: u32) -> FrameId {
    FrameId { job: JobId(job), step: StepIndex(0), index }
}

fn ended(host: HostIndex, frame: FrameId, failed_on: &[HostIndex]) -> Ended<'_> {
    Ended { host, frame, failed_on }
}

fn fails(asides: &mut SetAsides, host: HostIndex, job: u64, index: u32) {
    asides.failed(ended(host, frame(job, index), &[]), false, "no sea.png");
}

fn suspects(asides: &SetAsides) -> Vec<(HostIndex, Option<JobId>)> {
    asides.suspects().collect()
}

/// The host has failed three frames of the job, and another has done one.
fn guilty(asides: &mut SetAsides, host: HostIndex, job: u64) {
    (0..3).for_each(|index| fails(asides, host, job, index));
    asides.done(ended(C, frame(job, 9), &[]));
}

#[test]
fn three_frames_in_a_row_that_others_render_make_a_suspect() {
    let mut asides = SetAsides::default();
    (0..5).for_each(|index| fails(&mut asides, A, 7, index));
    assert_eq!(suspects(&asides), [], "perhaps nobody can render them");
    asides.done(ended(B, frame(7, 9), &[]));
    assert_eq!(suspects(&asides), [(A, Some(JobId(7)))]);
    let charge = asides.charge(A, Some(JobId(7)));
    let why = "failed 3 frames of job 7 in a row while others rendered theirs; last: no sea.png";
    assert_eq!((charge.times, charge.why.as_str()), (0, why));
    asides.done(ended(A, frame(7, 10), &[]));
    assert_eq!(suspects(&asides), [], "a good frame makes up for it");
}

#[test]
fn one_frame_that_fails_again_and_again_is_the_fault_of_no_host() {
    let mut asides = SetAsides::default();
    (0..3).for_each(|_| fails(&mut asides, A, 7, 1));
    asides.done(ended(B, frame(7, 9), &[]));
    assert_eq!(suspects(&asides), []);
}

#[test]
fn frames_that_fail_elsewhere_too_count_only_once_somebody_renders_them() {
    let mut asides = SetAsides::default();
    guilty(&mut asides, A, 7);
    asides.failed(ended(B, frame(7, 0), &[A]), false, "no sea.png");
    assert_eq!(suspects(&asides), []);
    asides.done(ended(C, frame(7, 0), &[A, B]));
    assert_eq!(suspects(&asides), [(A, Some(JobId(7)))]);
}

#[test]
fn who_is_set_aside_for_two_jobs_is_set_aside_altogether() {
    let mut asides = SetAsides::default();
    for job in [7, 8] {
        guilty(&mut asides, A, job);
        asides.set_aside(A, Some(JobId(job)), Time(600), "why");
        assert!(asides.is_aside(A, JobId(job)) && !asides.is_aside(A, JobId(9)));
    }
    assert_eq!(suspects(&asides), [(A, None)]);
    let charge = asides.charge(A, None);
    let why = "failed frames of 2 jobs that others rendered; last: no sea.png";
    assert_eq!((charge.why.as_str(), charge.until), (why, Time(600)));
    asides.set_aside(A, None, Time(900), "both");
    assert!(asides.is_aside(A, JobId(9)) && asides.is_aside_altogether(A));
    assert_eq!(asides.views(|_| HostId::from("a")).len(), 1, "in place of the jobs");
    asides.check(|_| true);
    asides.ended(A, None);
    assert!(asides.views(|_| HostId::from("a")).is_empty() && suspects(&asides).is_empty());
    fails(&mut asides, A, 8, 5);
    assert_eq!(suspects(&asides), [(A, Some(JobId(8)))], "it has one try");
}

#[test]
fn a_host_that_cannot_start_anything_is_set_aside_and_each_time_counts() {
    let mut asides = SetAsides::default();
    let breaks = |asides: &mut SetAsides, index| {
        asides.failed(ended(A, frame(u64::from(index), index), &[]), true, "no folder");
    };
    (1..=3).for_each(|index| breaks(&mut asides, index));
    assert_eq!(suspects(&asides), [(A, None)]);
    let charge = asides.charge(A, None);
    assert_eq!(charge.why, "could not do its part of 3 frames in a row; last: no folder");
    asides.set_aside(A, None, Time(300), &charge.why);
    asides.ended(A, None);
    breaks(&mut asides, 4);
    assert_eq!(asides.charge(A, None).times, 1);
    asides.set_aside(A, None, Time(900), "again");
    asides.done(ended(A, frame(5, 5), &[]));
    assert_eq!(asides.charge(A, None).times, 1, "halved");
}

#[test]
fn time_a_person_and_the_end_of_the_job_forgive() {
    let mut asides = SetAsides::default();
    guilty(&mut asides, A, 7);
    guilty(&mut asides, B, 7);
    asides.set_aside(A, Some(JobId(7)), Time(600), "why");
    asides.set_aside(B, Some(JobId(7)), Time(500), "why");
    assert_eq!(asides.next_end(), Some(Time(500)));
    assert_eq!(asides.over(Time(599)).collect::<Vec<_>>(), [(B, Some(JobId(7)))]);
    asides.ended(B, Some(JobId(7)));
    assert!(!asides.is_aside(B, JobId(7)));
    assert!(asides.is_known(A));
    asides.forgive(A);
    assert!(!asides.is_aside(A, JobId(7)) && !asides.is_known(A));
    asides.forget_job(JobId(7));
    assert_eq!(asides, SetAsides::default(), "nothing is kept of it");
}

#[test]
fn a_doubt_because_of_another_job_ends_with_that_job() {
    let mut asides = SetAsides::default();
    guilty(&mut asides, A, 7);
    asides.set_aside(A, Some(JobId(7)), Time(600), "why");
    (0..3).for_each(|index| fails(&mut asides, A, 8, index));
    assert_eq!(suspects(&asides), [(A, Some(JobId(8)))]);
    asides.forget_job(JobId(7));
    assert_eq!(suspects(&asides), []);
    asides.check(|_| true);
}

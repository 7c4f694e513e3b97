//! Failed, refused and stale attempts: what counts, what is tried again, where and when.

use model::{
    AttemptNumber, FailureClass, FrameState, JobState, LEASE_MS, LeaseId, Outcome, RenderToSchedule, Report,
    Usage,
};

use schedule::Event;

use crate::farm::{Farm, done, failed, job};

#[test]
fn a_failed_frame_is_tried_on_another_host() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.links("b", 1);
    farm.fails_one("a");
    assert_eq!((farm.held("a"), farm.held("b")), (vec![], vec![1]));
    let frame = farm.frame(id, 1);
    assert_eq!((frame.attempts, frame.problem.as_deref()), (2, Some("povray exited with 1")));
    assert_eq!(frame.history[0].outcome, "failed");
}

#[test]
fn a_host_that_failed_a_frame_waits_while_another_could_take_it() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    farm.submits(job("job", "1-2"));
    assert_eq!((farm.held("a"), farm.held("b")), (vec![1], vec![2]));
    farm.fails_one("a");
    assert_eq!(farm.held("a"), [] as [i64; 0], "b could take it, though it is busy");
    farm.finishes_one("b");
    assert_eq!(farm.held("b"), [1]);
}

#[test]
fn a_frame_goes_back_to_a_host_where_it_failed_when_there_is_no_other() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "1"));
    farm.fails_one("a");
    assert_eq!(farm.held("a"), [1], "the first retry comes at once");
    farm.fails_one("a");
    assert_eq!(farm.held("a"), [] as [i64; 0], "the second after 2 s");
    farm.after_ms(1_999);
    assert_eq!(farm.held("a"), [] as [i64; 0]);
    farm.after_ms(1);
    assert_eq!(farm.held("a"), [1]);
}

#[test]
fn a_frame_that_no_try_can_render_is_tried_once_until_a_person_lets_it() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    let id = farm.submits(job("job", "1"));
    let broken = |farm: &mut Farm, host| farm.ends(host, |_| failed(FailureClass::Fatal, "it has no camera"));
    broken(&mut farm, "a");
    assert_eq!(farm.held("b"), [] as [i64; 0]);
    let frame = farm.frame(id, 1);
    assert_eq!((frame.state, frame.history[0].outcome.as_str()), (FrameState::Failed, "fatal"));
    assert_eq!(farm.job(id).state, JobState::Failed);
    farm.restarts();
    farm.links("b", 1);
    farm.happens(Event::Retry(id));
    farm.everything_is_rendered();
    assert_eq!(farm.job(id).state, JobState::Done);
}

#[test]
fn a_frame_that_fails_three_times_is_failed_and_the_others_go_on() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1), ("c", 1)]);
    let id = farm.submits(job("job", "1-6"));
    for _ in 0..20 {
        for host in ["a", "b", "c"] {
            match farm.held(host).first() {
                Some(1) => farm.fails_one(host),
                Some(_) => farm.finishes_one(host),
                None => continue,
            };
        }
        farm.after_ms(1_000);
    }
    let view = farm.job(id);
    assert_eq!((view.state, view.frames_done, view.frames_failed), (JobState::Failed, 5, 1));
    assert_eq!(view.attempts_failed, 3);
    let frame = farm.frame(id, 1);
    assert_eq!((frame.state, frame.attempts), (FrameState::Failed, 3));
    let mut hosts: Vec<_> = frame.history.iter().map(|attempt| attempt.host.0.as_str()).collect();
    hosts.sort_unstable();
    assert_eq!(hosts, ["a", "b", "c"], "each try was on another host");
}

#[test]
fn a_refusal_costs_the_frame_nothing() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    for _ in 0..10 {
        farm.refuses_one("a");
        assert_eq!(farm.held("a"), [] as [i64; 0], "a host that refused is left alone for a while");
        farm.after_ms(60_000);
        assert_eq!(farm.held("a"), [1]);
    }
    farm.finishes_one("a");
    let frame = farm.frame(id, 1);
    assert_eq!((frame.state, frame.attempts, frame.history.len()), (FrameState::Done, 1, 1));
    assert_eq!(farm.job(id).attempts_failed, 0);
}

#[test]
fn another_host_takes_a_refused_frame_at_once() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "1"));
    farm.links("b", 1);
    farm.refuses_one("a");
    assert_eq!(farm.held("b"), [1]);
}

#[test]
fn a_host_that_always_refuses_does_not_keep_a_frame_from_where_it_failed() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.links("b", 1);
    farm.fails_one("a");
    for _ in 0..3 {
        assert_eq!(farm.held("a"), [] as [i64; 0], "b may yet take it");
        farm.refuses_one("b");
        if farm.held("a").is_empty() {
            farm.after_ms(30_000);
        }
    }
    assert_eq!(farm.held("a"), [1]);
    farm.finishes_one("a");
    assert_eq!(farm.job(id).attempts_failed, 1);
}

#[test]
fn a_frame_given_back_is_tried_again_and_nothing_is_counted() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.links("b", 1);
    farm.ends("a", |_| failed(FailureClass::GivenBack, "the render server is stopping"));
    assert_eq!(farm.held("b"), [1]);
    assert_eq!(farm.job(id).attempts_failed, 0);
    assert_eq!(farm.frame(id, 1).history[0].outcome, "given_back");
}

#[test]
fn what_a_host_that_says_bye_held_goes_to_another() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "1"));
    farm.links("b", 1);
    farm.says("a", RenderToSchedule::Bye);
    assert_eq!(farm.held("b"), [1]);
}

#[test]
fn a_report_of_an_attempt_that_lost_its_lease_changes_nothing() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.loses_link("a");
    farm.links("b", 1);
    farm.after_ms(LEASE_MS);
    assert_eq!(farm.held("b"), [1], "a was not heard of for long enough");
    let stale = *farm.hosts["a"].held.keys().next().unwrap();
    let grant = farm.hosts["a"].held[&stale].clone();
    farm.links("a", 1);
    assert_eq!(farm.held("a"), [] as [i64; 0], "it is told to stop");
    farm.hosts.get_mut("a").unwrap().held.insert(stale, grant);
    let before = farm.journal.len();
    farm.finishes_one("a");
    assert_eq!(farm.journal.len(), before);
    assert!(farm.hosts["a"].outbox.is_empty(), "the report is acknowledged all the same");
    assert!(farm.discarded.contains(&stale));
    assert_eq!(farm.job(id).frames_done, 0);
    farm.finishes_one("b");
    assert_eq!(farm.job(id).state, JobState::Done);
}

#[test]
fn a_report_from_the_wrong_host_changes_nothing() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.links("b", 1);
    let grant = farm.hosts["a"].held.values().next().unwrap().clone();
    let (usage, outcome) = (Usage::default(), done(&grant));
    let report = Report {
        lease: grant.lease,
        frame: grant.frame,
        attempt: grant.attempt,
        outcome,
        usage,
        warnings: Vec::new(),
    };
    farm.says("b", RenderToSchedule::Report(report));
    assert_eq!(farm.job(id).frames_running, 1);
    assert!(!farm.discarded.contains(&grant.lease), "what the right host has sent stays");
}

#[test]
fn a_report_sent_twice_counts_once() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1-2"));
    farm.storage_trouble = Some("disk full".to_owned());
    farm.finishes_one("a");
    let report = farm.hosts["a"].outbox.values().next().unwrap().clone();
    farm.says("a", RenderToSchedule::Report(report.clone()));
    farm.storage_trouble = None;
    farm.after_ms(5_000);
    farm.says("a", RenderToSchedule::Report(report));
    assert_eq!((farm.job(id).frames_done, farm.held("a")), (1, vec![2]));
}

#[test]
fn an_attempt_that_is_done_without_a_file_has_failed() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1"));
    farm.ends("a", |_| Outcome::Done { outputs: Vec::new() });
    assert_eq!(farm.job(id).attempts_failed, 1);
}

#[test]
fn an_attempt_is_found_by_frame_and_number() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "7"));
    farm.fails_one("a");
    let find = |attempt| farm.schedule.attempt_of(id, Some("render"), 7, attempt).map(|found| found.lease);
    assert_eq!(find(None), Some(LeaseId(2)));
    assert_eq!(find(Some(AttemptNumber(1))), Some(LeaseId(1)));
    assert_eq!(find(Some(AttemptNumber(3))), None);
    assert_eq!(farm.schedule.attempt_of(id, Some("other"), 7, None), None);
    assert_eq!(farm.schedule.attempt_of(id, None, 8, None), None);
    assert_eq!(farm.schedule.lease(LeaseId(1)), None, "it is over");
    assert_eq!(farm.schedule.lease(LeaseId(2)).map(|lease| lease.number), Some(7));
}

#[test]
fn reports_on_leases_that_were_never_given_are_told_apart() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "7"));
    farm.fails_one("a");
    let grant = farm.hosts["a"].held.values().next().unwrap().clone();
    for lease in [0, 1, 3] {
        let outcome = failed(FailureClass::Frame, "it is a lie");
        let (lease, frame, attempt) = (LeaseId(lease), grant.frame, grant.attempt);
        let report = Report { lease, frame, attempt, outcome, usage: Usage::default(), warnings: Vec::new() };
        farm.says("a", RenderToSchedule::Report(report));
    }
    assert_eq!(farm.never_given, [LeaseId(0), LeaseId(3)], "the first was given and is over");
}

#[test]
fn warnings_of_a_frame_that_is_done_are_kept_and_counted() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1-3"));
    farm.ends_warned("a", done, &["wood.png is missing", "", "the picture is all black\nor nearly"]);
    let warned = farm.frame(id, 1);
    assert_eq!(warned.warnings, ["wood.png is missing", "the picture is all black"]);
    assert_eq!((warned.state, warned.problem), (FrameState::Done, None));
    farm.finishes_one("a");
    farm.ends_warned("a", |_| failed(FailureClass::Frame, "no"), &["wood.png is missing"]);
    assert_eq!(farm.frame(id, 3).warnings, [""; 0], "why it failed is more to the point");
    let view = farm.job(id);
    assert_eq!((view.frames_done, view.frames_warned, view.steps[0].frames_warned), (2, 1, 1));
    farm.restarts();
    assert_eq!(farm.frame(id, 1).warnings.len(), 2);
    assert_eq!(farm.job(id).frames_warned, 1);
}

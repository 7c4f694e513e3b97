//! Attempts that take too long, make no progress, or are too quick to be true.

use model::{Exit, FailureClass, Grant, Outcome, Role, TimeLimits, Usage};
use render::{Effect, Ended, Event, Phase};

use crate::desk::{Desk, USAGE, collected, exited, grant, kills, not_collected, reports, started};

fn limited(times: TimeLimits) -> Grant {
    Grant { times, ..grant(1, 1, 0, 0) }
}

fn message(effects: &[Effect]) -> Option<(FailureClass, &str)> {
    match reports(effects)[..] {
        [(_, Outcome::Failed { class, message })] => Some((*class, message)),
        _ => None,
    }
}

#[test]
fn what_runs_too_long_is_ended_and_has_failed() {
    let mut desk = Desk::linked();
    let frame = limited(TimeLimits { max_ms: Some(60_000), ..TimeLimits::default() });
    desk.brings(&frame, Phase::Starting);
    desk.waits(600_000);
    desk.hears(started(&frame));
    assert!(!desk.waits(59_999).contains(&kills(&frame)), "it counts from the start of the process");
    assert!(desk.waits(1).contains(&kills(&frame)));
    assert!(!desk.waits(600_000).contains(&kills(&frame)), "it is ended once");
    desk.hears(exited(&frame, Exit::Signal(15)));
    let effects = desk.hears(not_collected(&frame, FailureClass::Frame));
    assert_eq!(message(&effects), Some((FailureClass::Frame, "it ran longer than the 60 s allowed")));
}

#[test]
fn a_restart_does_not_make_the_time_longer() {
    let mut desk = Desk::linked();
    let frame = limited(TimeLimits { max_ms: Some(60_000), ..TimeLimits::default() });
    desk.brings(&frame, Phase::Running);
    desk.waits(50_000);
    desk.restarts();
    assert!(desk.waits(10_000).contains(&kills(&frame)));
}

#[test]
fn what_makes_no_progress_is_ended_and_has_failed() {
    let mut desk = Desk::linked();
    let frame = limited(TimeLimits { stall_ms: Some(300_000), ..TimeLimits::default() });
    let progress = |permille| Event::Progress { lease: grant(1, 1, 0, 0).lease, permille };
    desk.brings(&frame, Phase::Running);
    desk.waits(200_000);
    desk.hears(progress(10));
    desk.waits(200_000);
    desk.hears(progress(10));
    assert!(!desk.waits(99_999).contains(&kills(&frame)));
    assert!(desk.waits(1).contains(&kills(&frame)), "the same again is no progress");
    desk.hears(exited(&frame, Exit::Code(0)));
    assert_eq!(message(&desk.hears(collected(&frame))), Some((FailureClass::Frame, "no progress for 5 min")));
}

#[test]
fn what_is_found_again_has_its_time_for_progress_anew() {
    let mut desk = Desk::linked();
    let frame = limited(TimeLimits { stall_ms: Some(300_000), ..TimeLimits::default() });
    desk.brings(&frame, Phase::Running);
    desk.waits(250_000);
    desk.restarts();
    assert!(!desk.waits(100_000).contains(&kills(&frame)), "nobody has looked yet");
    desk.hears(started(&frame));
    assert!(!desk.waits(299_999).contains(&kills(&frame)));
    assert!(desk.waits(1).contains(&kills(&frame)));
}

#[test]
fn a_success_that_is_too_quick_is_not_believed() {
    let times = TimeLimits { min_ms: Some(5_000), ..TimeLimits::default() };
    let end = |usage, outcome| {
        let mut desk = Desk::linked();
        let frame = limited(times);
        desk.brings(&frame, Phase::Starting);
        let effects = desk.hears(Event::Ended { ended: vec![Ended { lease: frame.lease, usage, outcome }] });
        desk.render.check();
        message(&effects).map(|(class, message)| (class, message.to_owned()))
    };
    let done = || Outcome::Done { outputs: Vec::new() };
    let why = "it ended after 0.9 s; less than the 5 s that a frame takes at least".to_owned();
    assert_eq!(end(USAGE, done()), Some((FailureClass::Frame, why)));
    assert_eq!(end(Usage { wall_ms: 5_000, ..USAGE }, done()), None);
    assert_eq!(end(Usage { exit_code: None, ..USAGE }, done()), None, "nobody saw how long it took");
    let failed = || Outcome::Failed { class: FailureClass::Memory, message: "too big".to_owned() };
    assert_eq!(end(USAGE, failed()), Some((FailureClass::Memory, "too big".to_owned())));
}

//! The render server is asked to end, with attempts in each phase.

use model::{ClosedBy, Door, Exit, FailureClass, RenderToSchedule};
use render::{Effect, Event, Phase, STOP_MS};

use crate::desk::{
    Desk, closes, collected, exited, failures, grant, kills, reports, says, start_failed, started,
};

fn bye() -> [Effect; 2] {
    [says(RenderToSchedule::Bye), Effect::Stopped]
}

/// What everybody is told first.
fn closed() -> [Effect; 2] {
    let door = Door::Closed { by: ClosedBy::Ending, why: "its process is ending".into() };
    [says(RenderToSchedule::Door(door.clone())), Effect::DoorChanged { door }]
}

#[test]
fn with_nothing_to_do_it_ends_at_once() {
    let mut desk = Desk::linked();
    assert_eq!(desk.hears(Event::Stop), [closed(), bye()].concat());
    assert_eq!(desk.hears(Event::Stop), [], "it stops once");
    let mut desk = Desk::unlinked();
    assert_eq!(desk.hears(Event::Stop)[1..], [Effect::Stopped]);
}

#[test]
fn what_was_not_started_is_given_back_and_acknowledged_before_the_end() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    desk.brings(&frame, Phase::Preparing);
    let effects = desk.hears(Event::Stop);
    assert_eq!(failures(&effects), [FailureClass::GivenBack]);
    assert!(!effects.contains(&Effect::Stopped));
    assert_eq!(desk.is_acknowledged(&frame), bye());
}

#[test]
fn what_runs_is_killed_and_given_back() {
    for phase in [Phase::Starting, Phase::Running] {
        let mut desk = Desk::linked();
        let frame = grant(1, 1, 0, 0);
        desk.brings(&frame, phase);
        assert_eq!(desk.hears(Event::Stop)[2..], [kills(&frame)]);
        assert_eq!(failures(&desk.hears(exited(&frame, Exit::Signal(15)))), [FailureClass::GivenBack]);
        assert_eq!(desk.is_acknowledged(&frame), [&[closes(&frame)][..], &bye()].concat());
    }
}

#[test]
fn what_is_being_started_is_killed_once_it_runs() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    desk.brings(&frame, Phase::Starting);
    desk.hears(Event::Stop);
    assert!(desk.hears(started(&frame)).contains(&kills(&frame)));

    let mut desk = Desk::linked();
    desk.brings(&frame, Phase::Starting);
    desk.hears(Event::Stop);
    assert_eq!(failures(&desk.hears(start_failed(&frame))), [FailureClass::GivenBack]);
}

#[test]
fn what_is_being_collected_goes_home() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    desk.brings(&frame, Phase::Collecting);
    assert_eq!(desk.hears(Event::Stop), closed());
    assert_eq!(reports(&desk.hears(collected(&frame))).len(), 1);
    assert!(desk.is_acknowledged(&frame).contains(&Effect::Stopped));
}

#[test]
fn nothing_is_taken_any_more() {
    let mut desk = Desk::linked();
    desk.brings(&grant(1, 1, 0, 0), Phase::Running);
    desk.hears(Event::Stop);
    let effects = desk.is_granted(&grant(2, 1, 1, 1));
    assert!(matches!(&effects[..], [Effect::ToSchedule(RenderToSchedule::Refused { .. })]));
}

#[test]
fn a_report_that_nobody_acknowledges_stays_for_the_next_start() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    desk.brings(&frame, Phase::Preparing);
    desk.hears(Event::Stop);
    assert!(!desk.waits(STOP_MS - 1).contains(&Effect::Stopped));
    assert_eq!(desk.waits(1)[..], bye());
    desk.restarts();
    assert_eq!(reports(&desk.hears(Event::ScheduleLinked)).len(), 1);
}

#[test]
fn without_a_link_it_does_not_wait_for_acknowledgements() {
    let mut desk = Desk::linked();
    desk.brings(&grant(1, 1, 0, 0), Phase::Preparing);
    desk.hears(Event::Stop);
    assert_eq!(desk.hears(Event::ScheduleUnlinked), [Effect::Stopped]);
}

#[test]
fn a_dropped_lease_is_waited_for_and_not_reported() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    desk.brings(&frame, Phase::Running);
    desk.is_revoked(&frame);
    assert_eq!(desk.hears(Event::Stop), closed());
    let effects = desk.hears(exited(&frame, Exit::Signal(9)));
    assert_eq!(reports(&effects), []);
    assert!(effects.contains(&Effect::Stopped));
}

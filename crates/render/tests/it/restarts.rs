//! The render server is killed and started again, in each phase.

use model::{Exit, FailureClass, LeaseId, Role, Time};
use render::{Effect, Event, Phase, Record, Refusal, Render};

use crate::desk::{
    Desk, MARK, USAGE, closes, collected, exited, failures, forgets, gone, grant, kills, makes_way,
    not_collected, opens, ready, reports, started, starts,
};

#[test]
fn what_had_no_process_on_record_starts_over() {
    for phase in [Phase::Preparing, Phase::Starting] {
        let mut desk = Desk::linked();
        let frame = grant(1, 1, 0, 0);
        desk.brings(&frame, phase);
        assert_eq!(desk.restarts(), [opens(&frame)]);
        assert_eq!(desk.refuses(started(&frame)), Refusal::OutOfTurn(frame.lease));
        assert_eq!(desk.hears(ready(&frame)), [starts(&frame)]);
    }
}

#[test]
fn a_running_process_is_adopted_and_its_outputs_count() {
    let mut desk = Desk::linked();
    let (frame, next) = (grant(1, 1, 0, 0), grant(2, 1, 1, 0));
    desk.brings(&frame, Phase::Running);
    let adopt = Effect::Adopt { lease: frame.lease, process: MARK, grant: frame.clone() };
    assert_eq!(desk.restarts(), [adopt]);
    desk.hears(Event::ScheduleLinked);
    let exit = Exit::Unknown;
    let mut effects = makes_way(&frame, exit);
    effects.insert(1, closes(&frame));
    assert_eq!(desk.hears(exited(&frame, exit)), effects);
    let effects = desk.hears(collected(&frame));
    assert_eq!(effects[0], forgets(&frame));
    assert_eq!(reports(&effects).len(), 1);
    assert!(desk.is_granted(&next).contains(&opens(&next)), "the earlier run's session is not trusted");
}

#[test]
fn an_adopted_process_that_left_nothing_is_given_back() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    desk.brings(&frame, Phase::Running);
    desk.restarts();
    desk.hears(Event::ScheduleLinked);
    desk.hears(exited(&frame, Exit::Unknown));
    let effects = desk.hears(not_collected(&frame, FailureClass::GivenBack));
    assert_eq!(failures(&effects), [FailureClass::GivenBack]);
}

#[test]
fn what_had_ended_is_collected_with_the_exit_on_record() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    desk.brings(&frame, Phase::Running);
    desk.hears(exited(&frame, Exit::Code(1)));
    assert_eq!(desk.restarts(), [Effect::Collect { grant: frame.clone(), exit: Exit::Code(1) }]);
    desk.hears(Event::ScheduleLinked);
    let effects = desk.hears(not_collected(&frame, FailureClass::Frame));
    let Some(Effect::ToSchedule(model::RenderToSchedule::Report(report))) = effects.last() else {
        panic!("{effects:?}")
    };
    assert_eq!(report.usage, USAGE);
}

#[test]
fn what_was_being_killed_is_killed_again() {
    let mut desk = Desk::linked();
    let (one, two) = (grant(1, 1, 0, 0), grant(2, 1, 1, 1));
    desk.brings(&one, Phase::Running);
    desk.brings(&two, Phase::Starting);
    desk.is_revoked(&one);
    desk.is_revoked(&two);
    let adopt = Effect::Adopt { lease: one.lease, process: MARK, grant: one.clone() };
    assert_eq!(desk.restarts(), [adopt, kills(&one), kills(&two)]);
    desk.hears(Event::ScheduleLinked);
    assert_eq!(desk.hears(exited(&one, Exit::Unknown)), gone(&one, true, &[&two]));
    assert_eq!(desk.hears(exited(&two, Exit::Unknown)), gone(&two, true, &[]));
}

#[test]
fn reports_are_kept_until_they_are_acknowledged() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    desk.brings(&frame, Phase::Collecting);
    desk.hears(collected(&frame));
    assert_eq!(desk.restarts(), []);
    assert_eq!(reports(&desk.hears(Event::ScheduleLinked)).len(), 1);
    desk.is_acknowledged(&frame);
    assert_eq!(desk.restarts(), []);
    assert_eq!(reports(&desk.hears(Event::ScheduleLinked)), []);
}

#[test]
fn a_snapshot_is_as_good_as_the_journal_and_slots_may_have_changed() {
    let mut desk = Desk::linked();
    let (one, two) = (grant(1, 1, 0, 0), grant(2, 1, 1, 1));
    desk.brings(&one, Phase::Collecting);
    desk.hears(collected(&one));
    desk.brings(&two, Phase::Running);
    let text = serde_json::to_string(&desk.render).unwrap();
    let snapshot: Render = serde_json::from_str(&text).unwrap();
    assert_eq!(snapshot, desk.render);

    desk.render = snapshot.identified("alpha".into(), "installed-once".into(), 1);
    desk.render.check();
    assert_eq!(desk.render.slots().len(), 1);
    desk.hears(Event::ScheduleLinked);
    desk.hears(exited(&two, Exit::Code(0)));
    assert_eq!(reports(&desk.hears(collected(&two))).len(), 1, "it goes on to its end");
}

#[test]
fn records_of_older_versions_are_read() {
    let old = r#"{"type":"process_started","lease":7,"process":{"pid":77,"started":4000}}"#;
    let record: Record = serde_json::from_str(old).unwrap();
    assert_eq!(record, Record::ProcessStarted { lease: LeaseId(7), process: MARK, at: None });
    for (text, record) in [
        (
            r#"{"type":"host_stopped","by":"ada","at":5}"#,
            Record::HostStopped { by: "ada".into(), at: Time(5) },
        ),
        (r#"{"type":"host_started","by":"bo","at":6}"#, Record::HostStarted { by: "bo".into(), at: Time(6) }),
    ] {
        assert_eq!(serde_json::from_str::<Record>(text).unwrap(), record);
        assert_eq!(serde_json::to_string(&record).unwrap(), text);
    }
    let old = r#"{"host":"alpha","instance":"i","slots":2,"outbox":{},"attempts":{"1":{"grant":{"lease":7,
        "frame":{"job":1,"step":0,"index":3},"number":4,"attempt":1,"slot":1},"taken_at":5,
        "process":{"pid":77,"started":4000},"ended":null,"dropped":false}}}"#;
    let render: Render = serde_json::from_str(old).unwrap();
    render.check();
    assert!(render.door().is_open());
    let attempt = render.attempts().next().unwrap();
    assert_eq!((attempt.phase, attempt.taken_at.0), (Phase::Running, 5));
}

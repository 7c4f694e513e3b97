//! An attempt from grant to acknowledgement.

use model::{
    Exit, FailureClass, HEARTBEAT_MS, HeldLease, LeaseId, Outcome, RenderToSchedule, Role, ScheduleToRender,
    SlotIndex,
};
use render::{Effect, Event, Phase, Refusal, SESSION_IDLE_MS};

use crate::desk::{
    Desk, MARK, busy, closes, collected, ended, exited, failures, forgets, free, grant, makes_way,
    not_collected, opens, output, ready, reports, says, start_failed, started, starts,
};

#[test]
fn a_frame_is_prepared_started_collected_and_reported() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    let since = desk.now;
    assert_eq!(desk.is_granted(&frame), [busy(&frame, since), opens(&frame)]);
    assert_eq!(desk.hears(ready(&frame)), [starts(&frame)]);
    assert_eq!(desk.hears(started(&frame)), [says(RenderToSchedule::Started { lease: frame.lease })]);
    let progress = Event::Progress { lease: frame.lease, permille: 250 };
    let said = says(RenderToSchedule::Progress { lease: frame.lease, permille: 250 });
    assert_eq!(desk.hears(progress.clone()), [said]);
    assert_eq!(desk.hears(progress), [], "nothing new is not said");
    let exit = Exit::Code(3);
    assert_eq!(desk.hears(exited(&frame, exit)), makes_way(&frame, exit));
    let effects = desk.hears(collected(&frame));
    assert_eq!(effects[0], forgets(&frame));
    assert_eq!(reports(&effects), [(frame.lease, &Outcome::Done { outputs: vec![output()] })]);
    assert_eq!(desk.render.unacknowledged().collect::<Vec<_>>(), [frame.lease]);
    assert_eq!(desk.is_acknowledged(&frame), []);
    assert_eq!(desk.render.held(), []);
}

#[test]
fn the_next_frame_of_a_step_uses_the_session_that_stands() {
    let mut desk = Desk::linked();
    let (one, two, other) = (grant(1, 1, 0, 0), grant(2, 1, 1, 0), grant(3, 2, 0, 0));
    desk.brings(&one, Phase::Collecting);
    desk.hears(collected(&one));
    let since = desk.now;
    assert_eq!(desk.is_granted(&two), [busy(&two, since), starts(&two)]);
    desk.hears(started(&two));
    desk.hears(exited(&two, Exit::Code(0)));
    desk.hears(collected(&two));
    assert_eq!(desk.is_granted(&other), [busy(&other, since), closes(&two), opens(&other)]);
}

#[test]
fn a_session_that_nobody_uses_is_closed() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 1);
    desk.brings(&frame, Phase::Running);
    desk.waits(SESSION_IDLE_MS);
    desk.hears(exited(&frame, Exit::Code(0)));
    assert!(!desk.waits(SESSION_IDLE_MS - 1).contains(&closes(&frame)));
    assert!(desk.waits(1).contains(&closes(&frame)));
}

#[test]
fn failures_are_reported_with_their_class() {
    let failed = |phase, event: Event| {
        let mut desk = Desk::linked();
        let frame = grant(1, 1, 0, 0);
        desk.brings(&frame, phase);
        let effects = desk.hears(event);
        assert_eq!(effects.contains(&free(&frame)), phase < Phase::Collecting, "it was free already");
        assert_eq!(desk.phase(&frame), None);
        (failures(&effects), effects.contains(&closes(&frame)))
    };
    let frame = grant(1, 1, 0, 0);
    let why = "no space".to_owned();
    let session = Event::SessionFailed { lease: frame.lease, class: FailureClass::Host, why };
    assert_eq!(failed(Phase::Preparing, session), (vec![FailureClass::Host], true));
    assert_eq!(failed(Phase::Starting, start_failed(&frame)), (vec![FailureClass::Host], true));
    for class in [FailureClass::Frame, FailureClass::GivenBack] {
        assert_eq!(failed(Phase::Collecting, not_collected(&frame, class)), (vec![class], false));
    }
    let host = not_collected(&frame, FailureClass::Host);
    assert_eq!(failed(Phase::Collecting, host), (vec![FailureClass::Host], true));
}

#[test]
fn a_grant_repeated_changes_nothing_and_repeats_the_report() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    for phase in [Phase::Preparing, Phase::Starting, Phase::Running, Phase::Collecting] {
        let mut desk = Desk::linked();
        desk.brings(&frame, phase);
        assert_eq!(desk.is_granted(&frame), []);
        assert_eq!(desk.phase(&frame), Some(phase));
    }
    desk.brings(&frame, Phase::Collecting);
    desk.hears(collected(&frame));
    assert_eq!(reports(&desk.is_granted(&frame)).len(), 1);
}

#[test]
fn a_missing_slot_takes_nothing() {
    let mut desk = Desk::linked();
    let (one, third) = (grant(1, 1, 0, 0), grant(3, 1, 2, 2));
    desk.brings(&one, Phase::Running);
    let why = "render host alpha has 2 slots and no slot 2".to_owned();
    assert_eq!(desk.is_granted(&third), [says(RenderToSchedule::Refused { lease: third.lease, why })]);
    assert_eq!(desk.phase(&one), Some(Phase::Running));
}

#[test]
fn a_new_link_is_told_everything_held_and_gets_the_reports_again() {
    let mut desk = Desk::linked();
    let (running, ended) = (grant(1, 1, 0, 1), grant(2, 1, 1, 0));
    desk.brings(&running, Phase::Running);
    desk.brings(&ended, Phase::Collecting);
    desk.hears(Event::ScheduleUnlinked);
    assert_eq!(desk.refuses(Event::ScheduleSpoke(ScheduleToRender::Welcome)), Refusal::NotLinked);
    assert_eq!(desk.hears(collected(&ended)), [forgets(&ended)]);

    let effects = desk.hears(Event::ScheduleLinked);
    let held = [&running, &ended].map(|frame| HeldLease { lease: frame.lease, slot: frame.slot });
    let (host, instance) = ("alpha".into(), "installed-once".into());
    let hello = RenderToSchedule::Hello {
        host,
        instance,
        slots: 2,
        held: held.to_vec(),
        amounts: model::Amounts::default(),
        door: model::Door::Open,
    };
    assert_eq!(effects[0], says(hello));
    assert_eq!(reports(&effects[1..]).len(), 1);
}

#[test]
fn it_says_that_it_lives_and_for_which_leases() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    desk.brings(&frame, Phase::Running);
    assert_eq!(desk.waits(HEARTBEAT_MS - 1), []);
    assert_eq!(desk.waits(1), [says(RenderToSchedule::Alive { held: vec![frame.lease] })]);
    assert_eq!(desk.waits(3 * HEARTBEAT_MS).len(), 3);
    desk.hears(Event::ScheduleUnlinked);
    assert_eq!(desk.render.next_deadline(), None);
}

#[test]
fn being_turned_away_is_shown_until_the_next_hello() {
    let mut desk = Desk::unlinked();
    desk.hears(Event::ScheduleLinked);
    desk.schedule_says(ScheduleToRender::TurnedAway { why: "name taken".into() });
    desk.hears(Event::ScheduleUnlinked);
    assert_eq!(desk.render.turned_away_because(), Some("name taken"));
    desk.hears(Event::ScheduleLinked);
    assert_eq!(desk.render.turned_away_because(), None);
}

#[test]
fn events_of_leases_and_phases_that_are_not_there_are_refused() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    let lease = frame.lease;
    let all = |frame: &model::Grant| {
        let lease = frame.lease;
        [
            ready(frame),
            Event::SessionFailed { lease, class: FailureClass::Host, why: String::new() },
            started(frame),
            start_failed(frame),
            Event::Progress { lease, permille: 1 },
            exited(frame, Exit::Unknown),
            collected(frame),
            not_collected(frame, FailureClass::Frame),
            ended(frame),
            Event::NotBegun { lease },
            Event::ScheduleSpoke(ScheduleToRender::Acknowledge { lease }),
        ]
    };
    for event in all(&frame) {
        assert_eq!(desk.refuses(event), Refusal::UnknownLease(lease));
    }
    let revoke = ScheduleToRender::Revoke { lease: LeaseId(9) };
    assert_eq!(desk.refuses(Event::ScheduleSpoke(revoke)), Refusal::UnknownLease(LeaseId(9)));

    desk.brings(&frame, Phase::Preparing);
    for event in &all(&frame)[2..10] {
        assert_eq!(desk.refuses(event.clone()), Refusal::OutOfTurn(lease), "{event:?}");
    }
    desk.hears(ready(&frame));
    desk.hears(started(&frame));
    assert_eq!(desk.hears(started(&frame)), [], "it is watched anew");
    for event in [ready(&frame), start_failed(&frame), collected(&frame)] {
        assert_eq!(desk.refuses(event.clone()), Refusal::OutOfTurn(lease), "{event:?}");
    }
}

#[test]
fn views_show_what_each_slot_does() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 1);
    desk.brings(&frame, Phase::Running);
    desk.hears(Event::Progress { lease: frame.lease, permille: 4_000 });
    let attempt = desk.render.attempts().next().unwrap();
    assert_eq!((attempt.phase, attempt.process, attempt.permille), (Phase::Running, Some(MARK), 1000));
    let busy: Vec<bool> = desk.render.slots().iter().map(|slot| *slot != model::SlotState::Free).collect();
    assert_eq!(busy, [false, true]);
    assert_eq!(desk.render.held()[0].slot, SlotIndex(1));
}

#[test]
fn warnings_go_with_the_report_and_a_flood_of_them_does_not() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    desk.brings(&frame, Phase::Collecting);
    let missing = (0..1_000).map(|n| format!("texture {n} is\n missing {}", "!".repeat(1_000)));
    let warnings =
        ["black".to_owned(), " ".to_owned(), "black".to_owned()].into_iter().chain(missing).collect();
    let effects = desk.hears(Event::Collected { lease: frame.lease, outputs: vec![output()], warnings });
    let Some(Effect::ToSchedule(RenderToSchedule::Report(report))) = effects.last() else {
        panic!("{effects:?}")
    };
    assert_eq!(report.warnings.len(), 16);
    assert_eq!(report.warnings[0], "black");
    assert!(report.warnings[1].starts_with("texture 0 is missing !!"), "a warning is one line");
    assert!(report.warnings.iter().all(|warning| warning.len() <= 300));
}

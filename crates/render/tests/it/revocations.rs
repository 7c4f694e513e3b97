//! A lease is taken away, in each phase; nothing is reported of it, and its slot is free when nothing of it
//! is left.

use model::{Exit, Grant, RenderToSchedule, SlotIndex};
use render::{Phase, Refusal};

use crate::desk::{
    Desk, busy, collected, exited, forgets, gone, grant, kills, opens, ready, reports, says, start_failed,
    started, starts,
};

#[test]
fn while_preparing_the_session_is_broken_off_and_the_slot_is_free_at_once() {
    let mut desk = Desk::linked();
    let (one, two) = (grant(1, 1, 0, 0), grant(2, 1, 1, 0));
    desk.brings(&one, Phase::Preparing);
    assert_eq!(desk.is_revoked(&one), gone(&one, true, &[]));
    assert!(desk.is_granted(&two).contains(&opens(&two)));
    assert_eq!(desk.refuses(ready(&one)), Refusal::UnknownLease(one.lease), "the slot has moved on");
    assert_eq!(desk.phase(&two), Some(Phase::Preparing));
}

#[test]
fn while_running_the_slot_waits_for_the_process_to_be_gone() {
    let mut desk = Desk::linked();
    let (one, two) = (grant(1, 1, 0, 0), grant(2, 1, 1, 0));
    desk.brings(&one, Phase::Running);
    assert_eq!(desk.is_revoked(&one), [kills(&one)]);
    assert_eq!(desk.is_revoked(&one), [], "it is killed once");
    assert_eq!(desk.render.held()[0].lease, one.lease, "its slot is still busy");
    assert_eq!(desk.is_granted(&two), [starts(&two)], "the shell begins it once the slot is clear");
    let since = desk.now;
    let alive = RenderToSchedule::Alive { held: vec![two.lease] };
    assert_eq!(desk.hears(exited(&one, Exit::Signal(9))), [forgets(&one), busy(&two, since), says(alive)]);
    assert_eq!(desk.refuses(exited(&one, Exit::Unknown)), Refusal::UnknownLease(one.lease));
}

#[test]
fn while_starting_the_kill_is_answered_in_one_of_three_ways() {
    let dropped = || {
        let mut desk = Desk::linked();
        let frame = grant(1, 1, 0, 0);
        desk.brings(&frame, Phase::Starting);
        assert_eq!(desk.is_revoked(&frame), [kills(&frame)]);
        (desk, frame)
    };
    let (mut desk, frame) = dropped();
    assert_eq!(desk.hears(start_failed(&frame)), gone(&frame, false, &[]));

    let (mut desk, frame) = dropped();
    assert_eq!(desk.hears(exited(&frame, Exit::Unknown)), gone(&frame, false, &[]));

    let (mut desk, frame) = dropped();
    assert_eq!(desk.hears(started(&frame)), [kills(&frame)], "it slipped through");
    assert_eq!(desk.refuses(start_failed(&frame)), Refusal::OutOfTurn(frame.lease));
    assert_eq!(desk.hears(exited(&frame, Exit::Signal(9))), gone(&frame, false, &[]));
}

#[test]
fn while_collecting_the_work_is_broken_off() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    desk.brings(&frame, Phase::Collecting);
    let alive = RenderToSchedule::Alive { held: Vec::new() };
    assert_eq!(desk.is_revoked(&frame), [forgets(&frame), says(alive)]);
    assert_eq!(desk.refuses(collected(&frame)), Refusal::UnknownLease(frame.lease));
}

#[test]
fn a_report_that_is_worth_nothing_any_more_is_not_sent_again() {
    let mut desk = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    desk.brings(&frame, Phase::Collecting);
    desk.hears(collected(&frame));
    assert_eq!(desk.is_revoked(&frame), []);
    assert_eq!(reports(&desk.hears(render::Event::ScheduleLinked)), []);
}

#[test]
fn a_lease_that_was_taken_back_is_not_taken_again_on_another_slot() {
    let mut desk = Desk::linked();
    let one = grant(1, 1, 0, 0);
    desk.brings(&one, Phase::Running);
    desk.is_revoked(&one);
    let again = Grant { slot: SlotIndex(1), ..one };
    let refused = RenderToSchedule::Refused { lease: again.lease, why: "lease 1 was taken back".into() };
    assert_eq!(desk.is_granted(&again), [says(refused)]);
}

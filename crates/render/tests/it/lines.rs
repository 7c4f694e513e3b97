//! What waits for a slot: begun in order, handed over early, withdrawn for nothing, and several at once.

use model::{
    AHEAD_MAX, Exit, FailureClass, Grant, LeaseId, Outcome, RenderToSchedule, Role, ScheduleToRender,
    SlotIndex, SlotState,
};
use render::{Effect, Event, Phase, Refusal};

use crate::desk::{
    Desk, busy, closes, collected, ended, exited, failures, forgets, free, grant, kills, makes_way,
    not_collected, opens, ready, reports, says, silent, start_failed, started, starts,
};

fn is_withdrawn(desk: &mut Desk, grant: &Grant) -> Vec<Effect> {
    desk.schedule_says(ScheduleToRender::Withdraw { lease: grant.lease })
}

fn not_begun(grant: &Grant) -> Event {
    Event::NotBegun { lease: grant.lease }
}

fn refuses(grant: &Grant) -> Effect {
    let why = "render host alpha had not begun it".to_owned();
    says(RenderToSchedule::Refused { lease: grant.lease, why })
}

fn wide(lease: u64, index: u32) -> Grant {
    Grant { also: vec![SlotIndex(1)], ..grant(lease, 1, index, 0) }
}

#[test]
fn what_the_session_serves_is_handed_over_at_once_and_moves_up_without_a_pause() {
    let mut desk = Desk::linked();
    let [one, two, three] = [1, 2, 3].map(|lease| grant(lease, 1, 0, 0));
    desk.brings(&one, Phase::Preparing);
    assert_eq!(desk.is_granted(&two), []);
    assert_eq!(desk.phase(&two), Some(Phase::Waiting));
    assert_eq!(desk.hears(ready(&one)), [starts(&one), starts(&two)]);
    assert_eq!(desk.is_granted(&three), [starts(&three)]);
    assert_eq!([&one, &two, &three].map(|grant| desk.phase(grant)), [Some(Phase::Starting); 3]);
    let since = desk.now;
    let effects = desk.hears(Event::Ended { ended: vec![silent(&one), silent(&two)] });
    assert_eq!(effects[..2], [forgets(&one), busy(&two, since)], "the slot is not free in between");
    assert_eq!(reports(&effects).len(), 2);
    assert_eq!(desk.hears(started(&three)).len(), 1);
    assert_eq!(desk.hears(exited(&three, Exit::Code(0))), makes_way(&three, Exit::Code(0)));
    assert_eq!(desk.hears(collected(&three))[0], forgets(&three));
}

#[test]
fn a_session_with_environments_ends_with_a_frame_that_ends_badly() {
    let tied = |grant: &Grant| Event::SessionReady { lease: grant.lease, tied: true };
    let mut desk = Desk::linked();
    let [one, two, three] = [1, 2, 3].map(|lease| grant(lease, 1, 0, 0));
    desk.is_granted(&one);
    desk.is_granted(&two);
    assert_eq!(desk.hears(tied(&one)), [starts(&one), starts(&two)]);
    desk.hears(started(&one));
    let ends = desk.hears(exited(&one, Exit::Code(0)));
    assert!(!ends.contains(&closes(&one)), "it goes on where all is well: {ends:?}");
    desk.hears(started(&two));
    desk.is_granted(&three);
    assert_eq!(desk.phase(&three), Some(Phase::Starting));
    let ends = desk.hears(exited(&two, Exit::Code(3)));
    assert_eq!(ends[..2], [Effect::TakeBack { lease: three.lease }, closes(&two)]);
    assert_eq!(desk.hears(not_begun(&three))[0], forgets(&three));
    let again = grant(4, 1, 0, 0);
    assert!(desk.is_granted(&again).contains(&opens(&again)));
    desk.hears(tied(&again));
    desk.hears(started(&again));
    desk.is_revoked(&again);
    assert!(desk.hears(exited(&again, Exit::Signal(15))).contains(&closes(&again)), "a killed one too");
}

#[test]
fn what_needs_another_session_waits_for_its_turn() {
    let mut desk = Desk::linked();
    let [one, other, third] = [(1, 1), (2, 2), (3, 1)].map(|(lease, job)| grant(lease, job, 0, 0));
    desk.brings(&one, Phase::Running);
    assert_eq!(desk.is_granted(&other), []);
    assert_eq!(desk.is_granted(&third), [], "it does not overtake");
    let since = desk.now;
    let effects = desk.hears(ended(&one));
    assert_eq!(effects[..4], [forgets(&one), busy(&other, since), closes(&one), opens(&other)]);
    assert_eq!(desk.hears(ready(&other)), [starts(&other)]);
    assert!(desk.hears(ended(&other)).contains(&opens(&third)));
}

#[test]
fn a_line_has_an_end() {
    let mut desk = Desk::linked();
    for lease in 1..=1 + AHEAD_MAX as u64 {
        let effects = desk.is_granted(&grant(lease, 1, 0, 0));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::ToSchedule(_))), "{lease}");
    }
    let one_more = grant(99, 1, 0, 0);
    let why = "32 leases wait for slot 0 of render host alpha".to_owned();
    assert_eq!(desk.is_granted(&one_more), [says(RenderToSchedule::Refused { lease: one_more.lease, why })]);
    assert_eq!(desk.render.held().len(), 1 + AHEAD_MAX, "all of it is said to be held");
}

#[test]
fn what_has_not_begun_can_be_withdrawn() {
    let mut desk = Desk::linked();
    let [one, two, three] = [(1, 1), (2, 1), (3, 2)].map(|(lease, job)| grant(lease, job, 0, 0));
    desk.brings(&one, Phase::Running);
    desk.is_granted(&two);
    desk.is_granted(&three);
    assert_eq!(is_withdrawn(&mut desk, &one), [], "it has begun");
    assert_eq!(is_withdrawn(&mut desk, &three), [forgets(&three), refuses(&three)]);
    assert_eq!(is_withdrawn(&mut desk, &two), [Effect::TakeBack { lease: two.lease }], "the shell has it");
    assert_eq!(desk.hears(not_begun(&two)), [forgets(&two), refuses(&two)]);
    assert_eq!(desk.refuses(not_begun(&one)), Refusal::OutOfTurn(one.lease));
    desk.hears(ended(&one));
    assert_eq!(is_withdrawn(&mut desk, &one), [], "it is reported");

    let preparing = grant(4, 1, 0, 1);
    desk.brings(&preparing, Phase::Preparing);
    let effects = is_withdrawn(&mut desk, &preparing);
    assert_eq!(effects, [forgets(&preparing), closes(&preparing), free(&preparing), refuses(&preparing)]);
}

#[test]
fn what_began_while_it_was_withdrawn_goes_on() {
    let mut desk = Desk::linked();
    let [one, two] = [1, 2].map(|lease| grant(lease, 1, 0, 0));
    desk.brings(&one, Phase::Starting);
    desk.is_granted(&two);
    is_withdrawn(&mut desk, &two);
    let effects = desk.hears(Event::Ended { ended: vec![silent(&one), silent(&two)] });
    assert_eq!(reports(&effects).len(), 2);
}

#[test]
fn what_waits_can_be_revoked() {
    let mut desk = Desk::linked();
    let [one, two, three] = [(1, 1), (2, 1), (3, 2)].map(|(lease, job)| grant(lease, job, 0, 0));
    desk.brings(&one, Phase::Running);
    desk.is_granted(&two);
    desk.is_granted(&three);
    let alive = |held: &[LeaseId]| says(RenderToSchedule::Alive { held: held.to_vec() });
    assert_eq!(desk.is_revoked(&three), [forgets(&three), alive(&[one.lease, two.lease])]);
    assert_eq!(desk.is_revoked(&two), [kills(&two)]);
    assert_eq!(desk.hears(exited(&two, Exit::Unknown)), [forgets(&two), alive(&[one.lease])]);
}

#[test]
fn a_host_that_failed_gives_back_what_waits() {
    let mut desk = Desk::linked();
    let [one, two] = [1, 2].map(|lease| grant(lease, 1, 0, 0));
    desk.brings(&one, Phase::Collecting);
    desk.is_granted(&two);
    let effects = desk.hears(not_collected(&one, FailureClass::Host));
    assert_eq!(effects[..2], [Effect::TakeBack { lease: two.lease }, forgets(&one)], "it may have begun");
    assert!(!effects.contains(&closes(&one)), "it is in use");
    assert_eq!(failures(&effects), [FailureClass::Host]);
    assert!(desk.hears(not_begun(&two)).contains(&refuses(&two)));

    let mut desk = Desk::linked();
    desk.brings(&one, Phase::Starting);
    desk.is_granted(&two);
    assert_eq!(failures(&desk.hears(start_failed(&one))), [FailureClass::Host]);
    assert!(desk.hears(not_begun(&two)).contains(&free(&two)));
}

#[test]
fn a_wide_one_begins_when_all_its_slots_are_clear_and_is_not_overtaken() {
    let mut desk = Desk::linked();
    let (left, right) = (grant(1, 1, 0, 0), grant(2, 1, 1, 1));
    let (wide, late) = (wide(3, 2), grant(4, 1, 3, 1));
    desk.brings(&left, Phase::Running);
    desk.brings(&right, Phase::Running);
    assert_eq!(desk.is_granted(&wide), []);
    assert_eq!(desk.is_granted(&late), [], "the wide one came first");
    assert!(desk.hears(ended(&left)).contains(&free(&left)));
    assert_eq!(desk.phase(&wide), Some(Phase::Waiting));
    let since = desk.now;
    let effects = desk.hears(ended(&right));
    let held = SlotState::Busy { frame: wide.frame, since };
    let holds = |slot| Effect::SlotChanged { slot: SlotIndex(slot), now: held.clone() };
    assert_eq!(effects[..4], [forgets(&right), holds(0), holds(1), starts(&wide)]);
    assert_eq!(desk.render.slots(), [held.clone(), held]);
    let effects = desk.hears(ended(&wide));
    let clear = Effect::SlotChanged { slot: SlotIndex(0), now: SlotState::Free };
    assert!(effects.contains(&busy(&late, since)) && effects.contains(&clear));
    assert!(effects.contains(&starts(&late)));
}

#[test]
fn a_wide_one_that_goes_lets_the_next_one_in() {
    let mut desk = Desk::linked();
    let (left, wide, late) = (grant(1, 1, 0, 0), wide(3, 2), grant(4, 1, 3, 1));
    desk.brings(&left, Phase::Running);
    desk.is_granted(&wide);
    desk.is_granted(&late);
    assert_eq!(desk.phase(&late), Some(Phase::Waiting));
    assert!(is_withdrawn(&mut desk, &wide).contains(&opens(&late)));
}

#[test]
fn a_gpu_is_held_by_one_attempt_at_a_time() {
    let mut desk = Desk::linked();
    let with_gpus = |grant: Grant, gpus: &[u16]| Grant { gpus: gpus.to_vec(), ..grant };
    let one = with_gpus(grant(1, 1, 0, 0), &[0, 1]);
    desk.brings(&one, Phase::Running);
    let is_refused = |desk: &mut Desk, grant: &Grant| {
        let effects = desk.is_granted(grant);
        matches!(&effects[..], [Effect::ToSchedule(RenderToSchedule::Refused { why, .. })] if why.contains("GPU 1"))
    };
    let two = with_gpus(grant(2, 1, 1, 1), &[1]);
    assert!(is_refused(&mut desk, &two));
    desk.is_revoked(&one);
    assert!(is_refused(&mut desk, &two), "its process is still there");
    assert!(
        !is_refused(&mut desk, &with_gpus(grant(3, 1, 2, 0), &[1])),
        "it has to wait for its turn anyway"
    );
    assert!(!is_refused(&mut desk, &with_gpus(grant(4, 1, 3, 1), &[2])));
}

#[test]
fn a_wide_grant_that_makes_no_sense_is_refused() {
    let mut desk = Desk::linked();
    for also in [vec![SlotIndex(0)], vec![SlotIndex(1), SlotIndex(1)], vec![SlotIndex(2)]] {
        let effects = desk.is_granted(&Grant { also, ..grant(1, 1, 0, 0) });
        assert!(matches!(effects[..], [Effect::ToSchedule(RenderToSchedule::Refused { .. })]));
    }
}

#[test]
fn a_restart_keeps_the_line() {
    let mut desk = Desk::linked();
    let [one, two, three] = [1, 2, 3].map(|lease| grant(lease, 1, 0, 0));
    desk.brings(&one, Phase::Starting);
    desk.is_granted(&two);
    desk.is_granted(&three);
    desk.hears(ended(&one));
    assert_eq!(desk.restarts(), [opens(&two)]);
    let text = serde_json::to_string(&desk.render).unwrap();
    assert_eq!(serde_json::from_str::<render::Render>(&text).unwrap(), desk.render);
    desk.hears(Event::ScheduleLinked);
    assert_eq!(desk.hears(ready(&two)), [starts(&two), starts(&three)]);
}

#[test]
fn a_stop_gives_the_line_back() {
    let mut desk = Desk::linked();
    let [one, two, three] = [(1, 1), (2, 1), (3, 2)].map(|(lease, job)| grant(lease, job, 0, 0));
    desk.brings(&one, Phase::Running);
    desk.is_granted(&two);
    desk.is_granted(&three);
    let effects = desk.hears(Event::Stop);
    assert_eq!(failures(&effects), [FailureClass::GivenBack], "of what the shell had not");
    assert!(effects.contains(&kills(&one)) && effects.contains(&kills(&two)));
    assert_eq!(failures(&desk.hears(exited(&two, Exit::Unknown))), [FailureClass::GivenBack]);
    assert_eq!(reports(&desk.hears(ended(&one))).len(), 1, "it was done all the same");
    assert_eq!(desk.render.attempts().count(), 0);
}

#[test]
fn one_bad_end_keeps_nothing_from_the_others() {
    let mut desk = Desk::linked();
    let (known, unknown) = (grant(1, 1, 0, 0), grant(2, 1, 1, 0));
    desk.brings(&known, Phase::Starting);
    let effects = desk.hears(Event::Ended { ended: vec![silent(&unknown), silent(&known), silent(&known)] });
    assert_eq!(reports(&effects), [(known.lease, &Outcome::Done { outputs: Vec::new() })]);
    desk.render.check();
}

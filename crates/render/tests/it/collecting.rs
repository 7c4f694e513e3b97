//! What is rendered is collected beside what the slot does next, and not too much of it.

use model::{Amounts, Exit, FailureClass, Grant, LeaseId, RenderToSchedule, Role};
use render::{COLLECTED_BESIDE_MAX, Effect, Event, Phase, Record, Render};

use crate::desk::{
    Desk, busy, closes, collected, exited, failures, forgets, free, grant, kills, makes_way, not_collected,
    opens, ready, reports, says, started, starts,
};

fn rendered(grant: &Grant) -> Effect {
    says(RenderToSchedule::Rendered { lease: grant.lease })
}

#[test]
fn the_next_one_begins_while_the_one_before_is_collected() {
    let mut desk = Desk::linked();
    let [one, two, three] = [1, 2, 3].map(|lease| grant(lease, 1, 0, 0));
    desk.brings(&one, Phase::Running);
    desk.is_granted(&two);
    let since = desk.now;
    let exit = Exit::Code(0);
    let collects = Effect::Collect { grant: one.clone(), exit };
    assert_eq!(desk.hears(exited(&one, exit)), [collects, rendered(&one), busy(&two, since)]);
    assert_eq!([&one, &two].map(|grant| desk.phase(grant)), [Some(Phase::Collecting), Some(Phase::Starting)]);
    desk.hears(started(&two));
    assert_eq!(desk.hears(exited(&two, exit)), makes_way(&two, exit));
    assert_eq!(desk.is_granted(&three), [busy(&three, since), starts(&three)], "a free slot is free");
    let held: Vec<LeaseId> = desk.render.held().iter().map(|held| held.lease).collect();
    assert_eq!(held, [three.lease, one.lease, two.lease], "what is collected is held");
    assert_eq!(desk.hears(collected(&two))[0], forgets(&two), "in any order");
    assert_eq!(reports(&desk.hears(collected(&one))).len(), 1);
    assert_eq!(desk.phase(&three), Some(Phase::Starting));
}

#[test]
fn a_slow_storage_holds_rendering_back() {
    let mut desk = Desk::linked();
    let last = 2 + COLLECTED_BESIDE_MAX as u64;
    let line: Vec<Grant> = (1..=last).map(|lease| grant(lease, 1, 0, 0)).collect();
    desk.brings(&line[0], Phase::Starting);
    line[1..].iter().for_each(|grant| drop(desk.is_granted(grant)));
    for one in &line[..COLLECTED_BESIDE_MAX] {
        desk.hears(started(one));
        assert!(desk.hears(exited(one, Exit::Code(0))).contains(&rendered(one)));
    }
    let (full, next) = (&line[COLLECTED_BESIDE_MAX], &line[COLLECTED_BESIDE_MAX + 1]);
    desk.hears(started(full));
    let effects = desk.hears(exited(full, Exit::Code(0)));
    assert!(matches!(effects[..], [Effect::Collect { .. }]), "it keeps its slot: {effects:?}");
    assert_eq!(desk.render.slots()[0], model::SlotState::Busy { frame: full.frame, since: desk.now });
    let effects = desk.hears(collected(&line[1]));
    let since = desk.now;
    assert_eq!(effects[..3], [forgets(&line[1]), rendered(full), busy(next, since)]);
    assert_eq!(desk.phase(next), Some(Phase::Starting));
}

#[test]
fn what_holds_the_slot_while_too_much_is_collected_leaves_it_when_it_is_reported() {
    let mut desk = Desk::linked();
    let line: Vec<Grant> = (1..=4).map(|lease| grant(lease, 1, 0, 0)).collect();
    for one in &line {
        desk.brings(one, Phase::Collecting);
    }
    let effects = desk.hears(collected(&line[3]));
    assert_eq!(effects[..2], [forgets(&line[3]), free(&line[3])]);
    desk.restarts();
}

#[test]
fn a_restart_collects_all_of_it_again_and_says_so() {
    let mut desk = Desk::linked();
    let (one, two) = (grant(1, 1, 0, 0), grant(2, 2, 0, 0));
    desk.brings(&one, Phase::Collecting);
    desk.brings(&two, Phase::Running);
    let exit = Exit::Code(0);
    let collects = Effect::Collect { grant: one.clone(), exit };
    let effects = desk.restarts();
    assert!(matches!(&effects[..], [Effect::Adopt { .. }, again] if *again == collects), "{effects:?}");
    let text = serde_json::to_string(&desk.render).unwrap();
    assert_eq!(serde_json::from_str::<Render>(&text).unwrap(), desk.render);
    assert!(desk.hears(Event::ScheduleLinked).contains(&rendered(&one)));
    assert_eq!(reports(&desk.hears(collected(&one))).len(), 1);
}

#[test]
fn a_lease_that_is_collected_can_be_taken_away_and_the_slot_does_not_notice() {
    let mut desk = Desk::linked();
    let (one, two) = (grant(1, 1, 0, 0), grant(2, 1, 1, 0));
    desk.brings(&one, Phase::Collecting);
    desk.brings(&two, Phase::Running);
    let effects = desk.is_revoked(&one);
    assert_eq!(effects[0], forgets(&one));
    assert!(!effects.contains(&kills(&two)));
    assert_eq!(desk.phase(&two), Some(Phase::Running));
}

#[test]
fn a_host_that_fails_in_collecting_is_not_trusted_with_what_has_not_begun() {
    let mut desk = Desk::linked();
    let (one, other) = (grant(1, 1, 0, 0), grant(2, 2, 0, 0));
    desk.brings(&one, Phase::Collecting);
    let effects = desk.is_granted(&other);
    assert_eq!(effects[1..], [closes(&one), opens(&other)], "another step has the slot at once");
    let effects = desk.hears(not_collected(&one, FailureClass::Host));
    assert_eq!(failures(&effects), [FailureClass::Host]);
    assert!(!effects.contains(&closes(&other)), "a session that is being opened has nothing to do with it");
    assert_eq!(desk.hears(ready(&other)), [starts(&other)]);
}

#[test]
fn an_ordered_end_waits_for_what_is_collected() {
    let mut desk = Desk::linked();
    let one = grant(1, 1, 0, 0);
    desk.brings(&one, Phase::Collecting);
    let effects = desk.hears(Event::Stop);
    assert!(!effects.contains(&Effect::Stopped));
    desk.hears(collected(&one));
    assert!(desk.is_acknowledged(&one).contains(&Effect::Stopped));
}

#[test]
fn what_is_rendered_uses_no_gpu_and_idle_sessions_make_room() {
    let mut desk = Desk::linked();
    desk.hears(Event::Amounts(Amounts { memory_bytes: 100, gpus: 1 }));
    let with =
        |grant: Grant, memory_bytes, gpus: &[u16]| Grant { memory_bytes, gpus: gpus.to_vec(), ..grant };
    let one = with(grant(1, 1, 0, 0), 60, &[0]);
    desk.brings(&one, Phase::Collecting);
    let none = grant(2, 2, 0, 1);
    desk.brings(&none, Phase::Running);
    assert_eq!(desk.hears(exited(&none, Exit::Code(0))), makes_way(&none, Exit::Code(0)));
    let two = with(grant(3, 2, 1, 1), 30, &[]);
    assert!(!desk.is_granted(&two).contains(&closes(&one)), "there is room for both");
    desk.hears(started(&two));
    desk.hears(exited(&two, Exit::Code(0)));
    let three = with(grant(4, 2, 2, 1), 50, &[]);
    assert!(desk.is_granted(&three).contains(&closes(&one)), "its package may hold on to its memory");
    desk.hears(started(&three));
    desk.hears(exited(&three, Exit::Code(0)));
    let four = with(grant(5, 1, 3, 0), 60, &[0]);
    let effects = desk.is_granted(&four);
    assert!(effects.contains(&opens(&four)) && effects.contains(&closes(&three)));
}

#[test]
fn in_older_journals_the_slot_was_busy_until_the_report() {
    let old = r#"{"type":"process_exited","lease":1,"exit":{"code":0},"usage":{"wall_ms":1,"cpu_ms":1,
        "memory_peak_bytes":1,"exit_code":0}}"#;
    let old: Record = serde_json::from_str(old).unwrap();
    assert!(matches!(old, Record::ProcessExited { at: None, .. }));
    let mut desk = Desk::linked();
    let (one, two) = (grant(1, 1, 0, 0), grant(2, 1, 1, 0));
    desk.brings(&one, Phase::Running);
    desk.is_granted(&two);
    let mut effects = Vec::new();
    desk.render.apply(&old, &mut effects);
    desk.journal.push(old);
    assert_eq!(effects, [Effect::Collect { grant: one.clone(), exit: Exit::Code(0) }]);
    assert_eq!([&one, &two].map(|grant| desk.phase(grant)), [Some(Phase::Collecting), Some(Phase::Starting)]);
    assert!(matches!(desk.restarts()[..], [Effect::Collect { .. }]), "it is collected as it was then");
    desk.hears(Event::ScheduleLinked);
    assert!(desk.hears(collected(&one)).contains(&opens(&two)));
}

//! The door: who closes it, what goes back then, and how an ordered end comes.

use model::{ClosedBy, Door, Exit, FailureClass, HostOrder, HostVerb, RenderToSchedule, ScheduleToRender};
use render::{Effect, End, Event, Phase, Render};

use crate::desk::{Desk, collected, exited, failures, grant, kills, reports, says, started};

fn order(verb: HostVerb, now: bool) -> ScheduleToRender {
    ScheduleToRender::Order(HostOrder { verb, now, by: "ada".into() })
}

fn desk(owner: Option<&str>, hours: Option<&str>) -> Event {
    Event::Desk { owner: owner.map(str::to_owned), hours: hours.map(str::to_owned) }
}

fn closed(by: ClosedBy, why: &str) -> Door {
    Door::Closed { by, why: why.to_owned() }
}

fn told(door: Door) -> [Effect; 2] {
    [says(RenderToSchedule::Door(door.clone())), Effect::DoorChanged { door }]
}

fn takes_back(lease: u64) -> Effect {
    Effect::TakeBack { lease: model::LeaseId(lease) }
}

fn refusal(effects: &[Effect]) -> Option<&str> {
    effects.iter().find_map(|effect| match effect {
        Effect::ToSchedule(RenderToSchedule::Refused { why, .. }) => Some(why.as_str()),
        _ => None,
    })
}

#[test]
fn each_cause_closes_it_and_it_is_open_when_none_is_left() {
    let stopped = || closed(ClosedBy::Person, "stopped by ada");
    let busy = || closed(ClosedBy::Desk, "its owner is back");
    let day = || closed(ClosedBy::Hours, "only from 19:00 to 07:00");
    let (owner, hours) = (Some("its owner is back"), Some("only from 19:00 to 07:00"));
    let said = |verb| Event::ScheduleSpoke(order(verb, false));
    let steps = [
        (desk(owner, None), busy()),
        (desk(owner, hours), day()),
        (said(HostVerb::Stop), stopped()),
        (desk(None, hours), stopped()),
        (said(HostVerb::Start), day()),
        (desk(None, None), Door::Open),
        (said(HostVerb::Stop), stopped()),
        (desk(owner, None), stopped()),
        (said(HostVerb::Start), busy()),
        (desk(None, None), Door::Open),
    ];
    let mut bench = Desk::linked();
    let mut before = Door::Open;
    for (event, door) in steps {
        let name = format!("{event:?}");
        let effects = bench.hears(event);
        assert_eq!(bench.render.door(), door, "{name}");
        let news = if door == before { Vec::new() } else { told(door.clone()).to_vec() };
        assert_eq!(effects, news, "{name}");
        before = door;
    }
}

#[test]
fn a_closed_door_refuses_what_is_granted_and_says_why() {
    let mut bench = Desk::linked();
    bench.schedule_says(order(HostVerb::Stop, false));
    let effects = bench.is_granted(&grant(1, 1, 0, 0));
    assert_eq!(refusal(&effects), Some("render host alpha takes no frames: stopped by ada"));
    bench.schedule_says(order(HostVerb::Start, false));
    assert_eq!(refusal(&bench.is_granted(&grant(1, 1, 0, 0))), None);
}

#[test]
fn a_stop_lasts_through_restarts_and_what_the_desk_says_does_not() {
    let mut bench = Desk::linked();
    bench.schedule_says(order(HostVerb::Stop, false));
    bench.hears(desk(Some("its owner is back"), None));
    bench.restarts();
    assert_eq!(bench.render.door(), closed(ClosedBy::Person, "stopped by ada"));
    let text = serde_json::to_string(&bench.render).unwrap();
    let snapshot: Render = serde_json::from_str(&text).unwrap();
    assert_eq!(snapshot.door(), bench.render.door());
    let hello = bench.hears(Event::ScheduleLinked);
    assert!(matches!(
        &hello[..],
        [Effect::ToSchedule(RenderToSchedule::Hello { door: Door::Closed { by: ClosedBy::Person, .. }, .. })]
    ));
    bench.schedule_says(order(HostVerb::Start, false));
    bench.restarts();
    assert_eq!(bench.render.door(), Door::Open);
}

#[test]
fn closing_gives_back_what_has_not_begun_and_finishes_what_runs() {
    let mut bench = Desk::linked();
    let (runs, waits) = (grant(1, 1, 0, 0), grant(2, 1, 1, 0));
    let (prepares, behind) = (grant(3, 2, 0, 1), grant(4, 3, 0, 1));
    bench.brings(&runs, Phase::Running);
    bench.brings(&waits, Phase::Starting); // its session serves it, so the shell has it
    bench.brings(&prepares, Phase::Preparing);
    bench.brings(&behind, Phase::Waiting);
    let effects = bench.schedule_says(order(HostVerb::Stop, false));
    assert_eq!(failures(&effects), [FailureClass::GivenBack, FailureClass::GivenBack]);
    assert!(effects.contains(&takes_back(2)) && !effects.contains(&kills(&runs)));
    let refused = bench.hears(Event::NotBegun { lease: waits.lease });
    assert!(refusal(&refused).is_some());
    assert_eq!(bench.phase(&runs), Some(Phase::Running));
    bench.hears(exited(&runs, Exit::Code(0)));
    assert_eq!(failures(&bench.hears(collected(&runs))), []);
    assert_eq!(bench.render.attempts().count(), 0);
}

#[test]
fn now_gives_back_what_runs_too_and_so_does_the_owner_of_a_desk() {
    let events = [
        (Event::ScheduleSpoke(order(HostVerb::Stop, true)), "stopped by ada"),
        (desk(Some("its owner is back"), None), "its owner is back"),
    ];
    for (event, why) in events {
        for phase in [Phase::Starting, Phase::Running] {
            let mut bench = Desk::linked();
            let frame = grant(1, 1, 0, 0);
            bench.brings(&frame, phase);
            assert!(bench.hears(event.clone()).contains(&kills(&frame)), "{event:?} {phase:?}");
            let effects = bench.hears(exited(&frame, Exit::Signal(9)));
            assert_eq!(failures(&effects), [FailureClass::GivenBack]);
            let [(_, model::Outcome::Failed { message, .. })] = &reports(&effects)[..] else { panic!() };
            assert_eq!(message, why);
        }
    }
}

#[test]
fn the_end_of_its_hours_lets_frames_finish() {
    let mut bench = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    bench.brings(&frame, Phase::Running);
    let effects = bench.hears(desk(None, Some("only from 19:00 to 07:00")));
    assert_eq!(effects, told(closed(ClosedBy::Hours, "only from 19:00 to 07:00")));
    // Its owner comes in the morning, before it is done.
    assert!(
        bench
            .hears(desk(Some("its owner is back"), Some("only from 19:00 to 07:00")))
            .contains(&kills(&frame))
    );
}

#[test]
fn a_stop_that_is_repeated_with_now_gives_back_what_still_runs() {
    let mut bench = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    bench.brings(&frame, Phase::Running);
    bench.schedule_says(order(HostVerb::Stop, false));
    assert_eq!(bench.schedule_says(order(HostVerb::Stop, false)), []);
    assert_eq!(bench.schedule_says(order(HostVerb::Stop, true)), [kills(&frame)]);
}

#[test]
fn an_ordered_end_comes_when_the_last_frame_is_home() {
    for (verb, end, why) in [
        (HostVerb::Restart, End::Restart, "restarting, ordered by ada"),
        (HostVerb::Quit, End::Quit, "quitting, ordered by ada"),
    ] {
        let mut bench = Desk::linked();
        let frame = grant(1, 1, 0, 0);
        bench.brings(&frame, Phase::Running);
        let effects = bench.schedule_says(order(verb, false));
        assert_eq!(effects, told(closed(ClosedBy::Ending, why)));
        assert!(!bench.waits(100_000).contains(&Effect::Stopped));
        bench.hears(exited(&frame, Exit::Code(0)));
        bench.hears(collected(&frame));
        assert!(!bench.waits(0).contains(&Effect::Stopped), "its report is not acknowledged");
        assert!(bench.is_acknowledged(&frame).contains(&Effect::Stopped));
        assert_eq!(bench.render.end(), Some(end));
    }
}

#[test]
fn an_idle_host_ends_at_once_and_a_busy_one_when_it_must() {
    let mut bench = Desk::linked();
    bench.schedule_says(order(HostVerb::Restart, false));
    assert!(bench.waits(0).contains(&Effect::Stopped));
    let mut bench = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    bench.brings(&frame, Phase::Running);
    assert!(bench.schedule_says(order(HostVerb::Quit, true)).contains(&kills(&frame)));
    bench.hears(exited(&frame, Exit::Signal(9)));
    assert!(bench.is_acknowledged(&frame).contains(&Effect::Stopped));
}

#[test]
fn a_start_calls_an_ordered_end_off_until_it_has_begun() {
    let mut bench = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    bench.brings(&frame, Phase::Running);
    bench.schedule_says(order(HostVerb::Quit, false));
    assert_eq!(bench.schedule_says(order(HostVerb::Start, false)), told(Door::Open));
    assert_eq!(bench.render.end(), None);
    bench.schedule_says(order(HostVerb::Quit, true));
    bench.schedule_says(order(HostVerb::Start, false));
    assert_eq!(bench.render.end(), Some(End::Quit));
    assert!(!bench.render.door().is_open());
}

#[test]
fn what_the_host_has_stands_in_its_hello_and_a_change_in_another() {
    let amounts = model::Amounts { memory_bytes: 8 << 30, gpus: 2 };
    let mut bench = Desk::unlinked();
    bench.render = bench.render.with_amounts(amounts);
    let says_amounts = |effects: &[Effect]| match effects {
        [Effect::ToSchedule(RenderToSchedule::Hello { amounts, .. })] => Some(*amounts),
        _ => None,
    };
    assert_eq!(says_amounts(&bench.hears(Event::ScheduleLinked)), Some(amounts));
    bench.schedule_says(ScheduleToRender::Welcome);
    assert_eq!(bench.hears(Event::Amounts(amounts)), []);
    let one_lost = model::Amounts { gpus: 1, ..amounts };
    assert_eq!(says_amounts(&bench.hears(Event::Amounts(one_lost))), Some(one_lost));
}

#[test]
fn what_is_given_back_while_it_is_started_is_killed_once_it_runs() {
    let mut bench = Desk::linked();
    let frame = grant(1, 1, 0, 0);
    bench.brings(&frame, Phase::Starting);
    bench.hears(desk(Some("its owner is back"), None));
    assert!(bench.hears(started(&frame)).contains(&kills(&frame)));
}

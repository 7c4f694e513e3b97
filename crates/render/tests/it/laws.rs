//! What holds of every order of events: no invariant breaks, no event panics, and the journal alone makes
//! the live state.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Door, Exit, FailureClass, Grant, HostOrder, HostVerb, LeaseId, RenderToSchedule, ScheduleToRender,
    SlotIndex, TimeLimits,
};
use proptest::prelude::*;
use render::{Effect, Event};

use crate::desk::{Desk, collected, exited, grant, not_collected, ready, silent, start_failed, started};

/// One thing that can happen, sensible or not.
#[derive(Clone, Debug)]
enum Happening {
    Event(Event),
    Wait(u64),
    Restart,
}

fn happening() -> impl Strategy<Value = Happening> {
    let any_grant = || {
        (1..9_u64, 1..3_u64, 0..3_u16, prop::bool::weighted(0.1), prop::option::weighted(0.2, 1..20_000_u64))
            .prop_map(|(lease, job, slot, wide, limit)| {
                let also = if wide { vec![SlotIndex(1 - slot.min(1))] } else { Vec::new() };
                let times = TimeLimits { max_ms: limit, min_ms: limit, stall_ms: limit };
                Grant { also, times, ..grant(lease, job, 0, slot) }
            })
    };
    let class = || {
        use FailureClass::{Frame, GivenBack, Host};
        prop::sample::select(vec![Frame, Host, GivenBack])
    };
    let exit = prop::sample::select(vec![Exit::Code(0), Exit::Code(1), Exit::Signal(9), Exit::Unknown]);
    let lease = || (1..9_u64).prop_map(LeaseId);
    let verb =
        prop::sample::select(vec![HostVerb::Start, HostVerb::Start, HostVerb::Stop, HostVerb::Restart]);
    let said = prop_oneof![
        4 => any_grant().prop_map(ScheduleToRender::Grant),
        2 => lease().prop_map(|lease| ScheduleToRender::Revoke { lease }),
        2 => lease().prop_map(|lease| ScheduleToRender::Acknowledge { lease }),
        2 => lease().prop_map(|lease| ScheduleToRender::Withdraw { lease }),
        1 => Just(ScheduleToRender::Welcome),
        1 => (verb, prop::bool::ANY).prop_map(|(verb, now)| {
            ScheduleToRender::Order(HostOrder { verb, now, by: "ada".into() })
        }),
    ];
    let event = prop_oneof![
        8 => said.prop_map(Event::ScheduleSpoke),
        2 => Just(Event::ScheduleLinked),
        1 => Just(Event::ScheduleUnlinked),
        6 => any_grant().prop_map(|frame| ready(&frame)),
        1 => (lease(), class()).prop_map(|(lease, class)| {
            Event::SessionFailed { lease, class, why: "disk full".into() }
        }),
        6 => any_grant().prop_map(|frame| started(&frame)),
        1 => any_grant().prop_map(|frame| start_failed(&frame)),
        2 => (lease(), 0..2_000_u16).prop_map(|(lease, permille)| Event::Progress { lease, permille }),
        6 => (any_grant(), exit).prop_map(|(frame, exit)| exited(&frame, exit)),
        4 => any_grant().prop_map(|frame| collected(&frame)),
        4 => prop::collection::vec(any_grant(), 1..4)
            .prop_map(|frames| Event::Ended { ended: frames.iter().map(silent).collect() }),
        2 => lease().prop_map(|lease| Event::NotBegun { lease }),
        2 => (any_grant(), class()).prop_map(|(frame, class)| not_collected(&frame, class)),
        1 => (prop::option::weighted(0.3, Just("its owner is back")), prop::option::weighted(0.3, Just("by day")))
            .prop_map(|(owner, hours)| Event::Desk {
                owner: owner.map(str::to_owned),
                hours: hours.map(str::to_owned),
            }),
        1 => (0..3_u16).prop_map(|gpus| Event::Amounts(model::Amounts { memory_bytes: 1 << 30, gpus })),
    ];
    prop_oneof![
        40 => event.prop_map(Happening::Event),
        1 => Just(Happening::Event(Event::Stop)),
        3 => (0..70_000_u64).prop_map(Happening::Wait),
        2 => Just(Happening::Restart),
    ]
}

/// What the shell was asked to start, by slot and in which order, by effects alone.
#[derive(Default)]
struct Watched {
    started: BTreeSet<LeaseId>,
    reported: BTreeMap<LeaseId, RenderToSchedule>,
    /// As the schedule server knows it; nothing where it is not linked.
    door: Option<Door>,
}

impl Watched {
    fn sees(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Start { grant } => {
                    assert!(self.started.insert(grant.lease), "lease {} is started once", grant.lease);
                }
                Effect::Forget { lease } => {
                    self.started.remove(lease);
                }
                Effect::TakeBack { lease } => assert!(self.started.contains(lease), "the shell has it"),
                Effect::ToSchedule(RenderToSchedule::Report(report)) => {
                    let said = RenderToSchedule::Report(report.clone());
                    let before = self.reported.insert(report.lease, said.clone());
                    assert!(before.is_none_or(|before| before == said), "a report does not change");
                }
                Effect::ToSchedule(RenderToSchedule::Door(door)) => self.door = Some(door.clone()),
                Effect::ToSchedule(RenderToSchedule::Hello { held, door, .. }) => {
                    self.door = Some(door.clone());
                    let leases: std::collections::BTreeSet<_> = held.iter().map(|one| one.lease).collect();
                    assert_eq!(leases.len(), held.len(), "a lease is held once");
                }
                _ => {}
            }
        }
    }
}

proptest! {
    #[test]
    fn every_order_of_events_keeps_the_invariants(
        happenings in prop::collection::vec(happening(), 0..150),
    ) {
        let mut desk = Desk::linked();
        let mut watched = Watched { door: Some(Door::Open), ..Watched::default() };
        for happening in happenings {
            match happening {
                Happening::Event(event) => {
                    if let Event::ScheduleSpoke(ScheduleToRender::Grant(grant)) = &event {
                        // A lease is used once; this little farm uses its few again once they are gone.
                        if desk.render.held().iter().all(|held| held.lease != grant.lease) {
                            watched.reported.remove(&grant.lease);
                        }
                    }
                    let (held, closed) = (desk.render.held(), !desk.render.door().is_open());
                    let effects = desk.tries(event).unwrap_or_default();
                    let new = desk.render.held().iter().any(|now| !held.contains(now));
                    prop_assert!(!(closed && new), "nothing is taken by a closed door");
                    watched.sees(&effects);
                }
                Happening::Wait(ms) => watched.sees(&desk.waits(ms)),
                Happening::Restart => {
                    watched.started.clear();
                    watched.sees(&desk.restarts());
                }
            }
            if desk.render.is_welcome() {
                prop_assert_eq!(&watched.door, &Some(desk.render.door()), "the door is told as it is");
            }
        }
        desk.restarts();
    }
}

//! Who watches hosts has what there is, however they come, change, fall silent and go.

use std::collections::BTreeMap;

use model::{HostId, HostState, HostView, HostsSeen, ResourceToSchedule, Role, ScheduleToResource, Time};
use proptest::prelude::*;
use resource::{Effect, Event, Resource};

use crate::laws::an_event;

/// The link of the schedule server whose people watch.
const WATCHER: u64 = 20;

/// What they see.
#[derive(Default)]
struct Seen {
    hosts: BTreeMap<HostId, HostView>,
    messages: usize,
}

impl Seen {
    fn hears(&mut self, seen: HostsSeen) {
        self.messages += 1;
        assert!(!seen.more, "a farm as small as this is told in one piece");
        if seen.whole {
            self.hosts.clear();
        }
        self.hosts.extend(seen.are.into_iter().map(|host| (host.name.clone(), host)));
        for told in seen.slots {
            let host = self.hosts.get_mut(&told.host).expect("it was told of");
            (host.state, host.heard_at) = (told.state, told.heard_at);
            for slot in told.slots {
                let place = usize::from(slot.slot.0);
                host.slots[place] = slot;
            }
            let busy = |slot: &&model::SlotView| slot.now != model::SlotState::Free;
            host.slots_busy = u32::try_from(host.slots.iter().filter(busy).count()).unwrap();
        }
        for gone in seen.gone {
            self.hosts.remove(&gone);
        }
    }

    /// Without when they were last heard of, which is told with other news.
    fn shown(hosts: impl IntoIterator<Item = HostView>) -> Vec<HostView> {
        hosts.into_iter().map(|host| HostView { heard_at: Time(0), ..host }).collect()
    }
}

struct Farm {
    resource: Resource,
    now: Time,
    seen: Seen,
}

impl Farm {
    fn new() -> Self {
        Self { resource: Resource::new(Time(0)), now: Time(10_000), seen: Seen::default() }
    }

    fn happens(&mut self, event: &Event) {
        let mut effects = Vec::new();
        for record in self.resource.decide(self.now, event).unwrap_or_default() {
            self.resource.apply(&record, &mut effects);
        }
        self.resource.check();
        for effect in effects {
            if let Effect::ToSchedule { link: WATCHER, message: ResourceToSchedule::HostsSeen(seen) } = effect
            {
                self.seen.hears(seen);
            }
        }
    }

    fn watches(&mut self, hosts: bool) {
        let message = ScheduleToResource::Watch { hosts };
        self.happens(&Event::ScheduleSpoke { link: WATCHER, message });
    }

    /// Time goes on, and deadlines are kept.
    fn after_ms(&mut self, ms: u64) {
        let end = self.now.plus_ms(ms);
        while let Some(next) = self.resource.next_deadline().filter(|next| *next <= end) {
            self.now = next.max(self.now);
            self.happens(&Event::DeadlinePassed);
        }
        self.now = end;
    }

    fn seen_and_there(&self) -> (Vec<HostView>, Vec<HostView>) {
        let there = Seen::shown(self.resource.host_views(self.now));
        (Seen::shown(self.seen.hosts.values().cloned()), there)
    }

    /// What is seen becomes what is there; a host that falls silent just now is told of a moment later.
    fn assert_seen(&mut self) {
        for _ in 0..5 {
            let (seen, there) = self.seen_and_there();
            if seen == there {
                return;
            }
            self.after_ms(200);
        }
        let (seen, there) = self.seen_and_there();
        assert_eq!(seen, there);
    }
}

fn some_host(events: &[Event]) -> Farm {
    let mut farm = Farm::new();
    events.iter().for_each(|event| farm.happens(event));
    farm
}

fn hello() -> Event {
    let message =
        crate::database::hello("h0", "h0", model::ResourceInfo::default(), vec![model::SlotState::Free; 2]);
    Event::RenderSpoke { link: 1, message: Box::new(message) }
}

#[test]
fn a_silent_host_is_shown_as_such_and_then_goes() {
    let mut farm = some_host(&[hello()]);
    farm.watches(true);
    farm.after_ms(12_500);
    assert_eq!(farm.seen.hosts[&HostId::from("h0")].state, HostState::Silent);
    let message = Box::new(model::RenderToResource::Alive);
    farm.happens(&Event::RenderSpoke { link: 1, message });
    farm.after_ms(200);
    assert_eq!(farm.seen.hosts[&HostId::from("h0")].state, HostState::Idle, "it was heard of");
    farm.after_ms(14_200);
    assert_eq!(farm.seen.hosts.len(), 0, "and is gone at last");
}

#[test]
fn many_changes_are_told_at_once_and_none_to_who_does_not_watch() {
    let mut farm = some_host(&[hello()]);
    farm.watches(true);
    assert_eq!(farm.seen.messages, 1);
    let change = |slot: u16| {
        let (slot, now) = (model::SlotIndex(slot), model::SlotState::Free);
        Event::RenderSpoke { link: 1, message: Box::new(model::RenderToResource::Slot { slot, now }) }
    };
    for _ in 0..50 {
        farm.happens(&change(0));
        farm.happens(&change(1));
    }
    farm.after_ms(500);
    assert_eq!(farm.seen.messages, 2);
    farm.watches(false);
    farm.happens(&change(0));
    farm.after_ms(500);
    assert_eq!(farm.seen.messages, 2);
}

proptest! {
    #[test]
    fn who_watches_has_what_there_is(
        before in prop::collection::vec(an_event(), 0..8),
        events in prop::collection::vec((an_event(), 0..9_000_u64), 0..40),
    ) {
        let mut farm = some_host(&before);
        farm.watches(true);
        farm.assert_seen();
        for (event, ms) in &events {
            farm.happens(event);
            farm.after_ms(*ms);
        }
        farm.assert_seen();
    }
}

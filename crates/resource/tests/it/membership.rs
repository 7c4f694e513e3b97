//! How hosts enter the database, are kept current, and leave it.

use model::{
    ClosedBy, Door, FrameId, HEARTBEAT_MS, HostState, JobId, LEASE_MS, Profile, RenderToResource,
    ResourceToRender, SlotIndex, SlotState, StepIndex, Time,
};
use resource::{Effect, Event, REBUILD_MS, Refusal};

use crate::database::{Database, SCHEDULE, changed, hello, info, kinds, welcome};

fn busy(since: Time) -> SlotState {
    SlotState::Busy { frame: FrameId { job: JobId(1), step: StepIndex(0), index: 4 }, since }
}

#[test]
fn hosts_are_listed_by_name_with_their_free_slots() {
    let mut database = Database::settled();
    assert_eq!(database.joins(2, "beta", info()), [welcome(2)]);
    assert_eq!(database.joins(1, "alpha", info()), [welcome(1)]);
    let now = busy(database.now);
    assert_eq!(database.render_says(2, RenderToResource::Slot { slot: SlotIndex(1), now }), []);

    let list = database.asks(&Profile::default());
    assert_eq!(database.names(), ["alpha", "beta"]);
    assert_eq!((list.kinds[0].hosts, list.kinds[0].slots_free, list.kinds[0].slots_total), (2, 3, 4));
    assert_eq!((list.hosts_total, list.rejections, list.rebuilding), (2, vec![], false));

    let hosts = database.hosts();
    assert_eq!(hosts[0].state, HostState::Idle);
    assert_eq!((hosts[1].state, hosts[1].slots_busy, hosts[1].slots.len()), (HostState::Busy, 1, 2));
}

#[test]
fn lists_say_that_they_may_be_incomplete_for_a_while_after_the_start() {
    let mut database = Database::fresh();
    assert!(database.asks(&Profile::default()).rebuilding);
    assert_eq!(database.wait(REBUILD_MS - 1), []);
    assert!(database.asks(&Profile::default()).rebuilding);
    assert_eq!(database.wait(1), [changed()]);
    assert!(!database.asks(&Profile::default()).rebuilding);
}

#[test]
fn a_schedule_server_is_told_of_changes_once_until_it_asks_again() {
    let mut database = Database::settled();
    database.asks(&Profile::default());
    let told = kinds(false, &[("alpha", 1)], &[]);
    assert_eq!(database.joins(1, "alpha", info()), [welcome(1), changed(), told]);
    let told = kinds(false, &[("beta", 1)], &[]);
    assert_eq!(
        database.joins(2, "beta", info()),
        [welcome(2), told],
        "it knows already that lists are stale"
    );
    database.asks(&Profile::default());
    let left = database.hears(Event::RenderLinkClosed { link: 2 }).unwrap();
    assert_eq!(left, [Effect::CloseLink { link: 2 }, changed(), kinds(false, &[], &["beta"])]);
    database.hears(Event::ScheduleLinkClosed { link: SCHEDULE }).unwrap();
    assert_eq!(database.joins(3, "beta", info()), [welcome(3)], "nobody is left to be told");
}

#[test]
fn slots_and_equal_information_change_no_list() {
    let mut database = Database::settled();
    database.joins(1, "alpha", info());
    database.asks(&Profile::default());
    let now = busy(database.now);
    assert_eq!(database.render_says(1, RenderToResource::Slot { slot: SlotIndex(0), now }), []);
    assert_eq!(database.render_says(1, RenderToResource::Info { info: info() }), []);
    let mut more = info();
    more.memory_bytes *= 2;
    let told = kinds(false, &[("alpha", 2)], &[]);
    assert_eq!(database.render_says(1, RenderToResource::Info { info: more.clone() }), [changed(), told]);
    database.asks(&Profile::default());
    // What nobody can ask makes no list stale, and is shown all the same.
    more.memory_bytes += 5 << 20;
    more.packages[0].executable = "/opt/povray".into();
    assert_eq!(database.render_says(1, RenderToResource::Info { info: more.clone() }), []);
    assert_eq!(database.hosts()[0].info, more);
}

#[test]
fn whoever_asks_first_is_told_all_kinds_before_the_list() {
    let mut database = Database::settled();
    database.joins(1, "beta", info());
    database.joins(2, "alpha", info());
    let small = model::ResourceInfo { memory_bytes: 4 << 30, ..info() };
    database.joins(3, "gamma", small);
    let ask = model::ScheduleToResource::Ask { ask: 1, profile: "memory>=8G".parse().unwrap() };
    let spoke = Event::ScheduleSpoke { link: SCHEDULE, message: ask };
    let mut effects = database.hears(spoke.clone()).unwrap();
    let Some(Effect::ToSchedule { message: model::ResourceToSchedule::List { list, .. }, .. }) =
        effects.pop()
    else {
        panic!("{effects:?}")
    };
    assert_eq!(effects, [kinds(true, &[("alpha", 1), ("beta", 1), ("gamma", 2)], &[])]);
    let kind = model::KindMatch { kind: model::KindId(1), rank: 0, hosts: 2, slots_total: 4, slots_free: 4 };
    assert_eq!((list.kinds, list.only, list.except), (vec![kind], None, vec![]));
    assert_eq!(database.hears(spoke).unwrap().len(), 1, "it knows the kinds now");
}

#[test]
fn many_hosts_are_told_of_in_pieces() {
    let mut database = Database::settled();
    for link in 1..=5_001 {
        let message = hello(&format!("h{link:04}"), "x", info(), vec![]);
        let spoke = Event::RenderSpoke { link, message: Box::new(message) };
        let records = model::Role::decide(&database.resource, database.now, &spoke).unwrap();
        records.iter().for_each(|record| model::Role::apply(&mut database.resource, record, &mut Vec::new()));
    }
    let message = model::ScheduleToResource::Ask { ask: 1, profile: Profile::default() };
    let effects = database.hears(Event::ScheduleSpoke { link: SCHEDULE + 9_000, message }).unwrap();
    let pieces = effects.iter().filter_map(|effect| match effect {
        Effect::ToSchedule { message: model::ResourceToSchedule::Kinds { whole, are, .. }, .. } => {
            Some((*whole, are.len()))
        }
        _ => None,
    });
    assert_eq!(pieces.collect::<Vec<_>>(), [(true, 5_000), (false, 1)]);
}

#[test]
fn hosts_of_a_kind_are_told_apart_by_name_and_address() {
    let mut database = Database::settled();
    for (link, name) in (1..).zip(["a-1", "a-2", "a-3", "b-1"]) {
        let address = format!("10.0.{}.{link}", link % 2);
        let address = model::AddressInfo { interface: "eth0".into(), address, hardware: String::new() };
        database.joins(link, name, model::ResourceInfo { addresses: vec![address], ..info() });
    }
    let mut list = |text: &str| {
        let list = database.asks(&text.parse().unwrap());
        let only = list.only.unwrap_or_default().into_iter().map(|host| host.0).collect::<Vec<_>>().join(" ");
        let except = list.except.into_iter().map(|host| host.0).collect::<Vec<_>>().join(" ");
        (list.kinds.first().map_or(0, |kind| kind.hosts), only, except)
    };
    assert_eq!(list("host=a-2"), (1, "a-2".into(), String::new()));
    assert_eq!(list("host!=a-2"), (3, String::new(), "a-2".into()));
    assert_eq!(list("host=A-*"), (3, String::new(), "b-1".into()));
    assert_eq!(list("address=10.0.1.*"), (2, "a-1 a-3".into(), String::new()));
    assert_eq!(list("any(host=b-1, address=10.0.0.2)"), (2, "a-2 b-1".into(), String::new()));
    assert_eq!(list("any(host=b-1, memory>=1G)"), (4, String::new(), String::new()));
    assert_eq!(list("all(host=a-*, all(address=*.1, cpus>=1))"), (1, "a-1".into(), String::new()));
    assert_eq!(list("host=c-1"), (0, String::new(), String::new()));
}

#[test]
fn preferred_kinds_go_first() {
    let mut database = Database::settled();
    database.joins(1, "plain", info());
    database.joins(2, "large", model::ResourceInfo { memory_bytes: 64 << 30, ..info() });
    database.joins(3, "slow", model::ResourceInfo { tags: vec![], ..info() });
    let list = database.asks(&"; prefer memory>=64G:2, tag=fast".parse().unwrap());
    let ranks: Vec<(u32, u32)> = list.kinds.iter().map(|found| (found.kind.0, found.rank)).collect();
    assert_eq!(ranks, [(2, 0), (1, 2), (3, 3)]);
}

#[test]
fn a_closed_host_still_matches_and_offers_no_slot() {
    let mut database = Database::settled();
    database.joins(1, "alpha", info());
    let now = busy(database.now);
    database.render_says(1, RenderToResource::Slot { slot: SlotIndex(1), now });
    let door = Door::Closed { by: ClosedBy::Person, why: "stopped by ada".into() };
    assert_eq!(database.render_says(1, RenderToResource::Door(door.clone())), []);
    let free = |database: &mut Database| {
        let list = database.asks(&Profile::default());
        (list.kinds[0].hosts, list.kinds[0].slots_free)
    };
    assert_eq!(free(&mut database), (1, 0));
    assert_eq!((database.hosts()[0].state, &database.hosts()[0].door), (HostState::Draining, &door));
    database.render_says(1, RenderToResource::Slot { slot: SlotIndex(1), now: SlotState::Free });
    assert_eq!((free(&mut database), database.hosts()[0].state), ((1, 0), HostState::Closed));
    database.render_says(1, RenderToResource::Door(Door::Open));
    assert_eq!((free(&mut database), database.hosts()[0].state), ((1, 2), HostState::Idle));
}

#[test]
fn people_see_the_hosts_that_match_and_why_others_do_not() {
    let mut database = Database::settled();
    database.joins(1, "beta", info());
    database.joins(2, "alpha", model::ResourceInfo { memory_bytes: 4 << 30, ..info() });
    let (hosts, list) = database.hosts_for(Some("memory>=8G"));
    assert_eq!(hosts.iter().map(|host| host.name.0.as_str()).collect::<Vec<_>>(), ["beta"]);
    assert_eq!(list.unwrap().rejections[0].lacking, "memory below 8 GiB");
    assert_eq!(database.hosts_for(None).0.len(), 2);
}

#[test]
fn where_none_matches_the_nearest_are_named_with_what_they_lack() {
    let mut database = Database::settled();
    for (link, name) in (1..).zip(["n-1", "n-2", "n-3"]) {
        database.joins(link, name, model::ResourceInfo { memory_bytes: 14 << 30, ..info() });
    }
    database.joins(
        4,
        "far",
        model::ResourceInfo { os_family: "irix".into(), memory_bytes: 8 << 30, ..info() },
    );
    database.joins(5, "mid", model::ResourceInfo { memory_bytes: 15 << 30, tags: vec![], ..info() });
    let list = database.asks(&"os=linux, memory>=16G, tag=fast".parse().unwrap());
    let near: Vec<(&str, u32, String)> =
        list.nearest.iter().map(|near| (near.host.0.as_str(), near.alike, near.lacks.join("; "))).collect();
    assert_eq!(
        near,
        [
            ("n-1", 3, "memory below 16 GiB: 14 GiB".to_owned()),
            ("mid", 1, "memory below 16 GiB: 15 GiB; tag fast missing".to_owned()),
            ("far", 1, "os_family is irix; memory below 16 GiB: 8 GiB".to_owned()),
        ]
    );
    let named = database.asks(&"host=mid, memory>=16G".parse().unwrap());
    assert_eq!((named.nearest.len(), &*named.nearest[0].host.0), (1, "mid"));
    assert_eq!(database.asks(&Profile::default()).nearest, []);
}

#[test]
fn a_silent_host_is_shown_as_such_and_then_leaves() {
    let mut database = Database::settled();
    database.joins(1, "alpha", info());
    database.joins(2, "beta", info());
    for _ in 0..2 {
        assert_eq!(database.wait(HEARTBEAT_MS), []);
        database.render_says(2, RenderToResource::Alive);
    }
    assert_eq!(database.wait(1_000), []);
    let states: Vec<HostState> = database.hosts().iter().map(|host| host.state).collect();
    assert_eq!(states, [HostState::Silent, HostState::Idle]);
    assert_eq!(database.wait(LEASE_MS - 2 * HEARTBEAT_MS - 1_000), [Effect::CloseLink { link: 1 }]);
    assert_eq!(database.names(), ["beta"]);
    let late = Event::RenderSpoke { link: 1, message: Box::new(RenderToResource::Alive) };
    assert_eq!(database.hears(late), Err(Refusal::NotInDatabase { link: 1 }));
}

#[test]
fn a_host_that_says_goodbye_leaves_at_once() {
    let mut database = Database::settled();
    database.joins(1, "alpha", info());
    assert_eq!(database.render_says(1, RenderToResource::Bye), [Effect::CloseLink { link: 1 }]);
    assert_eq!(database.hosts(), []);
    assert_eq!(database.hears(Event::RenderLinkClosed { link: 1 }), Ok(vec![]));
}

#[test]
fn a_render_server_that_comes_back_replaces_its_old_link_quietly() {
    let mut database = Database::settled();
    database.joins(1, "alpha", info());
    database.asks(&Profile::default());
    assert_eq!(database.joins(2, "alpha", info()), [Effect::CloseLink { link: 1 }, welcome(2)]);
    assert_eq!(database.hears(Event::RenderLinkClosed { link: 1 }), Ok(vec![]));
    assert_eq!(database.names(), ["alpha"]);
}

#[test]
fn two_render_servers_cannot_go_by_one_name() {
    let mut database = Database::settled();
    database.joins(1, "alpha", info());
    let effects = database.render_says(2, hello("alpha", "another", info(), vec![SlotState::Free]));
    let [Effect::ToRender { link: 2, message: ResourceToRender::TurnedAway { why } }, closed] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert!(why.contains("alpha") && why.contains("--name"), "{why}");
    assert_eq!(*closed, Effect::CloseLink { link: 2 });
    assert_eq!(database.names(), ["alpha"]);

    database.hears(Event::RenderLinkClosed { link: 1 }).unwrap();
    let slots = vec![SlotState::Free];
    assert_eq!(database.render_says(3, hello("alpha", "another", info(), slots))[0], welcome(3));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut database = Database::settled();
    let spoke = |link, message| Event::RenderSpoke { link, message: Box::new(message) };
    let early = database.hears(spoke(1, RenderToResource::Alive));
    assert_eq!(early, Err(Refusal::NotInDatabase { link: 1 }));
    database.joins(1, "alpha", info());
    let slot = RenderToResource::Slot { slot: SlotIndex(2), now: SlotState::Free };
    let refusal = database.hears(spoke(1, slot)).unwrap_err();
    assert_eq!(refusal.to_string(), "render host alpha has no slot 2");
    let second = database.hears(spoke(1, hello("beta", "alpha", info(), vec![]))).unwrap_err();
    assert_eq!(second, Refusal::SecondIdentity { link: 1, host: "alpha".into() });
    let many = vec![SlotState::Free; 70_000];
    let effects = database.render_says(2, hello("gamma", "gamma", info(), many));
    assert_eq!(effects[1], Effect::CloseLink { link: 2 });
}

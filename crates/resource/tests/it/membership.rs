//! How hosts enter the database, are kept current, and leave it.

use model::{
    FrameId, HEARTBEAT_MS, HostState, JobId, LEASE_MS, Profile, RenderToResource, ResourceToRender,
    SlotIndex, SlotState, StepIndex, Time,
};
use resource::{Effect, Event, REBUILD_MS, Refusal};

use crate::database::{Database, SCHEDULE, changed, hello, info, names, welcome};

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
    assert_eq!(names(&list), ["alpha", "beta"]);
    assert_eq!(list.matches.iter().map(|found| found.slots_free).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(list.matches[1].slots_total, 2);
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
    assert_eq!(database.joins(1, "alpha", info()), [welcome(1), changed()]);
    assert_eq!(database.joins(2, "beta", info()), [welcome(2)], "it knows already");
    database.asks(&Profile::default());
    let left = database.hears(Event::RenderLinkClosed { link: 2 }).unwrap();
    assert_eq!(left, [Effect::CloseLink { link: 2 }, changed()]);
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
    assert_eq!(database.render_says(1, RenderToResource::Info { info: more }), [changed()]);
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
    assert_eq!(names(&database.asks(&Profile::default())), ["beta"]);
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
    assert_eq!(names(&database.asks(&Profile::default())), ["alpha"]);
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
    assert_eq!(names(&database.asks(&Profile::default())), ["alpha"]);

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

//! What keys do.

use model::{FrameVerb, JobId, Rank, Topic};

use super::{farm, fetched, grid, hosts, keys, told};
use crate::record::played;
use crate::{Action, Event, Fetched, HostDeed, JobDeed, Key, Order, Told, Want};

/// What the last of these events has done.
fn done(events: impl IntoIterator<Item = Event>) -> Vec<Action> {
    let mut events: Vec<Event> = events.into_iter().collect();
    let last = events.pop().unwrap();
    played(events).happens(last)
}

fn pressed(text: &str) -> Vec<Action> {
    done(farm().into_iter().chain(keys(text)))
}

fn order(job: u64, deed: JobDeed) -> Action {
    Action::Order(Order::Job(JobId(job), deed))
}

#[test]
fn verbs_go_to_the_job_under_the_cursor_or_to_all_marked() {
    assert_eq!(pressed("h"), [order(2, JobDeed::Hold)]);
    assert_eq!(pressed("jr"), [order(6, JobDeed::Release)]);
    assert_eq!(pressed("  t"), [order(2, JobDeed::Retry), order(6, JobDeed::Retry)]);
    assert_eq!(pressed("  th"), [order(4, JobDeed::Hold)], "then none is marked any more");
    assert_eq!(pressed("1h"), [order(3, JobDeed::Hold)]);
}

#[test]
fn what_destroys_is_asked_about() {
    assert_eq!(pressed("x"), []);
    assert_eq!(pressed("xy"), [order(2, JobDeed::Kill)]);
    assert_eq!(pressed("xn"), []);
    assert_eq!(pressed("xnh"), [order(2, JobDeed::Hold)]);
    assert_eq!(
        done(farm().into_iter().chain(keys("x")).chain([Event::Key(Key::Enter)])),
        [],
        "Enter is no yes"
    );
    assert_eq!(pressed("  xy"), [order(2, JobDeed::Kill), order(6, JobDeed::Kill)]);
}

#[test]
fn a_priority_is_a_number() {
    let begin = "p\u{8}\u{8}";
    let mut events = farm();
    for letter in begin.chars() {
        events.push(Event::Key(if letter == '\u{8}' { Key::Backspace } else { Key::Char(letter) }));
    }
    events.extend(keys("-5\n"));
    assert_eq!(done(events), [order(2, JobDeed::Priority(-5))]);
    assert_eq!(pressed("px\n"), []);
    let top = played(farm().into_iter().chain(keys("px\n")));
    assert!(top.note.unwrap().is_bad);
}

#[test]
fn a_frame_is_requeued_tried_again_and_killed() {
    let looking =
        || farm().into_iter().chain(keys("\n")).chain([fetched(Fetched::Grid(JobId(2), grid(&[3, 1])))]);
    let pressed =
        |text: &str| done(looking().chain([Event::Key(Key::Right)]).chain(keys("\n")).chain(keys(text)));
    let order = |verb| [Action::Order(Order::Frame(JobId(2), "render".to_owned(), 2, verb))];
    assert_eq!(pressed("u"), order(FrameVerb::Requeue));
    assert_eq!(pressed("t"), order(FrameVerb::Retry));
    assert_eq!(pressed("x"), []);
    assert_eq!(pressed("xy"), order(FrameVerb::Kill));
}

#[test]
fn a_host_is_opened_drained_and_closed() {
    let pressed = |text: &str| done(farm().into_iter().chain(keys("4")).chain([hosts()]).chain(keys(text)));
    let order = |deed| [Action::Order(Order::Host("node-2".into(), deed))];
    assert_eq!(pressed("jo"), order(HostDeed::Open));
    assert_eq!(pressed("jd"), order(HostDeed::Drain));
    assert_eq!(pressed("jc"), []);
    assert_eq!(pressed("jcy"), order(HostDeed::Close));
    assert_eq!(pressed("j/2\n\u{0}d").len(), 1, "found by its name");
}

#[test]
fn who_asks_is_let_join() {
    let name = || "node-9".to_owned();
    assert_eq!(pressed("5ay"), [Action::Order(Order::Member { name: name(), joins: true })]);
    assert_eq!(pressed("5dy"), [Action::Order(Order::Member { name: name(), joins: false })]);
    assert_eq!(pressed("5d "), []);
}

#[test]
fn what_is_shown_is_followed() {
    let follow = |actions: Vec<Action>| {
        actions.into_iter().find_map(|action| match action {
            Action::Follow(topics) => Some(topics.iter().map(Topic::to_string).collect::<Vec<_>>().join(",")),
            _ => None,
        })
    };
    assert_eq!(follow(pressed("\n")).unwrap(), "farm,jobs,job:2,grid:2,joins");
    assert_eq!(follow(pressed("4")).unwrap(), "farm,jobs,hosts,joins");
    assert_eq!(follow(pressed("j")), None);
    let viewer = [Event::Moment(super::NOW), fetched(Fetched::Rank(Rank::Viewer))];
    assert_eq!(follow(done(viewer)).unwrap(), "farm,jobs", "who may not see all is told of the rest");
    let fetches = |actions: Vec<Action>| {
        actions.into_iter().filter(|action| matches!(action, Action::Fetch(_))).count()
    };
    assert_eq!(fetches(pressed("\n")), 2, "the job and its chunks");
}

#[test]
fn what_is_reset_is_fetched_once_and_again_where_it_came_too_early() {
    let reset = || told(Told::Reset(vec![Topic::Hosts]));
    let mut top = played(farm().into_iter().chain(keys("4")));
    assert_eq!(top.happens(reset()), [], "it is on its way");
    assert_eq!(top.happens(hosts()), [Action::Fetch(Want::Hosts)]);
    assert_eq!(top.happens(hosts()), []);
    assert_eq!(top.happens(reset()), [Action::Fetch(Want::Hosts)]);
}

#[test]
fn what_comes_too_late_is_not_shown() {
    let mut top = played(farm().into_iter().chain(keys("\n")));
    top.happens(Event::Key(Key::Esc));
    top.happens(fetched(Fetched::Grid(JobId(2), grid(&[2; 10]))));
    assert!(top.grid.is_none());
}

#[test]
fn one_leaves_by_q_at_the_top_and_by_an_interrupt_anywhere() {
    assert_eq!(pressed("q"), [Action::Quit]);
    assert!(!pressed("\nq").contains(&Action::Quit));
    assert_eq!(done(farm().into_iter().chain(keys("x")).chain([Event::Key(Key::Interrupt)])), [Action::Quit]);
}

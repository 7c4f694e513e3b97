//! Whatever steps wait for each other in whatever way: nothing runs before what it depends on, and every
//! frame ends.

use std::collections::BTreeMap;

use model::{
    Dependency, DependencyKind, FailureClass, FrameOrder, FrameState, FrameVerb, FramesOrder, JobDescription,
    JobId, JobState, Step,
};
use proptest::prelude::*;
use schedule::Event;

use crate::farm::{Farm, failed, job};

/// Something that happens; hosts are `a` and `b`.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Finish(bool),
    Fail(bool),
    Refuse(bool),
    Die(bool),
    Retry,
    Order(FrameVerb, Option<(i64, i64)>),
    Restart,
    Time,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        12 => any::<bool>().prop_map(Turn::Finish),
        3 => any::<bool>().prop_map(Turn::Fail),
        1 => any::<bool>().prop_map(Turn::Refuse),
        1 => any::<bool>().prop_map(Turn::Die),
        1 => Just(Turn::Retry),
        3 => (verb(), prop::option::of((0..12_i64, 0..5_i64)))
            .prop_map(|(verb, some)| Turn::Order(verb, some)),
        1 => Just(Turn::Restart),
        2 => Just(Turn::Time),
    ]
}

fn verb() -> impl Strategy<Value = FrameVerb> {
    prop_oneof![Just(FrameVerb::Kill), Just(FrameVerb::Retry), Just(FrameVerb::Requeue)]
}

/// A step that waits for some of those before it.
fn step(at: usize) -> impl Strategy<Value = Step> {
    let order = prop_oneof![
        Just(FrameOrder::Plain),
        Just(FrameOrder::FirstLastMiddle),
        (2..4_u32).prop_map(FrameOrder::EveryNth),
    ];
    let other = (any::<prop::sample::Index>(), prop::bool::weighted(0.7));
    let frames = (1..6_i64, 0..9_i64, 1..3_i64, any::<bool>());
    (frames, 1..5_u32, order, prop::collection::vec(other, 0..3)).prop_map(
        move |((first, many, step, back), chunk, order, others)| {
            let (low, high) = (first, first + many * step);
            let list = if back { format!("{high}-{low}x-{step}") } else { format!("{low}-{high}x{step}") };
            let bare = job("job", &list).steps.remove(0);
            let mut depends_on: Vec<Dependency> = Vec::new();
            for (other, by_frame) in others.into_iter().filter(|_| at > 0) {
                let by = if by_frame { DependencyKind::Frame } else { DependencyKind::Step };
                let step = format!("s{}", other.index(at));
                if depends_on.iter().all(|held| held.step != step) {
                    depends_on.push(Dependency { step, by, files: false });
                }
            }
            Step { name: format!("s{at}"), chunk, order, depends_on, ..bare }
        },
    )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let lists = (1..5_usize).prop_map(|count| (0..count).map(step).collect::<Vec<_>>());
    // Steps may stand in any order, whichever waits for which.
    lists.prop_flat_map(|steps| steps).prop_shuffle()
}

/// The state of each frame by step and number.
fn states(farm: &Farm, id: JobId, job: &JobDescription) -> BTreeMap<(String, i64), FrameState> {
    let frames = farm.schedule.frames(id).unwrap();
    let mut frames = frames.into_iter();
    let mut states = BTreeMap::new();
    for step in &job.steps {
        for (index, frame) in (0..step.chunks()).zip(&mut frames) {
            for number in step.chunk_numbers(index) {
                states.insert((step.name.clone(), number), frame.state);
            }
        }
    }
    states
}

/// Every frame that a host holds has all that it needs.
fn has_what_it_needs(farm: &Farm, id: JobId, job: &JobDescription) {
    let states = states(farm, id, job);
    let done = |name: &str, number: i64| {
        states.get(&(name.to_owned(), number)).is_none_or(|state| *state == FrameState::Done)
    };
    for grant in farm.hosts.values().flat_map(|host| host.held.values()) {
        let step = &job.steps[usize::from(grant.frame.step.0)];
        for Dependency { step: other, by, .. } in &step.depends_on {
            let mut needed: Vec<i64> = match by {
                DependencyKind::Frame => std::iter::once(grant.number).chain(grant.more.clone()).collect(),
                DependencyKind::Step => {
                    states.keys().filter(|(name, _)| name == other).map(|(_, number)| *number).collect()
                }
            };
            needed.retain(|number| !done(other, *number));
            assert!(needed.is_empty(), "{} {} began before {other} {needed:?}", step.name, grant.number);
        }
    }
}

fn take(farm: &mut Farm, id: JobId, turn: Turn) {
    let name = |host| if host { "b" } else { "a" };
    let busy = |farm: &Farm, host: bool| {
        let host = &farm.hosts[name(host)];
        host.link.is_some() && !host.held.is_empty()
    };
    match turn {
        Turn::Finish(host) if busy(farm, host) => drop(farm.finishes_one(name(host))),
        Turn::Fail(host) if busy(farm, host) => {
            farm.ends(name(host), |_| failed(FailureClass::Frame, "it broke"));
        }
        Turn::Refuse(host) if busy(farm, host) => drop(farm.refuses_one(name(host))),
        Turn::Die(host) => {
            farm.dies(name(host));
            farm.after_ms(60_000);
            farm.links(name(host), 2);
        }
        Turn::Retry => drop(farm.tries(Event::Retry(id))),
        Turn::Order(verb, some) => {
            let numbers = some.map(|(first, more)| format!("{first}-{}", first + more).parse().unwrap());
            let order = Box::new(FramesOrder { verb, numbers, states: None, step: None });
            drop(farm.tries(Event::OrderFrames { job: id, order, by: "eve".to_owned() }));
        }
        Turn::Restart => {
            farm.restarts();
            farm.links("a", 2);
            farm.links("b", 3);
        }
        Turn::Time => farm.after_ms(5_000),
        _ => {}
    }
}

fn until_it_ends(farm: &mut Farm) {
    for _ in 0..50 {
        farm.everything_is_rendered();
        farm.after_ms(5_000);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_runs_before_what_it_depends_on_and_every_frame_ends(
        steps in steps(),
        turns in prop::collection::vec(turn(), 0..60),
    ) {
        let description = JobDescription { steps, attempts_max: 2, ..job("job", "1") };
        let description = JobDescription { notify: vec!["eve@example.com".to_owned()], ..description };
        let mut farm = Farm::with_hosts(&[("a", 2), ("b", 3)]);
        let id = farm.submits(description.clone());
        let after = farm.submits(JobDescription { after: vec![id], ..job("after", "1") });
        has_what_it_needs(&farm, id, &description);
        farm.watches_all();
        for turn in turns {
            take(&mut farm, id, turn);
            if matches!(turn, Turn::Restart) {
                farm.watches_anew();
            }
            farm.nothing_was_missed();
            has_what_it_needs(&farm, id, &description);
        }
        until_it_ends(&mut farm);
        let view = farm.job(id);
        prop_assert!(view.state.is_final(), "{:?}", view.waiting_because);
        prop_assert_eq!(view.frames_done + view.frames_failed, view.frames_total);
        let broke = states(&farm, id, &description).values().any(|state| *state == FrameState::Failed);
        prop_assert_eq!(view.state == JobState::Failed, broke);
        prop_assert_eq!(farm.job(after).state.is_final(), !broke);
        // A person lets what failed be retried, and now nothing breaks.
        let retried = farm.tries(Event::Retry(id));
        prop_assert_eq!(retried.is_ok(), view.state == JobState::Failed, "{:?}", retried);
        drop(farm.tries(Event::Retry(after)));
        until_it_ends(&mut farm);
        prop_assert_eq!(farm.job(id).state, JobState::Done);
        prop_assert_eq!(farm.job(after).state, JobState::Done);
        prop_assert_eq!(&farm.replayed(), &farm.schedule);
        let kept = serde_json::to_string(&farm.schedule).unwrap();
        prop_assert_eq!(&serde_json::from_str::<schedule::Schedule>(&kept).unwrap(), &farm.schedule);
    }
}

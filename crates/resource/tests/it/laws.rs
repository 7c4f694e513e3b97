//! What holds of every profile, every host and every order of events.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AddressInfo, ClosedBy, Door, Field, GpuInfo, HostView, KindId, Need, PackageInfo, PackageNeed,
    Preference, Profile, RenderToResource, Requirement, ResourceInfo, ResourceToSchedule, Role,
    ScheduleToResource, SlotIndex, SlotState, Time,
};
use proptest::prelude::*;
use resource::{Effect, Event, Resource, askable, lacks};

use crate::database::hello;

/// Few words, so that hosts and profiles meet often.
fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["linux", "irix", "x86_64", "mips", "h0", "h1", "h2", "3.7.0", "12"])
        .prop_map(str::to_owned)
}

fn package_name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["povray", "blender", "command"]).prop_map(str::to_owned)
}

fn an_info() -> impl Strategy<Value = ResourceInfo> {
    let package = (package_name(), "[1-4]\\.[0-9]").prop_map(|(name, version)| PackageInfo {
        executable: format!("/usr/bin/{name}"),
        name,
        version,
    });
    let texts = prop::collection::vec(word(), 6);
    let words = || prop::collection::vec(word(), 0..3);
    let gpu = (0..3_u64).prop_map(|gib| GpuInfo { memory_bytes: gib << 30, ..GpuInfo::default() });
    let lists = (prop::collection::vec(package, 0..3), words(), words(), prop::collection::vec(gpu, 0..3));
    (texts, 0..8_u32, 0..8_u64, lists).prop_map(|(texts, processors, amount, lists)| {
        let (packages, tags, pools, gpus) = lists;
        ResourceInfo {
            pools,
            gpus,
            addresses: vec![AddressInfo {
                interface: "e".into(),
                address: texts[0].clone(),
                hardware: String::new(),
            }],
            machine_family: texts[0].clone(),
            machine_type: texts[1].clone(),
            os_family: texts[2].clone(),
            os_type: texts[3].clone(),
            os_version: texts[4].clone(),
            processor_family: texts[5].clone(),
            processors,
            memory_bytes: amount << 30,
            packages,
            tags,
            ..ResourceInfo::default()
        }
    })
}

fn a_requirement() -> impl Strategy<Value = Requirement> {
    prop_oneof![
        prop::collection::vec(word(), 1..4).prop_map(Requirement::OneOf),
        prop::collection::vec(word(), 1..4).prop_map(Requirement::NoneOf),
        (0..8_u64).prop_map(|n| Requirement::AtLeast(n << 30)),
        (0..8_u64).prop_map(Requirement::AtMost),
        prop::sample::select(vec!["12", "3.x", ">=11,<13"])
            .prop_map(|v| Requirement::Version(v.parse().unwrap())),
    ]
}

fn a_need() -> impl Strategy<Value = Need> {
    let field = prop::sample::select(Field::ALL.to_vec());
    let version = prop::sample::select(vec!["x", "3", "3.7", ">=2,<4"]);
    let package = (package_name(), version)
        .prop_map(|(name, version)| Need::Package(PackageNeed { name, version: version.parse().unwrap() }));
    let leaf = prop_oneof![
        4 => (field, a_requirement()).prop_map(|(field, it)| Need::Field(field, it)),
        2 => package,
        1 => word().prop_map(Need::Tag),
        1 => word().prop_map(Need::Pool),
        1 => (0..3_u64, 1..3_u16).prop_map(|(gib, count)| Need::Gpu {
            model: None,
            memory_bytes: gib << 30,
            count,
        }),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Need::Any),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Need::All),
            inner.prop_map(|need| Need::Not(Box::new(need))),
        ]
    })
}

fn a_profile() -> impl Strategy<Value = Profile> {
    prop::collection::vec(a_need(), 0..4).prop_map(Profile::of)
}

fn farm(infos: &[ResourceInfo]) -> Resource {
    let mut resource = Resource::new(Time(0));
    for (link, info) in (0_u64..).zip(infos) {
        let name = format!("h{link}");
        let message = Box::new(hello(&name, &name, info.clone(), vec![SlotState::Free]));
        run(&mut resource, Time(1), &Event::RenderSpoke { link, message });
    }
    resource
}

fn run(resource: &mut Resource, now: Time, event: &Event) {
    let mut effects = Vec::new();
    for record in resource.decide(now, event).unwrap_or_default() {
        resource.apply(&record, &mut effects);
    }
    resource.check();
}

/// The hosts that a list means, as whoever knows the kinds finds them.
fn matching(resource: &mut Resource, profile: &Profile) -> BTreeSet<String> {
    let message = ScheduleToResource::Ask { ask: 1, profile: profile.clone() };
    // Another schedule server each time, so that it is told all kinds.
    let link = 1_000_000;
    let mut effects = Vec::new();
    for record in resource.decide(Time(2), &Event::ScheduleSpoke { link, message }).unwrap() {
        resource.apply(&record, &mut effects);
    }
    run(resource, Time(2), &Event::ScheduleLinkClosed { link });
    let mut kinds: BTreeMap<KindId, BTreeSet<String>> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for effect in effects {
        match effect {
            Effect::ToSchedule { message: ResourceToSchedule::Kinds { are, .. }, .. } => {
                for (host, kind) in are {
                    kinds.entry(kind).or_default().insert(host.0);
                }
            }
            Effect::ToSchedule { message: ResourceToSchedule::List { list, .. }, .. } => {
                found = list.kinds.iter().flat_map(|one| kinds[&one.kind].clone()).collect();
                if let Some(only) = &list.only {
                    found.retain(|host| only.iter().any(|one| one.0 == *host));
                }
                found.retain(|host| list.except.iter().all(|one| one.0 != *host));
                let counted: u32 = list.kinds.iter().map(|one| one.hosts).sum();
                assert_eq!(counted as usize, found.len(), "{profile}");
            }
            other => panic!("{other:?}"),
        }
    }
    found
}

/// The same by looking at each host alone.
fn scanned(hosts: &[HostView], profile: &Profile) -> BTreeSet<String> {
    let fits = |host: &&HostView| lacks(&host.name, &askable(&host.info), profile).is_empty();
    hosts.iter().filter(fits).map(|host| host.name.0.clone()).collect()
}

pub(crate) fn an_event() -> impl Strategy<Value = Event> {
    let name = || prop::sample::select(vec!["h0", "h1", "h2"]);
    let hello = (name(), name(), an_info(), 0..4_usize)
        .prop_map(|(name, instance, info, slots)| hello(name, instance, info, vec![SlotState::Free; slots]));
    let slot =
        (0..4_u16).prop_map(|slot| RenderToResource::Slot { slot: SlotIndex(slot), now: SlotState::Free });
    let message = prop_oneof![
        3 => hello,
        2 => Just(RenderToResource::Alive),
        1 => Just(RenderToResource::Bye),
        1 => an_info().prop_map(|info| RenderToResource::Info { info }),
        1 => prop::sample::select(vec![
            Door::Open,
            Door::Closed { by: ClosedBy::Desk, why: "its owner is back".into() },
        ]).prop_map(RenderToResource::Door),
        2 => slot,
    ];
    let ask = prop_oneof![
        a_profile().prop_map(|profile| ScheduleToResource::Ask { ask: 1, profile }),
        Just(ScheduleToResource::Hosts { ask: 2, profile: None }),
    ];
    let spoke = (0..5_u64, message)
        .prop_map(|(link, message)| Event::RenderSpoke { link, message: Box::new(message) });
    prop_oneof![
        6 => spoke,
        1 => (0..5_u64).prop_map(|link| Event::RenderLinkClosed { link }),
        2 => (10..12_u64, ask).prop_map(|(link, message)| Event::ScheduleSpoke { link, message }),
        1 => (10..12_u64).prop_map(|link| Event::ScheduleLinkClosed { link }),
        2 => Just(Event::DeadlinePassed),
    ]
}

proptest! {
    #[test]
    fn who_asks_for_nothing_gets_everyone(infos in prop::collection::vec(an_info(), 0..6)) {
        let mut resource = farm(&infos);
        prop_assert_eq!(matching(&mut resource, &Profile::default()).len(), infos.len());
        prop_assert!(resource.list(&Profile::default()).rejections.is_empty());
    }

    #[test]
    fn not_caring_about_a_field_loses_no_host(
        infos in prop::collection::vec(an_info(), 0..6),
        profile in a_profile(),
        which in any::<prop::sample::Index>(),
    ) {
        let mut resource = farm(&infos);
        let narrow = matching(&mut resource, &profile);
        let mut wider = profile.clone();
        prop_assume!(!profile.needs.is_empty());
        wider.needs.remove(which.index(profile.needs.len()));
        prop_assert!(narrow.is_subset(&matching(&mut resource, &wider)));
    }

    #[test]
    fn one_more_need_wins_no_host(
        infos in prop::collection::vec(an_info(), 0..6),
        profile in a_profile(),
        need in a_need(),
    ) {
        let mut resource = farm(&infos);
        let wide = matching(&mut resource, &profile);
        let mut narrower = profile;
        narrower.needs.push(need);
        prop_assert!(matching(&mut resource, &narrower).is_subset(&wide));
    }

    #[test]
    fn the_explanation_agrees_with_the_result(
        infos in prop::collection::vec(an_info(), 0..6),
        profile in a_profile(),
    ) {
        let mut resource = farm(&infos);
        let listed = matching(&mut resource, &profile);
        let list = resource.list(&profile);
        let mut lacks_total = 0;
        for (i, info) in infos.iter().enumerate() {
            let name = format!("h{i}");
            let lacking = lacks(&name.as_str().into(), &askable(info), &profile);
            prop_assert_eq!(listed.contains(name.as_str()), lacking.is_empty());
            lacks_total += lacking.into_iter().collect::<BTreeSet<_>>().len();
        }
        prop_assert_eq!(list.hosts_total as usize, infos.len());
        let counted: u32 = list.rejections.iter().map(|one| one.hosts).sum();
        prop_assert_eq!(counted as usize, lacks_total);
        prop_assert!(list.rejections.iter().all(|one| one.hosts <= list.hosts_total));
        prop_assert_eq!(list.nearest.is_empty(), !listed.is_empty() || infos.is_empty());
        prop_assert!(list.nearest.iter().all(|near| !near.lacks.is_empty() && near.alike > 0));
    }

    #[test]
    fn any_all_and_not_are_or_and_and_not(
        infos in prop::collection::vec(an_info(), 0..6),
        one in a_need(),
        other in a_need(),
    ) {
        let mut resource = farm(&infos);
        let mut of = |need: Need| matching(&mut resource, &Profile::of([need]));
        let (left, right) = (of(one.clone()), of(other.clone()));
        let all = of(Need::All(vec![]));
        prop_assert_eq!(all.len(), infos.len());
        prop_assert_eq!(of(Need::Any(vec![])).len(), 0);
        prop_assert_eq!(of(Need::Any(vec![one.clone(), other.clone()])), &left | &right);
        prop_assert_eq!(of(Need::All(vec![one.clone(), other.clone()])), &left & &right);
        prop_assert_eq!(of(Need::Not(Box::new(one.clone()))), &all - &left);
        let both = Profile::of([one, other]);
        prop_assert_eq!(matching(&mut resource, &both), &left & &right);
    }

    #[test]
    fn preferences_shut_nobody_out_and_rank_by_what_is_missed(
        infos in prop::collection::vec(an_info(), 0..6),
        profile in a_profile(),
        prefer in prop::collection::vec((a_need(), 1..5_u32), 0..4),
    ) {
        let mut resource = farm(&infos);
        let before = matching(&mut resource, &profile);
        let prefer = prefer.into_iter().filter(|(need, _)| !need.is_of_single_hosts());
        let prefer = prefer.map(|(need, weight)| Preference { need, weight }).collect();
        let ranked = Profile { prefer, ..profile };
        prop_assert_eq!(matching(&mut resource, &ranked), before);
        let ranks: Vec<u32> = resource.list(&ranked).kinds.iter().map(|found| found.rank).collect();
        prop_assert!(ranks.is_sorted());
        let most: u32 = ranked.prefer.iter().map(|one| one.weight).sum();
        prop_assert!(ranks.iter().all(|rank| *rank <= most));
    }

    #[test]
    fn kinds_mean_the_hosts_that_a_look_at_each_finds(
        events in prop::collection::vec((0..1_000_u64, an_event()), 0..40),
        profiles in prop::collection::vec(a_profile(), 1..4),
    ) {
        let mut now = Time(0);
        let mut resource = Resource::new(now);
        for (ms, event) in events {
            now = now.plus_ms(ms);
            run(&mut resource, now, &event);
            let hosts = resource.host_views(now);
            for profile in &profiles {
                // What was kept of the profile is used, and is right after whatever happened.
                prop_assert_eq!(matching(&mut resource, profile), scanned(&hosts, profile), "{}", profile);
            }
        }
    }

    #[test]
    fn every_order_of_events_keeps_the_invariants(
        events in prop::collection::vec((0..4_000_u64, an_event()), 0..80),
    ) {
        let mut now = Time(0);
        let mut resource = Resource::new(now);
        for (ms, event) in events {
            now = now.plus_ms(ms);
            run(&mut resource, now, &event);
        }
    }
}

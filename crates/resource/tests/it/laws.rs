//! What holds of every profile, every host and every order of events.

use std::collections::BTreeSet;

use model::{
    Field, GpuInfo, Need, PackageInfo, PackageNeed, Profile, RenderToResource, Requirement, ResourceInfo,
    Role, ScheduleToResource, SlotIndex, SlotState, Time,
};
use proptest::prelude::*;
use resource::{Event, Resource, lacks};

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

fn matching(resource: &Resource, profile: &Profile) -> BTreeSet<String> {
    resource.list(profile).matches.into_iter().map(|found| found.host.0).collect()
}

fn an_event() -> impl Strategy<Value = Event> {
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
        let list = farm(&infos).list(&Profile::default());
        prop_assert_eq!(list.matches.len(), infos.len());
        prop_assert!(list.rejections.is_empty());
    }

    #[test]
    fn not_caring_about_a_field_loses_no_host(
        infos in prop::collection::vec(an_info(), 0..6),
        profile in a_profile(),
        which in any::<prop::sample::Index>(),
    ) {
        let resource = farm(&infos);
        let narrow = matching(&resource, &profile);
        let mut wider = profile.clone();
        prop_assume!(!profile.needs.is_empty());
        wider.needs.remove(which.index(profile.needs.len()));
        prop_assert!(narrow.is_subset(&matching(&resource, &wider)));
    }

    #[test]
    fn one_more_need_wins_no_host(
        infos in prop::collection::vec(an_info(), 0..6),
        profile in a_profile(),
        need in a_need(),
    ) {
        let resource = farm(&infos);
        let wide = matching(&resource, &profile);
        let mut narrower = profile;
        narrower.needs.push(need);
        prop_assert!(matching(&resource, &narrower).is_subset(&wide));
    }

    #[test]
    fn the_explanation_agrees_with_the_result(
        infos in prop::collection::vec(an_info(), 0..6),
        profile in a_profile(),
    ) {
        let list = farm(&infos).list(&profile);
        let listed: BTreeSet<&str> = list.matches.iter().map(|found| found.host.0.as_str()).collect();
        let mut lacks_total = 0;
        for (i, info) in infos.iter().enumerate() {
            let name = format!("h{i}");
            let lacking = lacks(&name.as_str().into(), info, &profile);
            prop_assert_eq!(listed.contains(name.as_str()), lacking.is_empty());
            lacks_total += lacking.into_iter().collect::<BTreeSet<_>>().len();
        }
        prop_assert_eq!(list.hosts_total as usize, infos.len());
        let counted: u32 = list.rejections.iter().map(|one| one.hosts).sum();
        prop_assert_eq!(counted as usize, lacks_total);
        prop_assert!(list.rejections.iter().all(|one| one.hosts <= list.hosts_total));
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

//! Hosts are told apart by their kinds: lists name kinds, hosts come and go one by one, and preferred kinds
//! are filled first.

use model::{HostId, KindId, KindMatch, ResourceList, ResourceToSchedule};
use proptest::prelude::*;
use schedule::Event;

use crate::farm::{Farm, farm, job};

#[test]
fn a_host_that_is_told_of_is_given_frames_without_another_list() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("job", "1-9"));
    let asks = farm.asks;
    let comes = |farm: &mut Farm, name: &str, link, slots| {
        let host = farm.hosts.entry(name.to_owned()).or_default();
        (host.link, host.slots) = (Some(link), slots);
    };
    comes(&mut farm, "b", 70, 2);
    farm.tells_kinds();
    farm.hello("b", "only", 70, 2, Vec::new());
    assert_eq!((farm.held("b").len(), farm.asks), (2, asks), "it is told of before it says hello");
    comes(&mut farm, "c", 71, 1);
    farm.hello("c", "only", 71, 1, Vec::new());
    assert_eq!(farm.held("c").len(), 0);
    farm.tells_kinds();
    assert_eq!((farm.held("c").len(), farm.asks), (1, asks), "or after");
}

#[test]
fn a_host_that_changes_its_kind_is_given_no_more() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    farm.submits(job("job", "1-9"));
    farm.hosts.get_mut("a").unwrap().unsuitable = true;
    farm.tells_kinds();
    farm.finishes_one("a");
    farm.finishes_one("b");
    assert_eq!((farm.held("a").len(), farm.held("b").len()), (0, 1));
    farm.hosts.get_mut("a").unwrap().unsuitable = false;
    farm.tells_kinds();
    assert_eq!(farm.held("a").len(), 1);
}

#[test]
fn preferred_hosts_are_filled_first_and_the_others_then() {
    let mut farm = Farm::with_hosts(&[("a", 4), ("b", 1), ("c", 1)]);
    (farm.hosts.get_mut("b").unwrap().kind, farm.hosts.get_mut("c").unwrap().kind) = (1, 2);
    farm.ranks = [(0, 7), (1, 3), (2, 0)].into();
    farm.tells_kinds();
    farm.submits(job("two", "1-2"));
    assert_eq!((farm.held("a").len(), farm.held("b").len(), farm.held("c").len()), (0, 1, 1));
    farm.submits(job("more", "1-9"));
    assert_eq!(farm.held("a").len(), 4);
}

#[test]
fn kinds_that_are_numbered_anew_mean_nothing_before_the_next_list() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    farm.hosts.get_mut("b").unwrap().unsuitable = true;
    farm.tells_kinds();
    farm.submits(job("job", "1-9"));
    assert_eq!((farm.held("a"), farm.held("b").len()), (vec![1], 0));
    // The resource server was started again: what was kind 0 is 99 now, and the other way round.
    farm.unanswered = Some(Vec::new());
    farm.happens(Event::ResourceUnlinked);
    farm.happens(Event::ResourceLinked);
    let are = vec![("a".into(), KindId(99)), ("b".into(), KindId(0))];
    let kinds = ResourceToSchedule::Kinds { whole: true, are, gone: Vec::new() };
    farm.happens(Event::ResourceSpoke(kinds));
    farm.finishes_one("a");
    assert_eq!((farm.held("a"), farm.held("b").len()), (vec![2], 0), "what is known stands");
    let ask = farm.unanswered.take().unwrap().pop().unwrap();
    let kinds = vec![KindMatch { kind: KindId(0), rank: 0, hosts: 1, slots_total: 1, slots_free: 1 }];
    let list = ResourceList { kinds, hosts_total: 2, ..ResourceList::default() };
    farm.happens(Event::ResourceSpoke(ResourceToSchedule::List { ask, list }));
    farm.finishes_one("a");
    assert_eq!((farm.held("a").len(), farm.held("b")), (0, vec![3]));
}

const HOSTS: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Clone, Debug)]
enum Said {
    Kinds {
        whole: bool,
        are: Vec<(usize, u32)>,
        gone: Vec<usize>,
    },
    /// Kinds with their ranks, and hosts that alone are meant or are not.
    List {
        kinds: Vec<(u32, u32)>,
        only: Option<Vec<usize>>,
        except: Vec<usize>,
    },
}

fn said() -> impl Strategy<Value = Said> {
    let hosts = || prop::collection::vec(0..HOSTS.len(), 0..3);
    let are = prop::collection::vec((0..HOSTS.len(), 0..3_u32), 0..4);
    let kinds = prop::collection::btree_map(0..3_u32, 0..3_u32, 0..4);
    prop_oneof![
        (prop::bool::weighted(0.3), are, hosts()).prop_map(|(whole, are, gone)| Said::Kinds {
            whole,
            are,
            gone
        }),
        (kinds, prop::option::weighted(0.3, hosts()), hosts()).prop_map(|(kinds, only, except)| {
            Said::List { kinds: kinds.into_iter().collect(), only, except }
        }),
    ]
}

fn names(hosts: &[usize]) -> Vec<HostId> {
    hosts.iter().map(|host| HostId::from(HOSTS[*host])).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The hosts that are given frames are those of the kinds that the last list named, as they are now.
    #[test]
    fn frames_go_to_the_hosts_of_the_kinds_that_match(all in prop::collection::vec(said(), 1..12)) {
        let mut farm = farm();
        farm.unanswered = Some(Vec::new());
        farm.submits(job("job", "1-1000"));
        for host in HOSTS {
            farm.links(host, 1);
        }
        let mut kinds = std::collections::BTreeMap::new();
        // Until all was told once there is nothing to go by.
        let first = Said::Kinds { whole: true, are: Vec::new(), gone: Vec::new() };
        let mut list: Option<Said> = None;
        for said in std::iter::once(first).chain(all) {
            let named = |are: &[(usize, u32)]| -> Vec<_> {
                are.iter().map(|(host, kind)| (HostId::from(HOSTS[*host]), KindId(*kind))).collect()
            };
            match &said {
                Said::Kinds { whole, are, gone } => {
                    if *whole {
                        (kinds, list) = (std::collections::BTreeMap::new(), None);
                    }
                    kinds.retain(|host, _| !gone.contains(host));
                    kinds.extend(are.iter().copied());
                    let message =
                        ResourceToSchedule::Kinds { whole: *whole, are: named(are), gone: names(gone) };
                    farm.happens(Event::ResourceSpoke(message));
                }
                Said::List { kinds, only, except } => {
                    farm.happens(Event::ResourceSpoke(ResourceToSchedule::Changed));
                    let ask = farm.unanswered.as_mut().unwrap().pop().unwrap();
                    let of = |(kind, rank): &(u32, u32)| {
                        let (kind, rank) = (KindId(*kind), *rank);
                        KindMatch { kind, rank, hosts: 9, slots_total: 9, slots_free: 9 }
                    };
                    let answer = ResourceList {
                        kinds: kinds.iter().map(of).collect(),
                        only: only.as_deref().map(names),
                        except: names(except),
                        ..ResourceList::default()
                    };
                    farm.happens(Event::ResourceSpoke(ResourceToSchedule::List { ask, list: answer }));
                    list = Some(said.clone());
                }
            }
            let Some(Said::List { kinds: wanted, only, except }) = &list else { continue };
            let matches = |host: &usize| {
                let kind = kinds.get(host);
                wanted.iter().any(|(one, _)| Some(one) == kind)
                    && only.as_ref().is_none_or(|only| only.contains(host))
                    && !except.contains(host)
            };
            let expected: Vec<&str> = (0..HOSTS.len()).filter(matches).map(|host| HOSTS[host]).collect();
            // Whoever holds a frame ends it, so that slots are free and the next pass shows who matches.
            let busy: Vec<&str> =
                HOSTS.into_iter().filter(|host| !farm.hosts[*host].held.is_empty()).collect();
            busy.into_iter().for_each(|host| {
                farm.finishes_one(host);
            });
            let given: Vec<&str> = HOSTS.into_iter().filter(|host| !farm.held(host).is_empty()).collect();
            prop_assert_eq!(given, expected);
        }
    }
}

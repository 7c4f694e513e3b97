//! Every invariant of the resource database, asserted.

use std::collections::BTreeMap;

use crate::Resource;
use crate::kinds::{Slots, askable};
use crate::verdict::Verdict;

impl Resource {
    pub(crate) fn assert_invariants(&self) {
        assert_eq!(self.hosts.len(), self.names.len(), "each host has one link");
        assert_eq!(self.hosts.len(), self.heard.len(), "each host has one liveness deadline");
        for (link, host) in &self.hosts {
            let name = &host.name;
            assert_eq!(self.names.get(name), Some(link), "the name {name} leads to its link");
            assert!(
                self.heard.contains(&(host.heard_at, *link)),
                "the liveness deadline of {name} is that of its last word"
            );
            assert!(!self.schedules.contains_key(link), "the link of {name} is no schedule server's");
            assert!(u16::try_from(host.slots.len()).is_ok(), "{name} numbers its slots in 16 bits");
        }
        self.assert_kinds();
        assert!(self.silent.iter().all(|link| self.hosts.contains_key(link)), "who is silent is a host");
        self.watchers.values().for_each(|watcher| watcher.assert_invariants());
    }

    /// That what is counted by kind is what a count of the hosts comes to.
    fn assert_kinds(&self) {
        let mut counted: BTreeMap<_, (usize, Slots)> = BTreeMap::new();
        for host in self.hosts.values() {
            let (hosts, slots) = counted.entry(host.kind).or_default();
            *hosts += 1;
            *slots = slots.with(host.slots_counted());
            let mut info = askable(&host.info);
            info.addresses.clear();
            let kind = self.kinds.get(host.kind);
            assert_eq!(kind.map(|kind| &kind.info), Some(&info), "{} is of its kind", host.name);
            assert!(kind.is_some_and(|kind| kind.hosts.contains(&host.name)), "{} is counted", host.name);
        }
        for (id, kind) in self.kinds.iter() {
            assert_eq!(counted.remove(&id), Some((kind.hosts.len(), kind.slots)), "the counts of kind {id}");
        }
        assert!(counted.is_empty(), "each kind of a host is there");
        for (profile, verdict) in self.verdicts.iter() {
            assert_eq!(*verdict, Verdict::on(profile, &self.kinds), "what is kept of {profile}");
        }
    }
}

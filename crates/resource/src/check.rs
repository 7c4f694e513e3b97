//! Every invariant of the resource database, asserted.

use crate::Resource;

impl Resource {
    pub(crate) fn assert_invariants(&self) {
        assert_eq!(self.hosts.len(), self.links.len(), "each host has one link");
        assert_eq!(self.hosts.len(), self.heard.len(), "each host has one liveness deadline");
        for (name, host) in &self.hosts {
            assert_eq!(self.links.get(&host.link), Some(name), "the link of {name} leads to it");
            assert!(
                self.heard.contains(&(host.heard_at, name.clone())),
                "the liveness deadline of {name} is that of its last word"
            );
            assert!(!self.schedules.contains_key(&host.link), "the link of {name} is no schedule server's");
            assert!(u16::try_from(host.slots.len()).is_ok(), "{name} numbers its slots in 16 bits");
        }
    }
}

//! What the resource server of a test says: of which kind hosts are, and which kinds match.

use std::collections::{BTreeMap, BTreeSet};

use model::{HostId, KindId, KindMatch, ResourceList, ResourceToSchedule};
use schedule::Event;

use crate::farm::{Farm, Host};

/// The kind of hosts that match nothing.
const UNSUITABLE: u32 = 99;

impl Farm {
    /// The kind of each host that is linked.
    fn kinds(&self) -> BTreeMap<HostId, KindId> {
        let linked = self.hosts.iter().filter(|(_, host)| host.link.is_some());
        let kind = |host: &Host| if host.unsuitable { UNSUITABLE } else { host.kind };
        linked.map(|(name, host)| (HostId::from(name.as_str()), KindId(kind(host)))).collect()
    }

    /// What the resource server says of kinds before its next list, where there is anything new.
    pub(crate) fn kinds_news(&mut self) -> Option<ResourceToSchedule> {
        let now = self.kinds();
        let before = self.told.replace(now.clone());
        let whole = before.is_none();
        let before = before.unwrap_or_default();
        let is_new = |(host, kind): &(HostId, KindId)| before.get(host) != Some(kind);
        let are: Vec<_> = now.clone().into_iter().filter(is_new).collect();
        let gone: Vec<_> = before.into_keys().filter(|host| !now.contains_key(host)).collect();
        let news = whole || !are.is_empty() || !gone.is_empty();
        news.then_some(ResourceToSchedule::Kinds { whole, are, gone })
    }

    /// The resource server tells of hosts that came, went or changed, and of nothing else.
    pub(crate) fn tells_kinds(&mut self) {
        if let Some(news) = self.kinds_news() {
            self.happens(Event::ResourceSpoke(news));
        }
    }

    pub(crate) fn list(&self) -> ResourceList {
        let kinds = self.kinds();
        let fit: BTreeSet<KindId> = kinds.values().filter(|kind| kind.0 != UNSUITABLE).copied().collect();
        let of = |kind: KindId| kinds.values().filter(|other| **other == kind).count();
        let kind = |kind: KindId| KindMatch {
            kind,
            rank: self.ranks.get(&kind.0).copied().unwrap_or(0),
            hosts: u32::try_from(of(kind)).unwrap(),
            slots_total: 0,
            slots_free: 0,
        };
        ResourceList {
            kinds: fit.into_iter().map(kind).collect(),
            hosts_total: u32::try_from(kinds.len()).unwrap(),
            rejections: self.rejections.clone(),
            ..ResourceList::default()
        }
    }
}

//! Resource lists (figure 5B step 126): from a verdict on kinds to what is told of their hosts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use model::{HostId, KindId, KindMatch, Profile, Rejection, ResourceInfo, ResourceList};

use crate::kinds::Slots;
use crate::matching::{flat, unmet};
use crate::verdict::Verdict;
use crate::{Host, Lack, Resource};

/// What the needs of single hosts leave of the hosts.
pub(crate) struct Sifted {
    /// Hosts that meet them, by kind.
    pub(crate) passing: BTreeMap<KindId, Vec<HostId>>,
    /// What others lack of them, and how many do.
    lacks: BTreeMap<Lack, u32>,
}

impl Resource {
    /// The resource list for a profile: the kinds that match, the preferred first, and why the others do not.
    #[must_use]
    pub fn list(&self, profile: &Profile) -> ResourceList {
        match self.verdicts.get(profile) {
            Some(verdict) => self.list_by(profile, verdict),
            None => self.list_by(profile, &Verdict::on(profile, &self.kinds)),
        }
    }

    /// The same, and what was found out about the profile is kept.
    pub(crate) fn list_and_keep(&mut self, profile: &Profile) -> ResourceList {
        if self.verdicts.get(profile).is_none() {
            self.verdicts.keep(profile, Verdict::on(profile, &self.kinds));
        }
        self.list(profile)
    }

    fn list_by(&self, profile: &Profile, verdict: &Verdict) -> ResourceList {
        let mut list = ResourceList {
            hosts_total: u32::try_from(self.hosts.len()).unwrap_or(u32::MAX),
            rebuilding: self.rebuilding_until.is_some(),
            ..ResourceList::default()
        };
        let sifted = self.sift(profile);
        match &sifted {
            None => {
                list.kinds = verdict.fits.iter().filter_map(|(rank, id)| self.whole(*rank, *id)).collect()
            }
            Some(sifted) => self.pick(verdict, sifted, &mut list),
        }
        list.rejections = self.rejections(verdict, sifted.as_ref());
        if list.kinds.is_empty() {
            list.nearest = self.nearest(profile, sifted.as_ref());
        }
        list
    }

    fn whole(&self, rank: u32, id: KindId) -> Option<KindMatch> {
        let kind = self.kinds.get(id)?;
        let hosts = u32::try_from(kind.hosts.len()).unwrap_or(u32::MAX);
        Some(KindMatch { kind: id, rank, hosts, slots_total: kind.slots.total, slots_free: kind.slots.free })
    }

    /// Each host by itself, where the profile asks for what hosts of one kind differ in; `None` where it does
    /// not.
    fn sift(&self, profile: &Profile) -> Option<Sifted> {
        let needs = flat(&profile.needs, true);
        if needs.is_empty() {
            return None;
        }
        let mut sifted = Sifted { passing: BTreeMap::new(), lacks: BTreeMap::new() };
        for host in self.hosts.values() {
            let Some(info) = self.own_info(host) else { continue };
            let mut lacks = Vec::new();
            needs.iter().for_each(|need| unmet(need, &host.name.0, &info, &mut lacks));
            if lacks.is_empty() {
                sifted.passing.entry(host.kind).or_default().push(host.name.clone());
            }
            for lack in lacks.into_iter().collect::<BTreeSet<_>>() {
                *sifted.lacks.entry(lack).or_default() += 1;
            }
        }
        Some(sifted)
    }

    /// What can be asked of one host: that of its kind, and its own addresses.
    pub(crate) fn own_info(&self, host: &Host) -> Option<ResourceInfo> {
        let mut info = self.kinds.get(host.kind)?.info.clone();
        info.addresses.clone_from(&host.info.addresses);
        Some(info)
    }

    /// Of the kinds that fit, the hosts that also meet the needs of single hosts.
    fn pick(&self, verdict: &Verdict, sifted: &Sifted, list: &mut ResourceList) {
        let (mut only, mut except) = (Vec::new(), Vec::new());
        for (rank, id) in &verdict.fits {
            let (Some(kind), Some(passing)) = (self.kinds.get(*id), sifted.passing.get(id)) else { continue };
            let passing: BTreeSet<&HostId> = passing.iter().collect();
            let slots = passing.iter().filter_map(|name| self.named(name)).map(Host::slots_counted);
            let slots = slots.fold(Slots::default(), Slots::with);
            let hosts = u32::try_from(passing.len()).unwrap_or(u32::MAX);
            let (slots_total, slots_free) = (slots.total, slots.free);
            list.kinds.push(KindMatch { kind: *id, rank: *rank, hosts, slots_total, slots_free });
            except.extend(kind.hosts.iter().filter(|name| !passing.contains(name)).cloned());
            only.extend(passing.into_iter().cloned());
        }
        // Whichever is shorter says it.
        if except.len() < only.len() {
            except.sort();
            list.except = except;
        } else {
            only.sort();
            list.only = Some(only);
        }
    }

    /// The counted lacks, the most frequent first.
    fn rejections(&self, verdict: &Verdict, sifted: Option<&Sifted>) -> Vec<Rejection> {
        let hosts = |id: &KindId| self.kinds.get(*id).map_or(0, |kind| kind.hosts.len());
        let mut rejections: Vec<Rejection> = Vec::new();
        for (lack, hosts) in sifted.iter().flat_map(|sifted| &sifted.lacks) {
            rejections.push(Rejection { field: lack.field(), lacking: lack.to_string(), hosts: *hosts });
        }
        for lacking in &verdict.lacks {
            let hosts = u32::try_from(lacking.kinds.iter().map(hosts).sum::<usize>()).unwrap_or(u32::MAX);
            rejections.push(Rejection { field: lacking.field, lacking: lacking.words.clone(), hosts });
        }
        rejections.sort_by_key(|rejection| Reverse(rejection.hosts));
        rejections
    }

    /// The names of the hosts that a list means, in their order.
    pub(crate) fn hosts_of<'a>(&'a self, list: &'a ResourceList) -> Vec<&'a HostId> {
        if let Some(only) = &list.only {
            return only.iter().collect();
        }
        let kinds = list.kinds.iter().filter_map(|found| self.kinds.get(found.kind));
        let mut names: Vec<&HostId> = kinds.flat_map(|kind| &kind.hosts).collect();
        names.retain(|name| list.except.binary_search(name).is_err());
        names.sort_unstable();
        names
    }

    /// The same, the preferred first.
    pub(crate) fn hosts_by_rank<'a>(&'a self, list: &'a ResourceList) -> Vec<&'a HostId> {
        let ranks: BTreeMap<KindId, u32> = list.kinds.iter().map(|found| (found.kind, found.rank)).collect();
        let rank = |name: &&HostId| self.named(name).and_then(|host| ranks.get(&host.kind));
        let mut names = self.hosts_of(list);
        names.sort_by_key(rank);
        names
    }
}

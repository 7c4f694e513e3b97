//! Limits of the farm, such as licences: how much may be in use at once, by all hosts and by each.
//!
//! What is in use is counted as leases begin and end, also where nothing limits it, so that a limit which is
//! set while frames run is right at once. Setting it lower ends nothing; nothing new starts until it fits.

use std::collections::BTreeMap;

use model::LimitView;
use serde::{Deserialize, Serialize};

use crate::host_table::HostIndex;

/// What a frame takes of limits while it is leased, by their names.
pub(crate) type Wants = BTreeMap<String, u32>;

/// Every limit that is set, and what is in use of anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Limits {
    by_name: BTreeMap<String, Limit>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Limit {
    amount: Option<u32>,
    per_host: Option<u32>,
    farm: InUse,
    /// Hosts that use any.
    hosts: BTreeMap<HostIndex, InUse>,
}

/// How much is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct InUse {
    now: u64,
    /// What leases may raise it to: the amount, or what was in use when that was set lower.
    most: Option<u64>,
}

/// A limit that leaves too little for a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Short<'a> {
    pub(crate) name: &'a str,
    pub(crate) amount: u32,
    pub(crate) in_use: u32,
    pub(crate) wanted: u32,
    pub(crate) per_host: bool,
}

/// The limits during a pass, with what it has given away already.
pub(crate) struct LimitsLeft<'a> {
    limits: &'a Limits,
    farm: BTreeMap<&'a str, u64>,
    hosts: BTreeMap<(&'a str, HostIndex), u64>,
}

impl Limits {
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.by_name.get(name).is_some_and(Limit::is_set)
    }

    /// Whether a limit is set to just this.
    pub(crate) fn is(&self, name: &str, amount: Option<u32>, per_host: Option<u32>) -> bool {
        self.by_name.get(name).is_some_and(|limit| (limit.amount, limit.per_host) == (amount, per_host))
    }

    /// Names of the limits there are.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.iter().filter(|(_, limit)| limit.is_set()).map(|(name, _)| name.as_str())
    }

    /// Sets a limit anew; without any amount it does not limit any more.
    pub(crate) fn set(&mut self, name: &str, amount: Option<u32>, per_host: Option<u32>) {
        let limit = self.by_name.entry(name.to_owned()).or_default();
        (limit.amount, limit.per_host) = (amount, per_host);
        limit.farm.limit(amount);
        limit.hosts.values_mut().for_each(|host| host.limit(per_host));
        self.drop_unused(name);
    }

    /// A frame on `host` is leased.
    pub(crate) fn take(&mut self, wants: &Wants, host: HostIndex) {
        for (name, wanted) in wants {
            let limit = self.by_name.entry(name.clone()).or_default();
            let most = limit.per_host.map(u64::from);
            limit.farm.now += u64::from(*wanted);
            limit.hosts.entry(host).or_insert(InUse { now: 0, most }).now += u64::from(*wanted);
        }
    }

    /// Its lease is over.
    pub(crate) fn give_back(&mut self, wants: &Wants, host: HostIndex) {
        for (name, wanted) in wants {
            let Some(limit) = self.by_name.get_mut(name) else { continue };
            limit.farm.less(u64::from(*wanted), limit.amount);
            if let Some(used) = limit.hosts.get_mut(&host) {
                used.less(u64::from(*wanted), limit.per_host);
                if used.now == 0 {
                    limit.hosts.remove(&host);
                }
            }
            self.drop_unused(name);
        }
    }

    pub(crate) fn views(&self) -> Vec<LimitView> {
        let set = self.by_name.iter().filter(|(_, limit)| limit.is_set());
        let view = |(name, limit): (&String, &Limit)| LimitView {
            name: name.clone(),
            amount: limit.amount,
            per_host: limit.per_host,
            in_use: clamped(limit.farm.now),
        };
        set.map(view).collect()
    }

    fn drop_unused(&mut self, name: &str) {
        if self.by_name.get(name).is_some_and(|limit| !limit.is_set() && limit.farm.now == 0) {
            self.by_name.remove(name);
        }
    }

    /// Asserts that no lease has gone over a limit, and that what is in use is what `leases` hold.
    pub(crate) fn check<'a>(&self, leases: impl Iterator<Item = (&'a Wants, HostIndex)>) {
        let mut counted = Self::default();
        leases.for_each(|(wants, host)| counted.take(wants, host));
        let used = |limits: &Self| {
            let used = limits.by_name.iter().filter(|(_, limit)| limit.farm.now > 0);
            let by_host =
                |limit: &Limit| limit.hosts.iter().map(|(host, used)| (*host, used.now)).collect::<Vec<_>>();
            used.map(|(name, limit)| (name.clone(), limit.farm.now, by_host(limit))).collect::<Vec<_>>()
        };
        assert_eq!(used(self), used(&counted), "what is in use of the limits is what live leases hold");
        for (name, limit) in &self.by_name {
            for used in limit.hosts.values().chain([&limit.farm]) {
                assert!(used.most.is_none_or(|most| used.now <= most), "limit {name} is exceeded: {limit:?}");
            }
        }
    }
}

impl Limit {
    const fn is_set(&self) -> bool {
        self.amount.is_some() || self.per_host.is_some()
    }
}

impl InUse {
    /// Limits it from now on.
    fn limit(&mut self, amount: Option<u32>) {
        self.most = amount.map(|amount| self.now.max(amount.into()));
    }

    fn less(&mut self, by: u64, amount: Option<u32>) {
        self.now = self.now.saturating_sub(by);
        self.limit(amount);
    }
}

impl<'a> LimitsLeft<'a> {
    pub(crate) fn new(limits: &'a Limits) -> Self {
        Self { limits, farm: BTreeMap::new(), hosts: BTreeMap::new() }
    }

    /// The first limit that leaves too little for a frame on any host.
    pub(crate) fn short(&self, wants: &'a Wants) -> Option<Short<'a>> {
        self.find(wants, |name, limit| Some((limit.amount?, self.in_use(name, limit))), false)
    }

    /// The first limit that leaves too little for a frame on `host`, the farm having enough.
    pub(crate) fn short_on(&self, wants: &'a Wants, host: HostIndex) -> Option<Short<'a>> {
        self.find(wants, |name, limit| Some((limit.per_host?, self.in_use_on(name, limit, host))), true)
    }

    /// A frame on `host` is given a lease.
    pub(crate) fn take(&mut self, wants: &'a Wants, host: HostIndex) {
        for (name, wanted) in wants {
            *self.farm.entry(name).or_default() += u64::from(*wanted);
            *self.hosts.entry((name, host)).or_default() += u64::from(*wanted);
        }
    }

    fn find(
        &self,
        wants: &'a Wants,
        limited: impl Fn(&str, &Limit) -> Option<(u32, u64)>,
        per_host: bool,
    ) -> Option<Short<'a>> {
        wants.iter().find_map(|(name, wanted)| {
            let (amount, in_use) = limited(name, self.limits.by_name.get(name)?)?;
            let fits = in_use + u64::from(*wanted) <= u64::from(amount);
            (!fits).then_some(Short { name, amount, in_use: clamped(in_use), wanted: *wanted, per_host })
        })
    }

    fn in_use(&self, name: &str, limit: &Limit) -> u64 {
        limit.farm.now + self.farm.get(name).copied().unwrap_or(0)
    }

    fn in_use_on(&self, name: &str, limit: &Limit, host: HostIndex) -> u64 {
        let now = limit.hosts.get(&host).map_or(0, |used| used.now);
        now + self.hosts.get(&(name, host)).copied().unwrap_or(0)
    }
}

fn clamped(amount: u64) -> u32 {
    u32::try_from(amount).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: HostIndex = HostIndex(0);
    const B: HostIndex = HostIndex(1);

    fn wants(amounts: &[(&str, u32)]) -> Wants {
        amounts.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect()
    }

    #[test]
    fn nothing_starts_beyond_an_amount_and_what_ends_makes_room() {
        let (mut limits, maya) = (Limits::default(), wants(&[("maya", 2)]));
        limits.set("maya", Some(5), None);
        limits.take(&maya, A);
        assert_eq!(LimitsLeft::new(&limits).short(&maya), None);
        limits.take(&maya, B);
        let short = Short { name: "maya", amount: 5, in_use: 4, wanted: 2, per_host: false };
        assert_eq!(LimitsLeft::new(&limits).short(&maya), Some(short));
        limits.give_back(&maya, A);
        assert_eq!(LimitsLeft::new(&limits).short(&maya), None);
    }

    #[test]
    fn a_pass_counts_what_it_has_given_itself() {
        let (mut limits, maya) = (Limits::default(), wants(&[("maya", 1)]));
        limits.set("maya", Some(3), Some(1));
        limits.take(&maya, A);
        let mut left = LimitsLeft::new(&limits);
        assert!(left.short_on(&maya, A).is_some_and(|short| short.per_host && short.in_use == 1));
        assert_eq!(left.short_on(&maya, B), None);
        left.take(&maya, B);
        assert!(left.short_on(&maya, B).is_some());
        assert_eq!(left.short(&maya), None);
        left.take(&maya, HostIndex(2));
        assert!(left.short(&maya).is_some());
    }

    #[test]
    fn a_limit_set_lower_ends_nothing_and_lets_nothing_start_until_it_fits() {
        let (mut limits, maya) = (Limits::default(), wants(&[("maya", 1)]));
        limits.set("maya", Some(3), None);
        (0..3).for_each(|host| limits.take(&maya, HostIndex(host)));
        limits.set("maya", Some(1), None);
        limits.check((0..3).map(|host| (&maya, HostIndex(host))));
        for host in [0, 1] {
            limits.give_back(&maya, HostIndex(host));
            assert!(LimitsLeft::new(&limits).short(&maya).is_some());
        }
        limits.give_back(&maya, HostIndex(2));
        assert_eq!(LimitsLeft::new(&limits).short(&maya), None);
    }

    #[test]
    fn what_is_in_use_is_known_when_a_limit_is_set_later_and_a_removed_one_does_not_limit() {
        let (mut limits, maya) = (Limits::default(), wants(&[("maya", 1)]));
        limits.take(&maya, A);
        assert_eq!(limits.views(), []);
        limits.set("maya", Some(1), None);
        assert!(LimitsLeft::new(&limits).short(&maya).is_some());
        assert_eq!((limits.views()[0].in_use, limits.names().collect::<Vec<_>>()), (1, vec!["maya"]));
        limits.set("maya", None, None);
        assert_eq!(LimitsLeft::new(&limits).short(&maya), None);
        limits.give_back(&maya, A);
        assert_eq!(limits, Limits::default(), "nothing is left of it");
    }

    #[test]
    #[should_panic(expected = "limit maya is exceeded")]
    fn the_check_finds_a_lease_too_many() {
        let (mut limits, maya) = (Limits::default(), wants(&[("maya", 1)]));
        limits.set("maya", Some(1), None);
        [A, B].iter().for_each(|host| limits.take(&maya, *host));
        limits.check([(&maya, A), (&maya, B)].into_iter());
    }
}

//! Asserts every invariant of what a restart forgets (see `check`).

use std::collections::{BTreeMap, BTreeSet};

use model::{JobId, SlotIndex};

use crate::Schedule;
use crate::host_set::{FreeHosts, SlotSet};
use crate::passing_state::Due;

impl Schedule {
    pub(crate) fn check_passing(&self) {
        let passing = &self.passing;
        let mut deadlines = BTreeSet::new();
        for (host, _) in self.kept.hosts.iter() {
            deadlines.extend(passing.silent_at(host).map(|until| (until, Due::Host(host))));
            let waited_for = passing.silent_at(host).is_some();
            let works = self.working(host).next().is_some();
            assert!(waited_for || !works || !passing.taken_up, "a host that holds leases is waited for");
            assert!(waited_for || passing.host(host).is_none(), "and so is one that is linked");
        }
        assert!(passing.stuck.keys().all(|job| self.kept.still.contains(job)), "what moves is not stuck");
        let open = |job: &JobId| self.kept.jobs.get(job).is_some_and(|job| job.ended_at.is_none());
        assert!(
            passing.shortages.keys().all(|(job, _)| open(job)),
            "only jobs that have not ended are put off"
        );
        self.check_hosts();
        self.check_watches(&mut deadlines);
        for (notice, until) in &passing.mails {
            assert!(self.kept.outbox.contains_key(notice), "a mail is under way that is over");
            deadlines.extend(until.map(|at| (at, Due::Mail(*notice))));
        }
        for (job, until) in &passing.seals {
            assert!(self.kept.unsealed.contains(job), "job {job} is being sealed and is sealed");
            deadlines.extend(until.map(|at| (at, Due::Seal(*job))));
        }
        assert_eq!(passing.deadlines, deadlines, "everything that is waited for has its deadline");
        self.check_needs();
        self.check_nowhere();
        let wide: BTreeSet<_> = passing.reserved.values().map(|held| (held.job, held.step)).collect();
        assert_eq!(wide.len(), passing.reserved.len(), "a step has one host reserved");
        for (host, held) in &passing.reserved {
            assert!(self.kept.hosts.get(*host).is_some(), "a host that is reserved is known");
            assert!(held.before <= self.kept.last_lease, "and was so at some time before now");
        }
        assert!(
            passing.withdrawn.iter().all(|lease| self.kept.leases.contains(*lease)),
            "asked back and over"
        );
    }

    fn check_hosts(&self) {
        let passing = &self.passing;
        let (mut free, mut warm) = (FreeHosts::default(), BTreeSet::new());
        let mut linked_count = 0;
        for (host, kept) in self.kept.hosts.iter() {
            assert_eq!(passing.host(host).is_some(), passing.linked.contains(host), "linked hosts are known");
            let open = passing.host(host).is_some_and(|linked| linked.is_open);
            assert_eq!(passing.open.contains(host), open, "hosts that take frames are known");
            let Some(linked) = passing.host(host) else { continue };
            linked_count += 1;
            let gpus = linked.amounts.gpus > 0;
            assert_eq!(passing.with_gpus.contains(host), gpus, "hosts with GPUs are known");
            assert_eq!(linked.said.door.is_open(), open, "and are those that say so");
            assert_eq!(passing.links.get(linked.link), Some(&host), "each link belongs to its host");
            let mut slots = SlotSet::default();
            for slot in (0..linked.slots).map(SlotIndex) {
                let mut line = kept.line(slot).into_iter().flat_map(|line| line.iter());
                let through = line.all(|lease| passing.is_through(lease));
                slots.set(slot, through && linked.is_open && !linked.draining.contains_key(&slot));
            }
            assert_eq!(
                linked.free.len(),
                slots.len(),
                "free slots of {} are those that do nothing",
                kept.name
            );
            free.moved(host, 0, slots.len());
            let standing = linked.sessions.iter().filter(|(slot, _)| slots.next(**slot) == Some(**slot));
            warm.extend(standing.map(|(slot, (job, step))| (*job, *step, host, *slot)));
        }
        assert_eq!(passing.links.len(), linked_count, "each linked host has one link");
        assert_eq!(passing.linked_count, linked_count, "linked hosts are counted");
        assert_eq!(passing.warm, warm, "free slots with sessions are filed by what those are for");
        assert!(passing.free.same(&free), "hosts with free slots are filed by how many");
    }

    fn check_watches(&self, deadlines: &mut BTreeSet<(model::Time, Due)>) {
        let passing = &self.passing;
        let (mut under_way, mut troubles) = (BTreeMap::<JobId, u64>::new(), BTreeSet::new());
        for (lease, watch) in passing.watches.sorted() {
            let held = self.kept.leases.get(lease);
            assert!(held.is_some(), "lease {lease} is watched and over");
            let Some(job) = held.map(|held| held.frame.job) else { continue };
            if watch.permille > 0 {
                *under_way.entry(job).or_default() += u64::from(watch.permille);
            }
            troubles.extend(watch.trouble.is_some().then_some((job, lease)));
            let again_at = watch.publishing.as_ref().and_then(|publishing| publishing.again_at);
            deadlines.extend(again_at.map(|at| (at, Due::Publish(lease))));
        }
        assert_eq!(passing.under_way, under_way, "how far jobs are is how far their leases are");
        assert_eq!(passing.troubles, troubles, "trouble of the storage is known by job");
    }

    fn check_needs(&self) {
        let passing = &self.passing;
        passing.kinds.check(&self.kept.hosts);
        for (ask, profile) in &passing.asks {
            let asked = passing.needs.get(profile).is_some_and(|need| need.asked_at.is_some());
            assert!(asked, "ask {ask} is waited for");
        }
        let asked = passing.needs.values().filter(|need| need.asked_at.is_some()).count();
        assert_eq!(asked, passing.asks.len(), "a profile is asked for once at a time");
        for need in passing.needs.values() {
            let current = passing.kinds.speaks_of(&need.wanted);
            let matching = || passing.kinds.matching(&need.wanted, &self.kept.hosts);
            assert!(!current || need.matching.same(&matching()), "the hosts of its kinds match");
            for (host, kept) in self.kept.hosts.iter().filter(|_| current) {
                let tier = passing.kinds.tier(&need.wanted, &kept.name);
                assert_eq!(need.matches(host), tier.is_some(), "a host of a kind that is wanted matches");
            }
        }
    }
}

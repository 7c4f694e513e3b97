//! Every invariant of a render server's state, asserted.

use std::collections::BTreeSet;

use crate::{COLLECTED_BESIDE_MAX, Phase, Render};

impl Render {
    pub(crate) fn assert_invariants(&self) {
        let mut leases = BTreeSet::new();
        let mut held = BTreeSet::new();
        for (slot, attempt) in &self.attempts {
            let lease = attempt.grant.lease;
            assert_eq!(attempt.grant.slot, *slot, "the attempt under lease {lease} is on its own slot");
            for slot in attempt.slots() {
                assert!(held.insert(slot), "slot {slot} is held by one attempt");
            }
        }
        for attempt in &self.ahead {
            let waits = attempt.slots().any(|slot| held.contains(&slot));
            assert!(waits, "lease {} waits for something", attempt.grant.lease);
            held.extend(attempt.slots());
        }
        let mut beside = std::collections::BTreeMap::<_, usize>::new();
        for attempt in &self.collecting {
            let lease = attempt.grant.lease;
            assert!(attempt.ended.is_some(), "lease {lease} is rendered before it is collected");
            let beside = beside.entry(attempt.grant.slot).or_default();
            *beside += 1;
            assert!(
                *beside <= COLLECTED_BESIDE_MAX,
                "not too much of slot {} is collected",
                attempt.grant.slot
            );
        }
        for attempt in self.all() {
            let lease = attempt.grant.lease;
            assert!(leases.insert(lease), "lease {lease} has one attempt");
            assert!(!self.outbox.contains_key(&lease), "lease {lease} is not both at work and reported");
            assert!(!(attempt.dropped && attempt.ended.is_some()), "lease {lease} is not kept for nothing");
        }
        for (lease, kept) in &self.outbox {
            assert_eq!(kept.report.lease, *lease, "the report of lease {lease} stands under it");
        }
        self.assert_passing_belongs(&leases);
    }

    fn assert_passing_belongs(&self, leases: &BTreeSet<model::LeaseId>) {
        let passing = &self.passing;
        assert!(passing.starting.is_subset(leases), "only attempts are started");
        assert!(
            passing.giving_back.keys().all(|lease| leases.contains(lease)),
            "only attempts are given back"
        );
        assert!(passing.progress.keys().all(|lease| leases.contains(lease)), "only attempts progress");
        assert!(passing.moved_at.keys().all(|lease| leases.contains(lease)), "only attempts are watched");
        assert!(passing.exceeded.keys().all(|lease| leases.contains(lease)), "only attempts take too long");
        for (slot, session) in &passing.sessions {
            let Some(attempt) = self.attempts.get(slot) else {
                assert!(session.idle_since.is_some(), "the session of slot {slot} without attempt is idle");
                continue;
            };
            let frame = attempt.grant.frame;
            assert!(
                (session.job, session.step) == (frame.job, frame.step),
                "slot {slot} has the session of its attempt"
            );
            assert!(
                self.phase_of(attempt) != Phase::Preparing,
                "slot {slot} does not open its session twice"
            );
            assert!(session.idle_since.is_none(), "the session of slot {slot} is in use");
        }
    }
}

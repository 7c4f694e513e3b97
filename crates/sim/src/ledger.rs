//! What the farm has promised, kept beside it from the schedule server's durable records alone, so that
//! promises are checked by another book than the one that made them.

use std::collections::{BTreeMap, BTreeSet};

use model::{FrameId, HostId, JobId, LEASE_MS, LeaseId, Output, SlotIndex, Time};
use schedule::Record;

use crate::storage::Storage;

#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// Live leases.
    pub(crate) leases: BTreeMap<LeaseId, (FrameId, HostId)>,
    /// The live lease of a frame.
    frames: BTreeMap<FrameId, LeaseId>,
    /// Finished frames and their files.
    pub(crate) finished: BTreeMap<FrameId, Vec<Output>>,
    killed: BTreeSet<JobId>,
    last_lease: LeaseId,
    /// When a host was last heard of by the run of the schedule server that goes on.
    heard: BTreeMap<HostId, Time>,
    /// Leases whose outputs that run publishes.
    publishing: BTreeSet<LeaseId>,
    /// Slots that were given a lease since nothing goes wrong.
    calm_slots: BTreeSet<(HostId, SlotIndex)>,
    calm: bool,
    /// Acknowledged submits.
    pub(crate) acknowledged: BTreeMap<String, JobId>,
}

impl Ledger {
    pub(crate) fn sees(&mut self, record: &Record, storage: &Storage, folder: impl Fn(JobId) -> String) {
        match record {
            Record::FrameLeased { lease, frame, host, slot, at, .. } => {
                self.leased(*lease, *frame, host);
                self.heard(host, *at);
                if self.calm {
                    self.calm_slots.insert((host.clone(), *slot));
                }
            }
            Record::LeaseEnded { lease, .. } => {
                self.ended(*lease);
            }
            Record::FrameFinished { lease, outputs, .. } => {
                let frame = self.ended(*lease);
                let folder = folder(frame.job);
                assert!(
                    storage.holds(&folder, outputs),
                    "frame {frame} is done when its files are in {folder}"
                );
                let before = self.finished.insert(frame, outputs.clone());
                assert_eq!(before, None, "frame {frame} is finished once");
            }
            Record::JobKilled { job, .. } => {
                self.leases.retain(|_, (frame, _)| frame.job != *job);
                self.frames.retain(|frame, _| frame.job != *job);
                self.killed.insert(*job);
            }
            _ => {}
        }
    }

    /// The schedule server starts, and waits for every host from then on.
    pub(crate) fn schedule_starts(&mut self, now: Time) {
        self.publishing.clear();
        let hosts: Vec<HostId> = self.leases.values().map(|(_, host)| host.clone()).collect();
        self.heard.clear();
        hosts.iter().for_each(|host| self.heard(host, now));
    }

    pub(crate) fn heard(&mut self, host: &HostId, at: Time) {
        self.heard.insert(host.clone(), at);
    }

    pub(crate) fn publishes(&mut self, lease: LeaseId) {
        self.publishing.insert(lease);
    }

    /// A lease whose host was not heard of for too long is over.
    pub(crate) fn assert_heard(&self, now: Time) {
        for (lease, (_, host)) in &self.leases {
            let heard = self.heard.get(host).copied().unwrap_or_default();
            assert!(
                now <= heard.plus_ms(LEASE_MS) || self.publishing.contains(lease),
                "lease {lease} is lost, because {host} was not heard of"
            );
        }
    }

    /// From now on nothing goes wrong.
    pub(crate) const fn calm(&mut self) {
        self.calm = true;
    }

    /// How many slots were given something since then.
    pub(crate) fn calm_slots(&self) -> usize {
        self.calm_slots.len()
    }

    /// How many leases were given.
    pub(crate) const fn last_lease(&self) -> u64 {
        self.last_lease.0
    }

    fn leased(&mut self, lease: LeaseId, frame: FrameId, host: &HostId) {
        assert!(lease > self.last_lease, "lease {lease} is new");
        assert!(!self.finished.contains_key(&frame), "frame {frame} is finished and stays so");
        assert!(!self.killed.contains(&frame.job), "nothing of job {} starts any more", frame.job);
        let other = self.frames.insert(frame, lease);
        assert_eq!(other, None, "frame {frame} has one live lease");
        self.leases.insert(lease, (frame, host.clone()));
        self.last_lease = lease;
    }

    fn ended(&mut self, lease: LeaseId) -> FrameId {
        let (frame, _) = self.leases.remove(&lease).unwrap_or_else(|| panic!("lease {lease} is live"));
        assert_eq!(self.frames.remove(&frame), Some(lease), "lease {lease} is that of frame {frame}");
        frame
    }
}

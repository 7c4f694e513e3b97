//! What the farm has promised, kept beside it from the schedule server's durable records alone, so that
//! promises are checked by another book than the one that made them.

use std::collections::{BTreeMap, BTreeSet};

use model::{FrameId, HostId, JobId, LeaseId, Output};
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
    /// Acknowledged submits.
    pub(crate) acknowledged: BTreeMap<String, JobId>,
}

impl Ledger {
    pub(crate) fn sees(&mut self, record: &Record, storage: &Storage, folder: impl Fn(JobId) -> String) {
        match record {
            Record::FrameLeased { lease, frame, host, .. } => self.leased(*lease, *frame, host),
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

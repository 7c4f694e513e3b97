//! How much there is of everything: for those who draw curves of it.

use model::{FrameState, JobState, Time};

use crate::Schedule;
use crate::kept::Job;

/// How much there is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Jobs in each state.
    pub jobs: Vec<(JobState, u64)>,
    /// Frames in each state, of all jobs that are known.
    pub frames: Vec<(FrameState, u64)>,
    /// Live leases.
    pub leases: u64,
    /// Of them, those that wait behind another one of their slot.
    pub leases_ahead: u64,
    /// Render servers that are linked.
    pub hosts_linked: u64,
    /// Their slots.
    pub slots: u64,
    /// Slots that jobs hold.
    pub slots_busy: u64,
    /// When the oldest job was submitted of those that could go on and of which nothing runs.
    pub waiting_since: Option<Time>,
    /// Mails and other notices that are not sent.
    pub notices_waiting: u64,
    /// Hosts that are set aside.
    pub hosts_set_aside: u64,
}

impl Schedule {
    /// How much there is of everything.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let mut jobs = [
            JobState::Queued,
            JobState::Active,
            JobState::Held,
            JobState::Done,
            JobState::Failed,
            JobState::Killed,
        ]
        .map(|state| (state, 0));
        let (mut frames, mut slots_busy) = ([0_u64; 5], 0);
        for job in self.kept.jobs.values() {
            let state = job.state();
            jobs.iter_mut().filter(|(known, _)| *known == state).for_each(|(_, count)| *count += 1);
            let counts = job.frames();
            let all = [counts.waiting, counts.running, counts.done, counts.failed, counts.killed];
            frames.iter_mut().zip(all).for_each(|(sum, count)| *sum += u64::from(count));
            slots_busy += u64::from(job.slots);
        }
        let states = [
            FrameState::Waiting,
            FrameState::Running,
            FrameState::Done,
            FrameState::Failed,
            FrameState::Killed,
        ];
        let could = |job: &&Job| job.ended_at.is_none() && !job.held && job.live == 0;
        let linked = || self.kept.hosts.iter().filter_map(|(host, _)| self.passing.host(host));
        Figures {
            jobs: jobs.into(),
            frames: states.into_iter().zip(frames).collect(),
            leases: self.kept.leases.len() as u64,
            leases_ahead: u64::from(self.kept.ahead),
            hosts_linked: linked().count() as u64,
            slots: linked().map(|host| u64::from(host.slots)).sum(),
            slots_busy,
            waiting_since: self.kept.jobs.values().filter(could).map(|job| job.submitted_at).min(),
            notices_waiting: self.kept.outbox.len() as u64,
            hosts_set_aside: self.set_aside().len() as u64,
        }
    }
}

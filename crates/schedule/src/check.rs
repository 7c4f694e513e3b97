//! Asserts every invariant of the state. The simulator asks after each step, so that a wrong state is found
//! where it came to be; a server does not, since this walks over everything.

use std::collections::{BTreeMap, BTreeSet};

use model::{FrameId, FrameState, HostId, JobId, LeaseId, SlotIndex, StepIndex};

use crate::Schedule;
use crate::frame_table::{Counts, FrameTable};
use crate::kept::{Job, NoticeState};
use crate::passing_state::Due;

impl Schedule {
    pub(crate) fn check_kept(&self) {
        let kept = &self.kept;
        let mut open = Vec::new();
        let mut wanting = Vec::new();
        let mut waiting_mails = BTreeMap::new();
        for (id, job) in &kept.jobs {
            self.check_job(*id, job);
            let place = (job.description.priority, *id);
            if job.ended_at.is_none() {
                open.push(place);
                wanting.extend((!job.held && job.counts().waiting > 0).then_some(place));
            }
            let waiting = job.notices.iter().filter(|one| matches!(one.state, NoticeState::Waiting { .. }));
            waiting_mails.extend(waiting.map(|notice| (notice.id, *id)));
            assert!(
                job.notices.iter().all(|one| one.id <= kept.last_notice),
                "a mail is ahead of its counter"
            );
        }
        open.sort_unstable();
        wanting.sort_unstable();
        let only = |places: Vec<(i32, JobId)>| places.into_iter().map(|(_, job)| job).collect::<Vec<_>>();
        assert_eq!(kept.queue.open().collect::<Vec<_>>(), only(open), "the queue holds the jobs not ended");
        assert_eq!(
            kept.queue.wanting().collect::<Vec<_>>(),
            only(wanting),
            "and knows those that want slots"
        );
        assert_eq!(kept.outbox, waiting_mails, "the outbox holds the mails that wait");
        assert!(kept.keys.values().all(|job| kept.jobs.contains_key(job)), "every key stands for a job");
        assert!(kept.jobs.keys().all(|job| *job <= kept.last_job), "no job is ahead of its counter");
        for job in &kept.unsealed {
            assert!(
                kept.jobs.get(job).is_some_and(|job| job.ended_at.is_some()),
                "job {job} is sealed early"
            );
        }
        self.check_leases();
    }

    fn check_leases(&self) {
        let kept = &self.kept;
        let mut frames = BTreeSet::new();
        let mut busy: BTreeMap<HostId, BTreeMap<SlotIndex, LeaseId>> = BTreeMap::new();
        for (id, lease) in &kept.leases {
            assert!(*id <= kept.last_lease, "lease {id} is ahead of its counter");
            assert!(frames.insert(lease.frame), "frame {} has two live leases", lease.frame);
            let taken = busy.entry(lease.host.clone()).or_default().insert(lease.slot, *id);
            assert_eq!(taken, None, "slot {} of {} has two live leases", lease.slot, lease.host);
            let touched = kept.step(lease.frame).and_then(|(_, table)| table.touched(lease.frame.index));
            let attempt = touched.and_then(|touched| touched.attempts.last());
            let matches = attempt.is_some_and(|attempt| {
                (attempt.lease, attempt.number, &attempt.host, attempt.slot)
                    == (*id, lease.attempt, &lease.host, lease.slot)
                    && attempt.end.is_none()
            });
            assert!(matches, "lease {id} is not the running attempt of frame {}", lease.frame);
        }
        assert_eq!(kept.busy, busy, "the slots that are busy are those of live leases");
    }

    fn check_job(&self, id: JobId, job: &Job) {
        assert_eq!(job.tables.len(), job.description.steps.len(), "job {id} has a table for each step");
        let live =
            self.kept.leases.iter().filter(|(_, lease)| lease.frame.job == id).map(|(lease, _)| *lease);
        assert_eq!(job.live, live.collect(), "job {id} knows its live leases");
        let counts = job.counts();
        assert_eq!(counts.left() == 0, job.ended_at.is_some(), "job {id} ends with its last frame");
        assert_eq!(counts.killed > 0, job.killed, "frames are killed with their job");
        let leases = job.live.iter().filter_map(|lease| self.kept.leases.get(lease));
        let leased: BTreeSet<FrameId> = leases.map(|lease| lease.frame).collect();
        let mut failures = 0;
        for (step, table) in (0..).zip(&job.tables) {
            let first = FrameId { job: id, step: StepIndex(step), index: 0 };
            check_table(first, table);
            failures += table.all_touched().map(|(_, touched)| touched.failures).sum::<u32>();
            for (index, touched) in table.all_touched() {
                let frame = FrameId { index, ..first };
                let used_up = touched.failures >= job.description.attempts_max;
                let failed = table.state(index) == Some(FrameState::Failed);
                assert_eq!(used_up, failed, "frame {frame} fails when its tries are used up");
                let running = table.state(index) == Some(FrameState::Running);
                assert_eq!(leased.contains(&frame), running, "frame {frame} runs while it is leased");
            }
        }
        assert_eq!(failures, job.attempts_failed, "job {id} counts its failures");
    }

    pub(crate) fn check_passing(&self) {
        let (kept, passing) = (&self.kept, &self.passing);
        let links = passing.hosts.iter().map(|(host, linked)| (linked.link, host.clone())).collect();
        assert_eq!(passing.links, links, "each link belongs to its host");
        let mut free: BTreeMap<HostId, BTreeSet<SlotIndex>> = BTreeMap::new();
        let mut deadlines = BTreeSet::new();
        for (host, linked) in &passing.hosts {
            deadlines.insert((linked.until, Due::Host(host.clone())));
            let busy = |slot: &SlotIndex| kept.busy.get(host).is_some_and(|slots| slots.contains_key(slot));
            let slots = (0..linked.slots).map(SlotIndex);
            let slots: BTreeSet<_> =
                slots.filter(|slot| !busy(slot) && !linked.draining.contains_key(slot)).collect();
            if !slots.is_empty() {
                free.insert(host.clone(), slots);
            }
        }
        assert_eq!(passing.free, free, "free slots are those of linked hosts that hold nothing");
        for (lease, watch) in &passing.watches {
            assert!(kept.leases.contains_key(lease), "lease {lease} is watched and over");
            match &watch.publishing {
                None => deadlines.extend([(watch.until, Due::Lease(*lease))]),
                Some(publishing) => {
                    deadlines.extend(publishing.again_at.map(|at| (at, Due::Publish(*lease))))
                }
            }
        }
        for (notice, until) in &passing.mails {
            assert!(kept.outbox.contains_key(notice), "a mail is under way that is over");
            deadlines.extend(until.map(|at| (at, Due::Mail(*notice))));
        }
        for (job, until) in &passing.seals {
            assert!(kept.unsealed.contains(job), "job {job} is being sealed and is sealed");
            deadlines.extend(until.map(|at| (at, Due::Seal(*job))));
        }
        assert_eq!(passing.deadlines, deadlines, "everything that is waited for has its deadline");
        for (ask, profile) in &passing.asks {
            let asked = passing.needs.get(profile).is_some_and(|need| need.asked_at.is_some());
            assert!(asked, "ask {ask} is waited for");
        }
        let asked = passing.needs.values().filter(|need| need.asked_at.is_some()).count();
        assert_eq!(asked, passing.asks.len(), "a profile is asked for once at a time");
    }
}

fn check_table(first: FrameId, table: &FrameTable) {
    let mut counts = Counts::default();
    for state in table.states() {
        *counts.of(*state) += 1;
    }
    assert_eq!(table.counts(), counts, "step {} of job {} counts its frames", first.step, first.job);
    let fresh = table.fresh();
    let again: Vec<_> = table.again().collect();
    let left = u32::try_from(again.len()).unwrap_or(u32::MAX);
    assert_eq!(fresh.end - fresh.start + left, counts.waiting, "a frame waits for its first try or another");
    for (at, index) in again {
        let again_at = table.touched(index).and_then(|touched| touched.again_at);
        assert_eq!(again_at, Some(at), "frame {} waits for another try", FrameId { index, ..first });
        assert_eq!(table.state(index), Some(FrameState::Waiting), "and is waiting");
    }
    for (index, touched) in table.all_touched() {
        let frame = FrameId { index, ..first };
        assert!(index < fresh.start, "frame {frame} was tried and counts as never tried");
        let done = table.state(index) == Some(FrameState::Done);
        assert_eq!(!touched.outputs.is_empty(), done, "frame {frame} is done when it has its files");
        let running = touched.attempts.iter().filter(|attempt| attempt.end.is_none()).count();
        let runs = usize::from(table.state(index) == Some(FrameState::Running));
        assert_eq!(running, runs, "frame {frame} has one running attempt while it runs");
    }
}

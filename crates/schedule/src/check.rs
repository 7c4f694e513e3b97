//! Asserts every invariant of the state. The simulator asks after each step, so that a wrong state is found
//! where it came to be; a server does not, since this walks over everything.

use std::collections::{BTreeMap, BTreeSet};

use model::{FrameId, FrameState, JobId, LeaseId, SlotIndex, StepIndex};

use crate::host_table::HostIndex;
use crate::kept::{Job, Lease, NoticeState};
use crate::spent::Spent;
use crate::touched::Touched;
use crate::{Ending, Schedule, dependency};

impl Schedule {
    pub(crate) fn check_kept(&self) {
        let kept = &self.kept;
        let mut open = Vec::new();
        let mut places = Vec::new();
        let mut waiting_mails = BTreeMap::new();
        for (id, job) in &kept.jobs {
            self.check_job(*id, job);
            let place = (job.priority, *id);
            if job.ended_at.is_none() {
                open.push(place);
                places.push((*id, job.who(), job.is_wanting(), job.slots));
            }
            let waiting = job.notices.iter().filter(|one| matches!(one.state, NoticeState::Waiting { .. }));
            waiting_mails.extend(waiting.map(|notice| (notice.id, *id)));
            assert!(
                job.notices.iter().all(|one| one.id <= kept.last_notice),
                "a mail is ahead of its counter"
            );
        }
        open.sort_unstable();
        let only = |places: Vec<(i32, JobId)>| places.into_iter().map(|(_, job)| job).collect::<Vec<_>>();
        assert_eq!(kept.queue.open().collect::<Vec<_>>(), only(open), "the queue holds the jobs not ended");
        let still = kept.jobs.iter().filter(|(_, job)| kept.is_still(job)).map(|(id, _)| *id).collect();
        assert_eq!(kept.still, still, "jobs of which no frame runs are known");
        kept.queue.shares.check(places.into_iter());
        kept.set_asides.check(|job| kept.jobs.get(&job).is_some_and(|job| job.ended_at.is_none()));
        let taken = kept.leases.sorted().into_iter().filter_map(|(_, lease)| {
            let (step, _) = kept.step(lease.frame)?;
            Some((&step.limits, lease.host))
        });
        kept.limits.check(taken);
        let taken = kept.leases.sorted().into_iter();
        let taken = taken.filter_map(|(_, lease)| Some((lease.host, lease.taken.as_deref()?)));
        kept.amounts.check(taken, |host| self.passing.host(host).map(|linked| linked.amounts_most));
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
        let mut lines: BTreeMap<(HostIndex, SlotIndex), BTreeSet<LeaseId>> = BTreeMap::new();
        for (id, lease) in kept.leases.sorted() {
            assert!(id <= kept.last_lease, "lease {id} is ahead of its counter");
            assert!(frames.insert(lease.frame), "frame {} has two live leases", lease.frame);
            let slots: BTreeSet<SlotIndex> = lease.slots().collect();
            assert_eq!(slots.len(), 1 + lease.also.len(), "lease {id} holds each of its slots once");
            for slot in slots {
                lines.entry((lease.host, slot)).or_default().insert(id);
            }
            let touched = kept.step(lease.frame).and_then(|(_, table)| table.touched(lease.frame.index));
            let attempt = touched.and_then(Touched::last);
            let matches = attempt.is_some_and(|attempt| {
                (attempt.lease, attempt.number, attempt.host, attempt.slot)
                    == (id, lease.attempt, lease.host, lease.slot)
                    && attempt.end.is_none()
            });
            assert!(matches, "lease {id} is not the running attempt of frame {}", lease.frame);
        }
        for (host, held) in kept.hosts.iter() {
            assert_eq!(kept.hosts.find(&held.name), Some(host), "a host is found by its name");
            assert_eq!(held.is_busy(), held.lines().next().is_some(), "a busy host has a line");
            for (slot, line) in held.lines() {
                let stands: Vec<LeaseId> = line.iter().collect();
                assert!(stands.is_sorted(), "leases stand in the order in which they were given");
                for (place, id) in stands.iter().enumerate() {
                    let lease = kept.leases.get(*id).filter(|lease| lease.ahead);
                    let behind = lease.is_none_or(|lease| place > 0 || lease.slot != slot);
                    assert!(behind, "lease {id} is ahead and has another one of its slot before it");
                }
                let leases = lines.remove(&(host, slot)).unwrap_or_default();
                assert!(leases.into_iter().eq(stands), "slot {slot} of {} has its leases in line", held.name);
            }
        }
        assert!(lines.is_empty(), "every lease stands in the lines of its slots: {lines:?}");
    }

    fn check_job(&self, id: JobId, job: &Job) {
        assert_eq!(job.tables.len(), job.description.steps.len(), "job {id} has a table for each step");
        let live: Vec<LeaseId> = job.leases().collect();
        let leases = self.kept.leases.sorted().into_iter().filter(|(_, lease)| lease.frame.job == id);
        let leases: BTreeMap<LeaseId, &Lease> = leases.collect();
        assert!(
            live.iter().collect::<BTreeSet<_>>().into_iter().eq(leases.keys()),
            "job {id} finds its leases"
        );
        assert_eq!(u32::try_from(live.len()), Ok(job.live), "job {id} counts its leases");
        self.check_amounts(id, job, &leases);
        let counts = job.counts();
        assert_eq!(counts.left() == 0, job.ended_at.is_some(), "job {id} ends with its last frame");
        assert_eq!(counts.killed > 0, job.killed, "frames are killed with their job");
        let leased: BTreeSet<FrameId> = leases.values().map(|lease| lease.frame).collect();
        let mut failures = 0;
        for (step, table) in (0..).zip(&job.tables) {
            let first = FrameId { job: id, step: StepIndex(step), index: 0 };
            table.check(first);
            for (index, touched) in table.all_touched() {
                let frame = FrameId { index, ..first };
                let ends = touched.attempts().filter_map(|attempt| attempt.end.as_ref());
                failures += ends.filter(|end| end.ending.is_some_and(Ending::counted)).count();
                let fatal = touched.failures > 0 && touched.last_failure() == Some(Ending::Fatal);
                let used_up = touched.failures >= job.description.attempts_max || fatal;
                let failed = table.state(index) == Some(FrameState::Failed);
                let ended = used_up || table.struck(index).is_some();
                assert_eq!(ended, failed, "frame {frame} fails when its tries are used up, or by a person");
                let running = table.state(index) == Some(FrameState::Running);
                assert_eq!(leased.contains(&frame), running, "frame {frame} runs while it is leased");
            }
        }
        assert_eq!(u32::try_from(failures), Ok(job.attempts_failed), "job {id} counts its failures");
        assert_eq!(job.spent, Spent::of(job), "job {id} knows what its attempts came to");
        dependency::check(&job.description.steps, &job.tables);
        let awaits: BTreeSet<JobId> = self.to_await(&job.description).collect();
        assert_eq!(job.awaits, awaits, "job {id} knows which jobs it waits for");
        let known = |other| self.kept.followers.get(other).is_some_and(|jobs| jobs.contains(&id));
        assert!(awaits.iter().all(known), "and they know it");
        assert!(awaits.is_empty() || job.started_at.is_none(), "job {id} starts after them");
    }

    fn check_amounts(&self, id: JobId, job: &Job, leases: &BTreeMap<LeaseId, &Lease>) {
        let (ahead, seated): (Vec<_>, Vec<_>) = leases.iter().partition(|(_, held)| held.ahead);
        let frames =
            |held: &Lease| self.kept.step(held.frame).map_or(0, |(step, _)| step.chunk_len(held.frame.index));
        let ahead: u32 = ahead.into_iter().map(|(_, held)| frames(held)).sum();
        assert_eq!(ahead, job.ahead, "job {id} counts its frames that are ahead");
        let mut on_hosts = BTreeMap::new();
        for (_, lease) in seated {
            *on_hosts.entry(lease.host).or_default() +=
                1 + u32::try_from(lease.also.len()).unwrap_or(u32::MAX);
        }
        assert_eq!(on_hosts.values().sum::<u32>(), job.slots, "job {id} counts its slots");
        if job.description.hosts_max.is_some() {
            assert_eq!(on_hosts, job.on_hosts, "job {id} knows its hosts");
        }
    }
}

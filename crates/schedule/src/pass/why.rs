//! Why frames wait: the questions that a pass asks, asked of one step. What it stops at is the reason, so
//! that the two cannot disagree.

use std::collections::BTreeMap;

use model::{AmountKind, Amounts, Door, JobId, Profile, SetAsideView, SlotNeed, Step, WaitingReason};

use super::rings::Wanted;
use super::turn::{JobTurn, StepTurn};
use super::{Bar, Pass};
use crate::Schedule;
use crate::amounts::ShortAmount;
use crate::host_table::HostIndex;
use crate::licences::Shortage;
use crate::limits::Short;
use crate::lists::Need;
use crate::passing_state::LinkedHost;

/// So many hosts with free slots are asked why they take none of a step.
const HOSTS_MAX: usize = 64;
/// So many hosts that are set aside are named.
const ASIDE_MAX: usize = 8;

/// Finds reasons for any number of jobs; what is looked up for one is not looked up again for the next.
pub(crate) struct Whys<'a> {
    /// A pass at the moment of the last one. It gives nothing.
    pass: Pass<'a>,
    /// Slots of the linked hosts that match and are large enough, by profile and what is reserved.
    slots: BTreeMap<(&'a Profile, Amounts), u32>,
}

impl<'a> Whys<'a> {
    pub(crate) fn new(schedule: &'a Schedule) -> Self {
        Self { pass: Pass::new(schedule, schedule.passing.passed_at), slots: BTreeMap::new() }
    }

    /// The first reason why frames of a job wait.
    pub(crate) fn first(&mut self, id: JobId) -> Option<WaitingReason> {
        let trouble = self.pass.schedule.storage_trouble(id).map(|(_, reason)| reason);
        let steps = self.pass.schedule.kept.jobs.get(&id)?.tables.len();
        trouble.or_else(|| (0..steps).find_map(|at| self.step(id, at)))
    }

    /// Why those frames of a step wait that do.
    pub(crate) fn step(&mut self, id: JobId, at: usize) -> Option<WaitingReason> {
        let schedule = self.pass.schedule;
        let job = schedule.kept.jobs.get(&id)?;
        let (step, table) = (job.description.steps.get(at)?, job.tables.get(at)?);
        if table.counts().waiting == 0 {
            return None;
        }
        if job.held {
            return Some(WaitingReason::Held);
        }
        let depends = || schedule.depends_on_job(job).or_else(|| job.depends_on_step(at));
        depends().or_else(|| schedule.no_host(step)).or_else(|| self.no_slot(id, at))
    }

    fn no_slot(&mut self, id: JobId, at: usize) -> Option<WaitingReason> {
        let (schedule, now) = (self.pass.schedule, self.pass.now);
        let mut turn = JobTurn::new(schedule, id)?;
        let step = turn.step(schedule, at, now)?;
        if step.ready.left() == 0 {
            return put_off(&turn, &step);
        }
        if let Some(shortage) = self.pass.put_off(id, &step) {
            return licence(&turn, &step, shortage);
        }
        if let Some(short) = self.pass.limits.short(&step.step.limits) {
            return Some(limit(&short));
        }
        if turn.slots_left() == 0 {
            return turn.slots_max().map(|slots| WaitingReason::SlotsMax { slots });
        }
        let need = step.need?;
        self.on_free_hosts(&turn, &step, need).or_else(|| Some(self.busy(&turn, &step, need)))
    }

    /// What keeps the step from the hosts that have free slots.
    fn on_free_hosts(
        &mut self,
        turn: &JobTurn<'a>,
        step: &StepTurn<'a>,
        need: &'a Need,
    ) -> Option<WaitingReason> {
        let schedule = self.pass.schedule;
        let mut aside: Vec<SetAsideView> = Vec::new();
        let (mut barred, mut taken) = (None, None::<(ShortAmount, HostIndex)>);
        for host in self.pass.rings.hosts(Wanted::of(step.step)).take(HOSTS_MAX).collect::<Vec<_>>() {
            let bar = match self.pass.bar(host, turn, step, need) {
                Some(Bar::SetAside) => {
                    aside.extend(schedule.aside_view(host, turn.id));
                    continue;
                }
                Some(Bar::Amount(short)) => {
                    if taken.is_none_or(|(most, _)| (most.amount, most.free) < (short.amount, short.free)) {
                        taken = Some((short, host));
                    }
                    continue;
                }
                Some(bar) => bar,
                None if self.would_start(host, turn, step, need) => return Some(WaitingReason::Starting),
                None => continue,
            };
            barred.get_or_insert_with(|| match bar {
                Bar::HostsMax(hosts) => WaitingReason::HostsMax { hosts },
                Bar::Limit(short) => limit(&short),
                Bar::Reserved(job) => WaitingReason::Reserved { host: schedule.kept.host_name(host), job },
                Bar::SetAside | Bar::Amount(_) => WaitingReason::SetAside { hosts: Vec::new() },
            });
        }
        aside.truncate(ASIDE_MAX);
        let aside = (!aside.is_empty()).then_some(WaitingReason::SetAside { hosts: aside });
        let taken = taken.map(|(short, host)| schedule.amount_taken(short, host));
        barred.or(taken).or(aside).or_else(|| schedule.refused_by(need, self.pass.now))
    }

    /// Whether a host that takes frames of the step has room for one, and one may go there.
    fn would_start(&self, host: HostIndex, turn: &JobTurn<'a>, step: &StepTurn<'a>, need: &'a Need) -> bool {
        let schedule = self.pass.schedule;
        let wanted = schedule.wanted_on(host, step.step);
        let room = wanted <= self.pass.rings.left_on(host) && u32::from(wanted) <= turn.slots_left();
        let asked = step.asked(turn.id, need);
        let may = |index| schedule.may_go(asked, step.table, index, host);
        room && step.ready.clone().next(may).is_some()
    }

    /// No free slot is of any use: it waits for one that is busy.
    fn busy(&mut self, turn: &JobTurn<'a>, step: &StepTurn<'a>, need: &'a Need) -> WaitingReason {
        let (schedule, pass) = (self.pass.schedule, &self.pass);
        let mine = pass.reserved.iter().find(|(_, held)| (held.job, held.step) == (turn.id, step.index()));
        if let Some((host, _)) = mine {
            return WaitingReason::Clearing {
                host: schedule.kept.host_name(*host),
                free: pass.rings.left_on(*host).into(),
                wanted: schedule.wanted_on(*host, step.step).into(),
            };
        }
        if let Some((name, slots)) = schedule.kept.queue.shares.behind(turn.id) {
            return WaitingReason::Share { name: name.to_owned(), slots };
        }
        let slots = || {
            let open = need.within(&schedule.passing.open);
            let hosts = open.filter_map(|host| schedule.passing.host(host));
            let large = hosts.filter(|host| step.step.reserve.fits_in(&host.amounts));
            large.map(|host| u32::from(host.slots)).sum()
        };
        let asked = (&step.step.profile, step.step.reserve);
        WaitingReason::SlotsBusy { slots: *self.slots.entry(asked).or_insert_with(slots) }
    }
}

impl Schedule {
    /// Why no host can take frames of a step, whatever else runs.
    pub(crate) fn no_host(&self, step: &Step) -> Option<WaitingReason> {
        if self.passing.linked_count == 0 {
            return Some(WaitingReason::NoHostLinked);
        }
        let need = self.need(&step.profile);
        let Some((need, known)) = need.and_then(|need| need.known.as_ref().map(|known| (need, known))) else {
            let linked = self.passing.resource_linked;
            return Some(if linked { WaitingReason::AskingHosts } else { WaitingReason::NoResourceServer });
        };
        if need.meets(&self.passing.linked) {
            return self.too_big(step, need).or_else(|| self.closed(need));
        }
        Some(match known.hosts {
            _ if known.rebuilding => WaitingReason::Rebuilding,
            0 => {
                let (rejections, nearest) = (known.rejections.clone(), known.nearest.clone());
                WaitingReason::NoHostMatches { hosts_total: known.hosts_total, rejections, nearest }
            }
            hosts => WaitingReason::MatchesNotLinked { hosts },
        })
    }

    fn amount_taken(&self, short: ShortAmount, host: HostIndex) -> WaitingReason {
        let ShortAmount { amount, free, wanted } = short;
        WaitingReason::AmountTaken { amount, host: self.kept.host_name(host), free, wanted }
    }

    /// No linked host has all that a frame takes, though nothing else ran there.
    fn too_big(&self, step: &Step, need: &Need) -> Option<WaitingReason> {
        let slots = match step.slots {
            SlotNeed::Count(count) => u64::from(count),
            SlotNeed::Whole => 1,
        };
        if slots <= 1 && step.reserve.is_none() {
            return None;
        }
        let linked = need.within(&self.passing.linked).filter_map(|host| self.passing.host(host));
        let mut hosts: Vec<[u64; 3]> = linked.map(LinkedHost::sizes).collect();
        let wanted = [slots, step.reserve.memory_bytes, step.reserve.gpus.into()];
        let kinds = [AmountKind::Slots, AmountKind::Memory, AmountKind::Gpus];
        // One by one, so that it is also found where each host lacks another one.
        for (at, (wanted, amount)) in wanted.into_iter().zip(kinds).enumerate() {
            let largest = hosts.iter().map(|host| host[at]).max().unwrap_or(0);
            if wanted > largest {
                return Some(WaitingReason::NoHostBigEnough { amount, wanted, largest });
            }
            hosts.retain(|host| host[at] >= wanted);
        }
        None
    }

    /// All linked hosts that match take no frames.
    fn closed(&self, need: &Need) -> Option<WaitingReason> {
        if need.meets(&self.passing.open) {
            return None;
        }
        let mut linked = need.within(&self.passing.linked);
        let first = linked.next()?;
        let Door::Closed { why, .. } = &self.passing.host(first)?.said.door else { return None };
        let hosts = 1 + u32::try_from(linked.count()).unwrap_or(u32::MAX);
        Some(WaitingReason::HostsClosed { hosts, host: self.kept.host_name(first), why: why.clone() })
    }

    /// What a host said that refused, where those do that have free slots.
    fn refused_by(&self, need: &Need, now: model::Time) -> Option<WaitingReason> {
        let mut free = self.passing.free.within(&need.matching.all).take(HOSTS_MAX);
        let host = free.find(|host| self.passing.is_skipped(*host, now))?;
        let why = self.passing.host(host)?.said.refused_because.clone();
        Some(WaitingReason::Refused { host: self.kept.host_name(host), why })
    }

    fn aside_view(&self, host: HostIndex, job: JobId) -> Option<SetAsideView> {
        self.kept.set_asides.why(host, job, self.kept.host_name(host))
    }
}

/// Its frames failed, and the next of them waits before it is tried again.
fn put_off(turn: &JobTurn<'_>, step: &StepTurn<'_>) -> Option<WaitingReason> {
    let (again_at, index) = step.table.again().next()?;
    let touched = step.table.touched(index)?;
    let end = touched.last()?.end.as_ref()?;
    Some(WaitingReason::PutOff {
        frame: step.step.chunk_numbers(index).next()?,
        seconds: again_at.since_ms(end.at).div_ceil(1_000),
        failures: touched.failures,
        attempts_max: turn.attempts_max(),
        problem: end.message().to_owned(),
    })
}

/// One of its frames found no licence, and the step as a whole is put off.
fn licence(turn: &JobTurn<'_>, step: &StepTurn<'_>, shortage: &Shortage) -> Option<WaitingReason> {
    let index = step.ready.clone().next(|_| true)?;
    Some(WaitingReason::PutOff {
        frame: step.step.chunk_numbers(index).next()?,
        seconds: shortage.seconds,
        failures: 0,
        attempts_max: turn.attempts_max(),
        problem: shortage.why.clone(),
    })
}

fn limit(short: &Short<'_>) -> WaitingReason {
    let Short { name, amount, in_use, wanted, per_host } = *short;
    WaitingReason::Limit { name: name.to_owned(), amount, in_use, wanted, per_host }
}

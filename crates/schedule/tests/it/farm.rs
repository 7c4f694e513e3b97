//! A farm around the schedule role for tests: hosts, a resource server, a storage and a mail server that do
//! what a test says, and a journal. Every event is followed by `check`, and by the passes it asks for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{
    AHEAD_MAX, Amounts, ClosedBy, Door, FailureClass, FrameView, Grant, HEARTBEAT_MS, HeldLease, HostId,
    HostOrder, InstanceId, JobDescription, JobId, JobView, KindId, LeaseId, Outcome, Rejection,
    RenderToSchedule, Report, ResourceToSchedule, Role, ScheduleToRender, SubmitRequest, Time, Usage,
};
use schedule::{Effect, Event, JobSummary, LinkId, Record, Refusal, Schedule};

pub(crate) use crate::drafts::{done, failed, job, reserving, with_priority, with_tag};

/// The farm.
#[derive(Clone)]
pub(crate) struct Farm {
    pub(crate) schedule: Schedule,
    pub(crate) now: Time,
    /// When the hosts say next that they are alive.
    beat: Time,
    pub(crate) journal: Vec<String>,
    pub(crate) hosts: BTreeMap<String, Host>,
    /// Rejections that the resource server answers with.
    pub(crate) rejections: Vec<Rejection>,
    /// What the storage says instead of taking outputs.
    pub(crate) storage_trouble: Option<String>,
    /// What the mail server says instead of taking mails.
    pub(crate) mail_trouble: Option<String>,
    pub(crate) mails: Vec<(String, JobSummary)>,
    pub(crate) sealed: Vec<(JobId, Vec<String>)>,
    /// Jobs whose parts of pictures were removed.
    pub(crate) cleared: Vec<JobId>,
    pub(crate) discarded: Vec<LeaseId>,
    /// Leases that hosts reported on and that were never given.
    pub(crate) never_given: Vec<LeaseId>,
    pub(crate) asks: usize,
    /// Of which kinds the resource server has said that hosts are, since it was linked.
    pub(crate) told: Option<BTreeMap<HostId, KindId>>,
    /// How far kinds are from what is preferred, where they are.
    pub(crate) ranks: BTreeMap<u32, u32>,
    /// Asks that the resource server has not answered, while it takes its time.
    pub(crate) unanswered: Option<Vec<u64>>,
    pub(crate) passes: usize,
    pub(crate) grids: crate::grids::Grids,
    /// How long attempts take, as hosts say; short ones are leased ahead.
    pub(crate) pace_ms: u64,
    next_link: LinkId,
    keys: u32,
}

/// A render host as the farm's test sees it.
#[derive(Clone, Default)]
pub(crate) struct Host {
    pub(crate) link: Option<LinkId>,
    pub(crate) slots: u16,
    /// What it works on.
    pub(crate) held: BTreeMap<LeaseId, Grant>,
    /// Reports that were not acknowledged.
    pub(crate) outbox: BTreeMap<LeaseId, Report>,
    pub(crate) turned_away: Option<String>,
    /// Says nothing though it is linked.
    pub(crate) silent: bool,
    /// Its kind, of which any matches.
    pub(crate) kind: u32,
    /// Is not in any resource list.
    pub(crate) unsuitable: bool,
    /// What it has besides slots.
    pub(crate) amounts: Amounts,
    pub(crate) door: Door,
    /// What people told it.
    pub(crate) orders: Vec<HostOrder>,
    /// Jobs whose files it was told to fetch.
    pub(crate) prefetch: Vec<JobId>,
}

impl Host {
    /// It has all that a grant is to hold, beside what it works on.
    fn assert_amounts(&self, grant: &Grant) {
        if grant.memory_bytes == 0 && grant.gpus.is_empty() {
            return;
        }
        let memory: u64 = self.held.values().map(|held| held.memory_bytes).sum();
        assert!(memory + grant.memory_bytes <= self.amounts.memory_bytes, "memory is there: {grant:?}");
        for gpu in &grant.gpus {
            let taken = self.held.values().any(|held| held.gpus.contains(gpu));
            assert!(*gpu < self.amounts.gpus && !taken, "GPU {gpu} is there and free: {grant:?}");
        }
    }
}

pub(crate) fn farm() -> Farm {
    let mut farm = Farm {
        schedule: Schedule::default(),
        now: Time(1_000_000),
        beat: Time(1_000_000).plus_ms(HEARTBEAT_MS),
        journal: Vec::new(),
        hosts: BTreeMap::new(),
        rejections: Vec::new(),
        storage_trouble: None,
        mail_trouble: None,
        mails: Vec::new(),
        sealed: Vec::new(),
        cleared: Vec::new(),
        discarded: Vec::new(),
        never_given: Vec::new(),
        asks: 0,
        told: None,
        ranks: BTreeMap::new(),
        unanswered: None,
        passes: 0,
        grids: crate::grids::Grids::default(),
        pace_ms: 60_000,
        next_link: 1,
        keys: 0,
    };
    farm.happens(Event::ResourceLinked);
    farm
}

impl Farm {
    pub(crate) fn with_hosts(hosts: &[(&str, u16)]) -> Self {
        let mut farm = farm();
        for (host, slots) in hosts {
            farm.links(host, *slots);
        }
        farm
    }

    // What people do.

    pub(crate) fn submits(&mut self, description: JobDescription) -> JobId {
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        self.submits_under(&key, description).unwrap();
        self.schedule.job_with_key(&key).unwrap()
    }

    pub(crate) fn submits_under(&mut self, key: &str, description: JobDescription) -> Result<(), Refusal> {
        self.tries(Event::Submit(Box::new(SubmitRequest { key: key.to_owned(), description })))
    }

    // What hosts do.

    /// A host comes that has more than slots.
    pub(crate) fn links_with(&mut self, name: &str, slots: u16, memory_bytes: u64, gpus: u16) {
        let host = self.hosts.entry(name.to_owned()).or_default();
        host.amounts = Amounts { memory_bytes, gpus };
        self.links(name, slots);
    }

    /// A host comes, or comes back with what it holds.
    pub(crate) fn links(&mut self, name: &str, slots: u16) {
        let link = self.next_link;
        self.next_link += 1;
        let host = self.hosts.entry(name.to_owned()).or_default();
        (host.link, host.slots, host.silent) = (Some(link), slots, false);
        let working = host.held.values().map(|grant| HeldLease { lease: grant.lease, slot: grant.slot });
        let mut held: Vec<_> = working.collect();
        held.extend(host.outbox.keys().map(|lease| HeldLease { lease: *lease, slot: model::SlotIndex(0) }));
        held.sort_by_key(|held| held.lease);
        held.dedup_by_key(|held| held.lease);
        let reports: Vec<Report> = host.outbox.values().cloned().collect();
        self.happens(Event::ResourceSpoke(ResourceToSchedule::Changed));
        self.hello(name, "only", link, slots, held);
        for report in reports {
            self.says(name, RenderToSchedule::Report(report));
        }
    }

    pub(crate) fn hello(
        &mut self,
        name: &str,
        instance: &str,
        link: LinkId,
        slots: u16,
        held: Vec<HeldLease>,
    ) {
        let known = self.hosts.get(name);
        let (amounts, door) = known.map_or_else(Default::default, |host| (host.amounts, host.door.clone()));
        let (host, instance) = (HostId::from(name), InstanceId::from(instance));
        let message = RenderToSchedule::Hello { host, instance, slots, held, amounts, door };
        self.happens(Event::HostSpoke { link, message });
    }

    /// A host takes no more frames.
    pub(crate) fn closes(&mut self, name: &str) {
        self.turns_door(name, Door::Closed { by: ClosedBy::Desk, why: "its owner is back".to_owned() });
    }

    pub(crate) fn opens(&mut self, name: &str) {
        self.turns_door(name, Door::Open);
    }

    fn turns_door(&mut self, name: &str, door: Door) {
        self.hosts.get_mut(name).unwrap().door = door.clone();
        self.says(name, RenderToSchedule::Door(door));
    }

    pub(crate) fn loses_link(&mut self, name: &str) {
        if let Some(link) = self.hosts.get_mut(name).and_then(|host| host.link.take()) {
            self.happens(Event::HostLinkClosed { link });
        }
    }

    /// A host is switched off: its link closes and what it held is gone.
    pub(crate) fn dies(&mut self, name: &str) {
        self.loses_link(name);
        let host = self.hosts.get_mut(name).unwrap();
        host.held.clear();
        host.outbox.clear();
    }

    pub(crate) fn says(&mut self, name: &str, message: RenderToSchedule) {
        if let Some(link) = self.hosts[name].link {
            let _ = self.tries(Event::HostSpoke { link, message });
        }
    }

    pub(crate) fn is_alive(&mut self, name: &str) {
        let held = self.hosts[name].held.keys().copied().collect();
        self.says(name, RenderToSchedule::Alive { held });
    }

    /// A host ends its oldest frame.
    pub(crate) fn ends(&mut self, name: &str, outcome: impl FnOnce(&Grant) -> Outcome) -> i64 {
        self.ends_warned(name, outcome, &[])
    }

    pub(crate) fn ends_warned(
        &mut self,
        name: &str,
        outcome: impl FnOnce(&Grant) -> Outcome,
        warnings: &[&str],
    ) -> i64 {
        let host = self.hosts.get_mut(name).unwrap();
        let (_, grant) = host.held.pop_first().unwrap();
        self.reports(name, &grant, outcome(&grant), warnings);
        grant.number
    }

    pub(crate) fn reports(&mut self, name: &str, grant: &Grant, outcome: Outcome, warnings: &[&str]) {
        let usage = Usage { wall_ms: self.pace_ms, cpu_ms: 900, ..Usage::default() };
        let (lease, frame, attempt) = (grant.lease, grant.frame, grant.attempt);
        let warnings = warnings.iter().map(|&warning| warning.to_owned()).collect();
        let report = Report { lease, frame, attempt, outcome, usage, warnings };
        self.hosts.get_mut(name).unwrap().outbox.insert(lease, report.clone());
        self.says(name, RenderToSchedule::Report(report));
    }

    /// A host finishes the frame of this grant.
    pub(crate) fn ends_lease(&mut self, name: &str, grant: &Grant) {
        let host = self.hosts.get_mut(name).unwrap();
        host.held.remove(&grant.lease).unwrap();
        self.reports(name, grant, done(grant), &[]);
    }

    pub(crate) fn finishes_one(&mut self, name: &str) -> i64 {
        self.ends(name, done)
    }

    pub(crate) fn fails_one(&mut self, name: &str) -> i64 {
        self.ends(name, |_| failed(FailureClass::Frame, "povray exited with 1"))
    }

    pub(crate) fn refuses_one(&mut self, name: &str) -> i64 {
        let (lease, grant) = self.hosts.get_mut(name).unwrap().held.pop_first().unwrap();
        self.says(name, RenderToSchedule::Refused { lease, why: "the slot is not ready".to_owned() });
        grant.number
    }

    /// Every host finishes what it holds until nothing is held any more.
    pub(crate) fn everything_is_rendered(&mut self) {
        for _ in 0..10_000 {
            let busy = self.hosts.iter().find(|(_, host)| host.link.is_some() && !host.held.is_empty());
            match busy.map(|(name, _)| name.clone()) {
                Some(name) => self.finishes_one(&name),
                None => return,
            };
        }
        panic!("frames never end");
    }

    // What time does.

    /// Time goes on; linked hosts say that they are alive, deadlines are kept.
    pub(crate) fn after_ms(&mut self, ms: u64) {
        let end = self.now.plus_ms(ms);
        for _ in 0..100_000 {
            let deadline = self.schedule.next_deadline().unwrap_or(Time(u64::MAX));
            let next = deadline.min(self.beat).max(self.now);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            if deadline <= next {
                self.happens(Event::DeadlinePassed);
            } else {
                self.beat = self.now.plus_ms(HEARTBEAT_MS);
                let alive = self.hosts.iter().filter(|(_, host)| host.link.is_some() && !host.silent);
                for name in alive.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
                    self.is_alive(&name);
                }
            }
        }
        panic!("deadlines never end");
    }

    // What the farm does.

    pub(crate) fn happens(&mut self, event: Event) {
        let text = format!("{event:?}");
        self.tries(event).unwrap_or_else(|refusal| panic!("{text} was refused: {refusal}"));
    }

    /// An event, and all that follows at once.
    pub(crate) fn tries(&mut self, event: Event) -> Result<(), Refusal> {
        let mut effects = self.takes(&event)?;
        loop {
            while let Some(effect) = effects.pop_front() {
                if effect == Effect::PassWanted && effects.contains(&effect) {
                    continue;
                }
                for event in self.does(effect) {
                    self.passes += usize::from(event == Event::Pass);
                    effects.extend(self.takes(&event).unwrap_or_default());
                }
            }
            // What is due already, such as a mail about a job that has just ended.
            if self.schedule.next_deadline().is_none_or(|deadline| deadline > self.now) {
                return Ok(());
            }
            effects = self.takes(&Event::DeadlinePassed)?;
        }
    }

    fn takes(&mut self, event: &Event) -> Result<VecDeque<Effect>, Refusal> {
        if *event == Event::ResourceLinked {
            self.told = None;
        }
        let mut effects = Vec::new();
        for record in self.schedule.decide(self.now, event)? {
            if Schedule::durable(&record) {
                self.journal.push(serde_json::to_string(&record).unwrap());
            }
            self.schedule.apply(&record, &mut effects);
        }
        self.schedule.check();
        Ok(effects.into())
    }

    fn does(&mut self, effect: Effect) -> Vec<Event> {
        match effect {
            Effect::ToHost { link, message } => return self.hears(link, message).into_iter().collect(),
            Effect::CloseLink { link } => {
                let host = self.hosts.values_mut().find(|host| host.link == Some(link));
                if let Some(host) = host {
                    host.link = None;
                }
            }
            Effect::Ask { ask, .. } => {
                self.asks += 1;
                if let Some(unanswered) = &mut self.unanswered {
                    unanswered.push(ask);
                    return Vec::new();
                }
                let list = ResourceToSchedule::List { ask, list: self.list() };
                let news = self.kinds_news().into_iter().chain([list]);
                return news.map(Event::ResourceSpoke).collect();
            }
            Effect::PassWanted => return vec![Event::Pass],
            Effect::Publish { lease, .. } => {
                return vec![match &self.storage_trouble {
                    None => Event::Published { lease },
                    Some(why) => Event::PublishFailed { lease, why: why.clone() },
                }];
            }
            Effect::Discard { lease } => self.discarded.push(lease),
            Effect::SealResults { job, outputs, clear_parts, .. } => {
                self.cleared.extend(clear_parts.then_some(job));
                self.sealed.push((job, outputs.into_iter().map(|output| output.name).collect()));
                return vec![Event::Sealed { job }];
            }
            Effect::Mail { notice, to, summary } => {
                return vec![match &self.mail_trouble {
                    None => {
                        self.mails.push((to, *summary));
                        Event::NoticeSent { notice }
                    }
                    Some(why) => Event::NoticeFailed { notice, why: why.clone() },
                }];
            }
            Effect::NeverGiven { lease, .. } => self.never_given.push(lease),
            Effect::JobChanged(_) => {}
            Effect::ChunkChanged(_) | Effect::GridChanged(_) => self.grids.hear(&effect, &self.schedule),
        }
        Vec::new()
    }

    /// What a host does about a message, and says.
    fn hears(&mut self, link: LinkId, message: ScheduleToRender) -> Option<Event> {
        let host = self.hosts.values_mut().find(|host| host.link == Some(link))?;
        match message {
            ScheduleToRender::Welcome => {}
            ScheduleToRender::TurnedAway { why } => host.turned_away = Some(why),
            ScheduleToRender::Grant(grant) => {
                let slots: BTreeSet<_> = slots_of(&grant).collect();
                let before =
                    host.held.values().filter(|held| slots_of(held).any(|slot| slots.contains(&slot)));
                let before: Vec<_> = before.collect();
                let of_a_step = before
                    .iter()
                    .all(|held| (held.frame.job, held.frame.step) == (grant.frame.job, grant.frame.step));
                let in_line = before.is_empty() || (grant.also.is_empty() && of_a_step);
                assert!(in_line && before.len() < AHEAD_MAX, "the slots have room: {grant:?}");
                assert!(slots.iter().all(|slot| slot.0 < host.slots), "and are there: {grant:?}");
                host.assert_amounts(&grant);
                host.held.insert(grant.lease, grant);
            }
            ScheduleToRender::Revoke { lease } => {
                host.held.remove(&lease);
            }
            ScheduleToRender::Withdraw { lease } => {
                let slot = host.held.get(&lease)?.slot;
                let runs = host.held.values().find(|held| held.slot == slot)?.lease == lease;
                if !runs {
                    host.held.remove(&lease);
                    let why = "it was asked back".to_owned();
                    return Some(Event::HostSpoke {
                        link,
                        message: RenderToSchedule::Refused { lease, why },
                    });
                }
            }
            ScheduleToRender::Acknowledge { lease } => {
                host.outbox.remove(&lease);
            }
            ScheduleToRender::Order(order) => host.orders.push(order),
            ScheduleToRender::Look { .. } => {}
            ScheduleToRender::Prefetch { job } => host.prefetch.push(job),
        }
        None
    }

    // What there is to see.

    pub(crate) fn job(&self, job: JobId) -> JobView {
        self.schedule.job(job).unwrap()
    }

    pub(crate) fn frame(&self, job: JobId, number: i64) -> FrameView {
        let frames = self.schedule.frames(job).unwrap();
        frames.into_iter().find(|frame| frame.number == number).unwrap()
    }

    pub(crate) fn waits_because(&self, job: JobId) -> String {
        self.job(job).waiting_because.unwrap_or_default()
    }

    /// The numbers of the frames that a host holds, in the order given.
    pub(crate) fn held(&self, name: &str) -> Vec<i64> {
        self.hosts[name].held.values().map(|grant| grant.number).collect()
    }

    pub(crate) fn order(&self) -> Vec<String> {
        self.schedule.jobs().into_iter().map(|job| job.name).collect()
    }

    /// The schedule server is killed and comes back from its journal; hosts have lost their links.
    pub(crate) fn restarts(&mut self) {
        let replayed = self.replayed();
        assert_eq!(replayed, self.schedule, "a replay makes the same state");
        self.schedule = replayed;
        self.hosts.values_mut().for_each(|host| host.link = None);
        let mut effects = Vec::new();
        self.schedule.resume(self.now, &mut effects);
        assert_eq!(effects, [Effect::PassWanted]);
        self.happens(Event::Pass);
        self.happens(Event::ResourceLinked);
    }

    pub(crate) fn replayed(&self) -> Schedule {
        let mut replayed = Schedule::default();
        for line in &self.journal {
            let record: Record = serde_json::from_str(line).unwrap();
            replayed.apply(&record, &mut Vec::new());
            replayed.check();
        }
        replayed
    }
}

pub(crate) fn slots_of(grant: &Grant) -> impl Iterator<Item = model::SlotIndex> {
    std::iter::once(grant.slot).chain(grant.also.iter().copied())
}

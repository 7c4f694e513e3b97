//! A server and its hosts around the role, without anything that takes time.

use std::collections::VecDeque;

use model::{
    AttemptNumber, FrameId, Grant, HostId, InstanceId, JobDescription, KindId, KindMatch, LeaseId, Outcome,
    RenderToSchedule, Report, ResourceList, ResourceToSchedule, Role, ScheduleToRender, SubmitRequest, Time,
    Usage,
};
use schedule::{Effect, Event, LinkId, Schedule};

/// Events that a server takes together: half of them say that a frame has started, half that one has ended.
const FRAMES_PER_BATCH: usize = 256;

/// What a host keeps of a grant here: no more, so that the role is measured.
#[derive(Clone, Copy)]
struct Running {
    link: LinkId,
    lease: LeaseId,
    frame: FrameId,
    attempt: AttemptNumber,
}

pub(crate) struct Player {
    role: Schedule,
    now: Time,
    hosts: Vec<HostId>,
    effects: Vec<Effect>,
    wants_pass: bool,
    /// What was leased and has not ended, oldest first.
    running: VecDeque<Running>,
    usage: Usage,
    done: u32,
    submitted: u32,
}

impl Player {
    /// A farm of hosts with so many slots each, on which an attempt takes `wall_ms`.
    pub(crate) fn new(slots: &[u16], wall_ms: u64) -> Self {
        let hosts = (0..slots.len()).map(|host| HostId(format!("render-{host:05}"))).collect();
        let mut player = Self {
            role: Schedule::default(),
            now: Time(1_000_000),
            hosts,
            effects: Vec::new(),
            wants_pass: false,
            running: VecDeque::new(),
            usage: Usage {
                wall_ms,
                cpu_ms: 1,
                memory_peak_bytes: 1 << 20,
                exit_code: Some(0),
                ..Usage::default()
            },
            done: 0,
            submitted: 0,
        };
        player.takes(&Event::ResourceLinked);
        for (link, slots) in (0..).zip(slots) {
            let (host, instance) = (player.hosts[link as usize].clone(), InstanceId(link.to_string()));
            let message = RenderToSchedule::Hello {
                host,
                instance,
                slots: *slots,
                held: Vec::new(),
                amounts: model::Amounts::default(),
                door: model::Door::Open,
            };
            player.takes(&Event::HostSpoke { link, message });
        }
        player
    }

    pub(crate) fn submit(&mut self, description: JobDescription) {
        self.submitted += 1;
        let key = format!("key {}", self.submitted);
        self.takes(&Event::Submit(Box::new(SubmitRequest { key, description })));
    }

    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }

    /// Passes until none is wanted.
    pub(crate) fn pass(&mut self) {
        while std::mem::take(&mut self.wants_pass) {
            self.takes(&Event::Pass);
        }
    }

    /// The oldest frames start and end, and a pass gives others to their slots; how many ended.
    pub(crate) fn batch(&mut self) -> u32 {
        self.few(FRAMES_PER_BATCH)
    }

    /// The same for so many of them.
    pub(crate) fn few(&mut self, frames: usize) -> u32 {
        let before = self.done;
        for _ in 0..frames.min(self.running.len()) {
            let Some(Running { link, lease, frame, attempt }) = self.running.pop_front() else { break };
            self.takes(&Event::HostSpoke { link, message: RenderToSchedule::Started { lease } });
            let outcome = Outcome::Done { outputs: Vec::new() };
            let usage = self.usage;
            let report = Report { lease, frame, attempt, outcome, usage, warnings: Vec::new() };
            self.takes(&Event::HostSpoke { link, message: RenderToSchedule::Report(report) });
        }
        self.now = self.now.plus_ms(1);
        if std::mem::take(&mut self.wants_pass) {
            self.takes(&Event::Pass);
        }
        self.done - before
    }

    fn takes(&mut self, event: &Event) {
        for record in self.role.decide(self.now, event).unwrap() {
            self.role.apply(&record, &mut self.effects);
        }
        let mut asks = Vec::new();
        for effect in self.effects.drain(..) {
            match effect {
                Effect::ToHost { link, message: ScheduleToRender::Grant(grant) } => {
                    let Grant { lease, frame, attempt, .. } = grant;
                    self.running.push_back(Running { link, lease, frame, attempt });
                }
                Effect::ToHost { message: ScheduleToRender::Acknowledge { .. }, .. } => self.done += 1,
                Effect::PassWanted => self.wants_pass = true,
                Effect::Ask { ask, profile } => asks.push((ask, profile.needs.is_empty())),
                _ => {}
            }
        }
        for (ask, matches) in asks {
            self.answer(ask, matches);
        }
    }

    /// Every host matches who needs nothing, and nobody else.
    fn answer(&mut self, ask: u64, matches: bool) {
        let hosts_total = u32::try_from(self.hosts.len()).unwrap();
        if ask == 1 {
            let are = self.hosts.iter().map(|host| (host.clone(), KindId(0))).collect();
            let kinds = ResourceToSchedule::Kinds { whole: true, are, gone: Vec::new() };
            self.takes(&Event::ResourceSpoke(kinds));
        }
        let slots = 16 * hosts_total;
        let kind =
            KindMatch { kind: KindId(0), rank: 0, hosts: hosts_total, slots_total: slots, slots_free: slots };
        let list = ResourceList {
            kinds: matches.then_some(kind).into_iter().collect(),
            hosts_total,
            ..ResourceList::default()
        };
        self.takes(&Event::ResourceSpoke(ResourceToSchedule::List { ask, list }));
    }
}

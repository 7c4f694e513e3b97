//! A simulated render server: links, says hello, takes grants, waits as long as a frame would take, and
//! reports.
//!
//! It keeps the promises of a real one as far as the schedule server can see, and starts no process.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use model::{
    Grant, HEARTBEAT_MS, HostId, InstanceId, LeaseId, Outcome, RenderToResource, RenderToSchedule, Report,
    ResourceToRender, ScheduleToRender, Usage,
};
use tokio::time::{Instant, MissedTickBehavior};
use wire::link::{DialError, Limits, Receiver, Sender, dial};
use wire::{Credential, Link, ServerUrl};

use crate::error::LoadError;
use crate::fleet::Tally;
use crate::resource_link::ResourceLink;

/// Where render servers dial the schedule server.
pub(crate) const SCHEDULE_PATH: &str = "/link/schedule";
/// Where render servers dial the resource server.
const RESOURCE_PATH: &str = "/link/resource";

/// What all hosts of a fleet have in common.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) schedule: ServerUrl,
    pub(crate) resource: Option<ServerUrl>,
    pub(crate) work: Pace,
    /// What the hosts show to the servers: the token of the account that runs them.
    pub(crate) token: Option<String>,
}

impl Plan {
    fn credential(&self) -> Credential {
        Credential { bearer: self.token.clone(), ..Credential::default() }
    }

    /// A link with the resource server at `url`.
    pub(crate) async fn link_resource(
        &self,
        url: &ServerUrl,
    ) -> Result<Link<RenderToResource, ResourceToRender>, DialError> {
        dial(url, RESOURCE_PATH, Limits::HOST, &self.credential()).await
    }
}

/// How long a frame takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// No time at all.
    AtOnce,
    /// So long.
    Takes(Duration),
    /// For ever: slots are filled and stay so.
    Never,
}

/// A host that is linked.
pub(crate) struct Host {
    pace: Pace,
    tally: Arc<Tally>,
    sender: Sender<RenderToSchedule>,
    receiver: Receiver<ScheduleToRender>,
    resource: Option<ResourceLink>,
    /// Leases by slot in the order granted; the first of each is at work.
    lines: HashMap<u16, VecDeque<Grant>>,
    /// When the first of each line is done.
    due: BinaryHeap<Reverse<(Instant, u16, LeaseId)>>,
    /// When slots last fell idle, where their next lease is waited for.
    idle_since: HashMap<u16, Instant>,
}

impl Host {
    /// Links with both servers and says hello.
    pub(crate) async fn link(
        plan: &Plan,
        index: usize,
        slots: u16,
        tally: Arc<Tally>,
    ) -> Result<Self, LoadError> {
        let host = HostId(format!("sim-{index:05}"));
        let instance = InstanceId(format!("{index:016x}"));
        let resource = match &plan.resource {
            Some(url) => {
                let names = (host.clone(), instance.clone());
                Some(ResourceLink::link(plan, url, names, slots, tally.clone()).await?)
            }
            None => None,
        };
        let (sender, receiver) =
            dial(&plan.schedule, SCHEDULE_PATH, Limits::HOST, &plan.credential()).await?.split();
        let _ = sender.send(&RenderToSchedule::Hello {
            host,
            instance,
            slots,
            held: Vec::new(),
            amounts: model::Amounts::default(),
            door: model::Door::Open,
        });
        let (lines, due, idle_since) = (HashMap::new(), BinaryHeap::new(), HashMap::new());
        Ok(Self { pace: plan.work, tally, sender, receiver, resource, lines, due, idle_since })
    }

    /// Does what the schedule server says until the link ends.
    pub(crate) async fn serve(mut self, first_heartbeat: Duration) {
        let period = Duration::from_millis(HEARTBEAT_MS);
        let mut heartbeat = tokio::time::interval_at(Instant::now() + first_heartbeat, period);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut messages = Vec::new();
        loop {
            let due = self.due.peek().map(|Reverse((at, ..))| *at);
            let finish = tokio::time::sleep_until(due.unwrap_or_else(Instant::now));
            tokio::select! {
                received = self.receiver.recv_many(&mut messages) => {
                    if received.is_err() {
                        self.tally.links_lost.add(1);
                        return;
                    }
                    messages.drain(..).for_each(|message| self.hear(message));
                }
                () = finish, if due.is_some() => self.finish_due(),
                _ = heartbeat.tick() => self.beat(),
                () = keep(&mut self.resource) => {}
            }
            self.sender.flush();
        }
    }

    fn beat(&mut self) {
        let held = self.lines.values().flatten().map(|grant| grant.lease).collect();
        self.say(&RenderToSchedule::Alive { held });
        if let Some(resource) = &self.resource {
            resource.beat();
        }
    }

    fn hear(&mut self, message: ScheduleToRender) {
        match message {
            ScheduleToRender::Grant(grant) => self.take(grant),
            ScheduleToRender::Acknowledge { .. } => self.tally.acknowledged.add(1),
            ScheduleToRender::Revoke { lease } => self.drop_lease(lease),
            ScheduleToRender::Withdraw { lease } => {
                let ahead =
                    self.lines.values().any(|line| line.iter().skip(1).any(|grant| grant.lease == lease));
                if ahead {
                    self.drop_lease(lease);
                    let why = "it was withdrawn".to_owned();
                    self.say(&RenderToSchedule::Refused { lease, why });
                }
            }
            ScheduleToRender::Welcome => self.tally.welcomed.add(1),
            ScheduleToRender::TurnedAway { .. } => self.tally.links_lost.add(1),
            // Nobody steers a simulated host, and it has no files.
            ScheduleToRender::Order(_)
            | ScheduleToRender::Look { .. }
            | ScheduleToRender::Prefetch { .. } => {}
        }
    }

    fn take(&mut self, grant: Grant) {
        self.tally.granted();
        let slot = grant.slot.0;
        if let Some(since) = self.idle_since.remove(&slot) {
            self.tally.waited(since.elapsed());
        }
        if self.pace == Pace::AtOnce {
            self.say(&RenderToSchedule::Started { lease: grant.lease });
            self.report(&grant);
            return;
        }
        let line = self.lines.entry(slot).or_default();
        line.push_back(grant);
        if line.len() == 1 {
            self.start(slot);
        }
    }

    fn start(&mut self, slot: u16) {
        let Some(lease) = self.lines.get(&slot).and_then(VecDeque::front).map(|grant| grant.lease) else {
            return;
        };
        self.say(&RenderToSchedule::Started { lease });
        if let Pace::Takes(time) = self.pace {
            self.due.push(Reverse((Instant::now() + time, slot, lease)));
        }
    }

    fn finish_due(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((at, slot, lease))) = self.due.peek().copied()
            && at <= now
        {
            self.due.pop();
            let line = self.lines.entry(slot).or_default();
            if line.front().is_none_or(|grant| grant.lease != lease) {
                continue; // it was revoked
            }
            if let Some(grant) = line.pop_front() {
                if line.is_empty() {
                    self.idle_since.insert(slot, now);
                }
                self.report(&grant);
                self.start(slot);
            }
        }
    }

    fn drop_lease(&mut self, lease: LeaseId) {
        let slot = self.lines.iter().find(|(_, line)| line.iter().any(|grant| grant.lease == lease));
        let Some(slot) = slot.map(|(slot, _)| *slot) else { return };
        let line = self.lines.entry(slot).or_default();
        let was_first = line.front().is_some_and(|grant| grant.lease == lease);
        line.retain(|grant| grant.lease != lease);
        if was_first {
            self.start(slot);
        }
    }

    fn report(&self, grant: &Grant) {
        let usage = Usage {
            wall_ms: 1,
            cpu_ms: 1,
            memory_peak_bytes: 1 << 20,
            exit_code: Some(0),
            ..Usage::default()
        };
        self.say(&RenderToSchedule::Report(Report {
            lease: grant.lease,
            frame: grant.frame,
            attempt: grant.attempt,
            outcome: Outcome::Done { outputs: Vec::new() },
            usage,
            warnings: Vec::new(),
        }));
    }

    fn say(&self, message: &RenderToSchedule) {
        // A link that has ended is noticed by its receiver.
        let _ = self.sender.put(message);
    }
}

/// Keeps the link with the resource server, for ever.
async fn keep(resource: &mut Option<ResourceLink>) {
    match resource {
        Some(resource) => resource.keep().await,
        None => std::future::pending().await,
    }
}

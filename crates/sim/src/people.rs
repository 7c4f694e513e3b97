//! The people of the farm: clients who submit, and operators who hold, release, kill and change the farm.

use std::collections::BTreeMap;

use model::{
    FrameVerb, FramesOrder, HostOrder, HostVerb, JobDescription, JobId, JobState, SlotNeed, SubmitRequest,
};
use resource::lacks;
use schedule::Event;

use crate::happening::Happening;
use crate::ingredient::Ingredient;
use crate::jobs::{self, LIMIT_WANTED_MAX, LIMITS, USERS};
use crate::machine::Machine;
use crate::network::Place;
use crate::node::{Answer, Input, Ticket};
use crate::oracle::{Oracle, broken, hold};
use crate::servers::host_name;
use crate::world::World;

/// How long somebody waits for an answer, in milliseconds.
const PATIENCE_MS: u64 = 10_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    clients: Vec<Client>,
    /// How many mails about a job came to an address.
    mails: BTreeMap<(JobId, String), u32>,
    /// What was asked and has no answer.
    asked: BTreeMap<Ticket, Asked>,
    last_ticket: Ticket,
    /// Jobs that stay on hold to the end.
    kept_on_hold: Vec<JobId>,
}

#[derive(Clone, Debug)]
struct Asked {
    event: Event,
    /// The client who submits.
    client: Option<usize>,
}

/// A client with one job. It submits until it is answered, and sometimes once more.
#[derive(Clone, Debug)]
struct Client {
    request: Option<SubmitRequest>,
    again: bool,
}

impl People {
    pub(crate) fn gets_mail(&mut self, job: JobId, to: String) {
        *self.mails.entry((job, to)).or_default() += 1;
    }

    pub(crate) fn has_mail(&self, job: JobId, to: &str) -> bool {
        self.mails.contains_key(&(job, to.to_owned()))
    }

    /// How many jobs have to be on the farm in the end.
    pub(crate) fn jobs(&self) -> usize {
        self.clients.len()
    }
}

impl World {
    pub(crate) fn people_begin(&mut self) {
        for client in 0..usize::try_from(self.plan.jobs).unwrap_or(1) {
            let again = self.chance.permille(300);
            self.people.clients.push(Client { request: None, again });
            let ms = self.chance.between(0, self.plan.safety_ms / 2);
            self.in_ms(ms, Happening::Submits(client));
        }
        self.soon(6_000, Happening::Steers);
    }

    pub(crate) fn submits(&mut self, client: usize) {
        let request = match self.people.clients[client].request.clone() {
            Some(request) => request,
            None => {
                let number = u64::try_from(client).unwrap_or(0);
                let others: Vec<JobId> = self.ledger.orders.submitted.values().copied().collect();
                let description = jobs::draw_job(&mut self.chance, &self.plan, number, &others);
                let request = SubmitRequest { key: format!("key-{client}"), description };
                self.ledger.requests.insert(request.key.clone(), request.description.clone());
                self.people.clients[client].request.insert(request).clone()
            }
        };
        self.asks(Event::Submit(Box::new(request)), Some(client));
    }

    /// Somebody asks for something and waits for the answer, for a while.
    fn asks(&mut self, event: Event, client: Option<usize>) {
        self.people.last_ticket += 1;
        let ticket = self.people.last_ticket;
        self.tell_order(&event, ticket);
        self.ledger.orders.given(&event, ticket);
        self.people.asked.insert(ticket, Asked { event: event.clone(), client });
        self.in_ms(PATIENCE_MS, Happening::GivesUp(ticket));
        self.schedule.take(Input::Asked(event, ticket));
        self.schedule_turns();
    }

    pub(crate) fn answered(&mut self, ticket: Ticket, answer: &Answer) {
        let Some(Asked { event, client }) = self.people.asked.remove(&ticket) else { return };
        match (answer, client) {
            (Answer::Done, Some(client)) => self.is_submitted(client),
            (Answer::Done, None) => {
                let told = Oracle::AcknowledgedSurvives;
                hold(told, self.ledger.has(&event), || format!("{event:?} is acknowledged and not kept"));
                self.ledger.orders.acknowledged(&event, ticket);
                if let Event::Kill(job) = event {
                    self.in_ms(1_000, Happening::Acted(job));
                }
            }
            (Answer::Refused(_), Some(client)) => {
                // The job names a limit that is not there, so somebody sets it.
                self.soon(100, Happening::SetsLimits(client));
                self.in_ms(3_000, Happening::Submits(client));
            }
            (Answer::NoRoom, Some(client)) => self.soon(2_000, Happening::Submits(client)),
            (Answer::Refused(_) | Answer::NoRoom, None) => {}
        }
    }

    pub(crate) fn gives_up(&mut self, ticket: Ticket) {
        if let Some(Asked { client: Some(client), .. }) = self.people.asked.remove(&ticket) {
            self.submits(client);
        }
    }

    fn is_submitted(&mut self, client: usize) {
        let Some(request) = self.people.clients[client].request.clone() else { return };
        let job = self.schedule.replica().job_with_key(&request.key);
        let told = Oracle::AcknowledgedSurvives;
        let Some(job) = job else {
            broken(told, format!("{} was acknowledged and is not kept", request.key));
        };
        let before = self.ledger.orders.submitted.insert(request.key, job);
        hold(told, before.is_none_or(|before| before == job), || {
            format!("the same submit is jobs {before:?} and {job}")
        });
        if self.people.clients[client].again && before.is_none() {
            self.soon(5_000, Happening::Submits(client));
        }
    }

    pub(crate) fn steers(&mut self) {
        if self.healed() {
            return;
        }
        self.soon(6_000, Happening::Steers);
        if let Some(event) = self.draw_order() {
            self.asks(event, None);
        }
    }

    /// What a person does now.
    fn draw_order(&mut self) -> Option<Event> {
        const ORDERS: [Ingredient; 8] = [
            Ingredient::Steering,
            Ingredient::Priorities,
            Ingredient::Retries,
            Ingredient::FrameOrders,
            Ingredient::LimitChanges,
            Ingredient::ShareChanges,
            Ingredient::Pardons,
            Ingredient::HostOrders,
        ];
        let jobs: Vec<JobId> = self.ledger.orders.submitted.values().copied().collect();
        let order = ORDERS[self.chance.index(ORDERS.len())];
        if jobs.is_empty() || !self.plan.on.has(order) {
            return None;
        }
        let job = jobs[self.chance.index(jobs.len())];
        Some(match order {
            Ingredient::Steering => match self.chance.between(0, 9) {
                0..=3 => Event::Hold(job),
                4..=7 => Event::Release(job),
                _ => Event::Kill(job),
            },
            Ingredient::Priorities => {
                let priority = i32::try_from(self.chance.between(0, 4)).unwrap_or(0);
                Event::SetPriority { job, priority }
            }
            Ingredient::Retries => Event::Retry(job),
            Ingredient::FrameOrders => self.draw_frame_order(job),
            Ingredient::LimitChanges => self.draw_limit(),
            Ingredient::ShareChanges => {
                let (user, group) = USERS[self.chance.index(USERS.len())];
                let name = group.filter(|_| self.chance.permille(500)).unwrap_or(user).to_owned();
                Event::SetShare { name, weight: u32::try_from(self.chance.between(1, 4)).unwrap_or(1) }
            }
            Ingredient::HostOrders => self.draw_host_order(),
            _ => Event::Forgive(host_name(self.chance.index(self.machines.len()))),
        })
    }

    fn draw_frame_order(&mut self, job: JobId) -> Event {
        let verbs = [FrameVerb::Requeue, FrameVerb::Kill, FrameVerb::Retry];
        let verb = verbs[self.chance.index(verbs.len())];
        let first = i64::try_from(self.chance.between(1, 6)).unwrap_or(1);
        let last = first + i64::try_from(self.chance.between(0, 3)).unwrap_or(0);
        let some = self.chance.permille(800);
        let numbers = format!("{first}-{last}").parse().ok().filter(|_| some);
        let order = FramesOrder { verb, numbers, states: None, step: None };
        Event::OrderFrames { job, order: Box::new(order), by: "operator".to_owned() }
    }

    fn draw_host_order(&mut self) -> Event {
        let verbs = [HostVerb::Start, HostVerb::Stop, HostVerb::Start, HostVerb::Stop, HostVerb::Restart];
        let verb = verbs[self.chance.index(verbs.len())];
        let order = HostOrder { verb, now: self.chance.permille(300), by: "operator".to_owned() };
        Event::OrderHost { host: host_name(self.chance.index(self.machines.len())), order }
    }

    fn draw_limit(&mut self) -> Event {
        let name = LIMITS[self.chance.index(LIMITS.len())].to_owned();
        let mut amount = || {
            let some = self.chance.permille(600);
            let amount = u32::try_from(self.chance.between(0, 4)).unwrap_or(0);
            some.then_some(amount)
        };
        let (amount, per_host) = (amount(), amount());
        Event::SetLimit { name, amount, per_host }
    }

    /// Sets the limits that a client's job names and the farm does not have.
    pub(crate) fn sets_limits_of(&mut self, client: usize) {
        let Some(request) = &self.people.clients[client].request else { return };
        let names = request.description.steps.iter().flat_map(|step| step.limits.keys());
        let missing: Vec<String> =
            names.filter(|name| !self.ledger.limits.contains_key(*name)).cloned().collect();
        for name in missing {
            let amount = u32::try_from(self.chance.between(1, 4)).ok();
            self.asks(Event::SetLimit { name, amount, per_host: None }, None);
        }
    }

    /// Submits a job to a farm in which nothing goes wrong, with two frames for each slot.
    pub(crate) fn calm_job(&mut self) {
        self.health.calm_since = Some(self.now);
        self.ledger.calm();
        for host in 0..self.machines.len() {
            self.asks(Event::Forgive(host_name(host)), None);
        }
        let frames = 2 * self.slots();
        let last = i64::try_from(frames).unwrap_or(1);
        let step = jobs::plain_step(0, last, self.plan.render_ms.max(1_000));
        let description = JobDescription { priority: 0, ..JobDescription::new("calm", "artist", vec![step]) };
        let request = Some(SubmitRequest { key: "calm".into(), description });
        self.people.clients.push(Client { request, again: false });
        self.submits(self.people.clients.len() - 1);
        self.soon(2 * self.plan.render_ms, Happening::CalmKill);
    }

    /// Puts the farm in order, as often as there is something to do: ends most holds, and kills what can
    /// never end by itself.
    pub(crate) fn tidies(&mut self) {
        if self.health.calm_since.is_some() {
            return;
        }
        self.in_ms(2_000, Happening::Tidies);
        let Some(role) = self.schedule.role().filter(|_| self.schedule.is_free()) else { return };
        let jobs: Vec<(JobId, JobState)> =
            role.jobs().iter().filter_map(|view| Some((view.id.parse().ok()?, view.state))).collect();
        let mut events = Vec::new();
        for (job, state) in &jobs {
            if *state == JobState::Held && !self.people.kept_on_hold.contains(job) {
                let stays = !self.is_waited_for(*job) && self.chance.permille(200);
                if stays {
                    self.people.kept_on_hold.push(*job);
                } else {
                    events.push(Event::Release(*job));
                }
            } else if !state.is_final()
                && (self.waits_in_vain(*job, &jobs) || self.hangs(*job) || self.is_too_wide(*job))
            {
                events.push(Event::Kill(*job));
            }
        }
        for (name, limit) in &self.ledger.limits {
            let enough = |amount: Option<u32>| amount.is_none_or(|amount| amount >= LIMIT_WANTED_MAX);
            if !enough(limit.amount) || !enough(limit.per_host) {
                let amount = Some(LIMIT_WANTED_MAX + 1);
                events.push(Event::SetLimit { name: name.clone(), amount, per_host: None });
            }
        }
        for (host, node) in self.renders.iter().enumerate() {
            if node.role().is_some_and(|role| !role.door().is_open()) {
                let order = HostOrder { verb: HostVerb::Start, now: false, by: "operator".to_owned() };
                events.push(Event::OrderHost { host: host_name(host), order });
            }
        }
        for event in events {
            self.asks(event, None);
        }
    }

    /// Whether another job waits for it.
    fn is_waited_for(&self, job: JobId) -> bool {
        let mut descriptions = self.people.clients.iter().filter_map(|client| client.request.as_ref());
        descriptions.any(|request| request.description.after.contains(&job))
    }

    /// Whether a job waits for one that has ended without being done.
    fn waits_in_vain(&self, job: JobId, jobs: &[(JobId, JobState)]) -> bool {
        let ended = |other: &JobId| {
            let state = jobs.iter().find(|(id, _)| id == other).map(|(_, state)| *state);
            matches!(state, Some(JobState::Failed | JobState::Killed))
        };
        self.ledger.description(job).is_some_and(|description| description.after.iter().any(ended))
    }

    /// Whether a process of a job hangs without a limit that would end it.
    fn hangs(&self, job: JobId) -> bool {
        let mut processes = self.machines.iter().flat_map(|machine| &machine.processes);
        processes.any(|(_, process)| {
            let late = self.now.since_ms(model::Time(process.mark.started)) > 30_000;
            process.job == job && process.hangs && late
        })
    }

    /// Whether frames of a job want more than any host has that matches, or more slots than the job may hold.
    fn is_too_wide(&self, job: JobId) -> bool {
        let Some(description) = self.ledger.description(job) else { return false };
        let most = description.slots_max.unwrap_or(u32::MAX);
        description.steps.iter().any(|step| {
            let fits = |(host, machine): (usize, &Machine)| {
                let has = u32::from(machine.slots);
                let wanted = match step.slots {
                    SlotNeed::Count(count) => u32::from(count),
                    SlotNeed::Whole => has,
                };
                let large = step.reserve.fits_in(&machine.amounts);
                let matches = || large && lacks(&host_name(host), &machine.info, &step.profile).is_empty();
                wanted <= has && wanted <= most && matches()
            };
            !self.machines.iter().enumerate().any(fits)
        })
    }

    pub(crate) fn is_schedule(&self, place: Place) -> bool {
        place == Place::Schedule && self.schedule.is_up()
    }
}

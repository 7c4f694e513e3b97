//! The people of the farm: clients who submit, and operators who hold, release and kill.

use std::collections::BTreeMap;

use model::{FrameSpan, JobDescription, JobId, Profile, Step, SubmitRequest, Work};
use schedule::Event;

use crate::chance::Chance;
use crate::happening::Happening;
use crate::plan::Plan;
use crate::world::World;

#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    clients: Vec<Client>,
    /// How many mails about a job came to an address.
    mails: BTreeMap<(JobId, String), u32>,
}

/// A client with one job. It submits until it is answered, and sometimes once more.
#[derive(Clone, Debug)]
struct Client {
    request: SubmitRequest,
    submits_ms: u64,
    again: bool,
}

impl People {
    pub(crate) fn draw(chance: &mut Chance, plan: &Plan) -> Self {
        let clients = (0..plan.jobs).map(|job| Client::draw(chance, plan, job)).collect();
        Self { clients, mails: BTreeMap::new() }
    }

    pub(crate) fn gets_mail(&mut self, job: JobId, to: String) {
        *self.mails.entry((job, to)).or_default() += 1;
    }

    pub(crate) fn has_mail(&self, job: JobId, to: &str) -> bool {
        self.mails.contains_key(&(job, to.to_owned()))
    }

    pub(crate) const fn submits(&self) -> usize {
        self.clients.len()
    }
}

impl Client {
    fn draw(chance: &mut Chance, plan: &Plan, job: u64) -> Self {
        let steps = if chance.permille(800) { 1 } else { 2 };
        let notify = if chance.permille(500) { vec!["artist@example.com".to_owned()] } else { Vec::new() };
        let description = JobDescription {
            priority: i32::try_from(chance.between(0, 3)).unwrap_or(0),
            notify,
            held: chance.permille(100),
            attempts_max: u32::try_from(chance.between(1, 4)).unwrap_or(1),
            ..JobDescription::new(
                format!("film {job}"),
                "artist",
                (0..steps).map(|step| draw_step(chance, step)).collect(),
            )
        };
        let request = SubmitRequest { key: format!("key-{job}"), description };
        let submits_ms = chance.between(0, plan.safety_ms / 2);
        Self { request, submits_ms, again: chance.permille(300) }
    }
}

fn draw_step(chance: &mut Chance, index: u32) -> Step {
    let last = i64::try_from(chance.between(1, 16)).unwrap_or(1);
    let tags = if chance.permille(300) { vec!["choice".to_owned()] } else { Vec::new() };
    step(index, last, tags)
}

fn step(index: u32, last: i64, tags: Vec<String>) -> Step {
    let frames = format!("1-{last}").parse().expect("a range is a frame list");
    let work = Work { package: "povray".into(), ..Work::default() };
    let animation = FrameSpan { first: 1, last };
    Step {
        profile: Profile { tags, ..Profile::default() },
        ..Step::new(format!("step {index}"), frames, animation, work)
    }
}

impl World {
    pub(crate) fn people_begin(&mut self) {
        for client in 0..self.people.clients.len() {
            self.in_ms(self.people.clients[client].submits_ms, Happening::Submits(client));
        }
        self.soon(8_000, Happening::Steers);
    }

    pub(crate) fn submits(&mut self, client: usize) {
        let Client { request, again, .. } = self.people.clients[client].clone();
        let run = self.run_of(crate::network::Place::Schedule);
        if self.is_running(run) {
            self.tell_schedule(Event::Submit(Box::new(request.clone())));
        }
        // It is answered when the server has lived through it.
        let answer = self.schedule.role().and_then(|role| role.job_with_key(&request.key));
        let Some(job) = answer else { return self.soon(1_000, Happening::Submits(client)) };
        let before = self.ledger.acknowledged.insert(request.key, job);
        assert!(before.is_none_or(|before| before == job), "the same submit is the same job");
        if again && before.is_none() {
            self.soon(5_000, Happening::Submits(client));
        }
    }

    pub(crate) fn steers(&mut self) {
        if self.health.healed {
            return;
        }
        self.soon(8_000, Happening::Steers);
        let jobs: Vec<JobId> = self.ledger.acknowledged.values().copied().collect();
        if jobs.is_empty() {
            return;
        }
        let job = jobs[self.chance.index(jobs.len())];
        let event = match self.chance.between(0, 9) {
            0..=3 => Event::Hold(job),
            4..=7 => Event::Release(job),
            _ => Event::Kill(job),
        };
        self.tell_schedule(event);
    }

    /// Submits a job to a farm in which nothing goes wrong, with two frames for each slot.
    pub(crate) fn calm_job(&mut self) {
        self.health.calm_since = Some(self.now);
        self.ledger.calm();
        let frames = 2 * self.machines.len() * usize::from(self.plan.slots);
        let last = i64::try_from(frames).unwrap_or(1);
        let mut request = self.people.clients[0].request.clone();
        request.key = "calm".into();
        request.description.name = "calm".into();
        request.description.held = false;
        request.description.priority = 0;
        request.description.steps = vec![step(0, last, Vec::new())];
        self.people.clients.push(Client { request, submits_ms: 0, again: false });
        self.submits(self.people.clients.len() - 1);
        self.soon(2 * self.plan.render_ms, Happening::CalmKill);
    }

    /// Ends most holds; some jobs stay on hold to the end.
    pub(crate) fn releases_jobs(&mut self) {
        let jobs: Vec<JobId> = self.ledger.acknowledged.values().copied().collect();
        for job in jobs {
            if self.chance.permille(800) {
                self.tell_schedule(Event::Release(job));
            }
        }
    }
}

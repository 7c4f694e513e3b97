//! The farm, and virtual time going over it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::Write;

use model::{Role, Time};
use render::Render;
use resource::Resource;
use schedule::Schedule;

use crate::chance::Chance;
use crate::happening::Happening;
use crate::ledger::Ledger;
use crate::machine::Machine;
use crate::mischief::Health;
use crate::network::{LinkId, Network, Place, Run};
use crate::node::{Fate, Node};
use crate::people::People;
use crate::plan::Plan;
use crate::servers::{host_info, host_name};
use crate::storage::Storage;

/// When a simulated history begins, in milliseconds since the epoch.
const BEGIN: Time = Time(1_700_000_000_000);
/// A deadline that comes so often at one moment is never met.
const SPINS_MAX: u32 = 2_000;

/// A simulated farm.
pub struct World {
    pub(crate) now: Time,
    pub(crate) chance: Chance,
    pub(crate) plan: Plan,
    pub(crate) health: Health,
    /// By time, and at one time in the order in which they were put in.
    ahead: BTreeMap<(Time, u64), Happening>,
    last: u64,
    pub(crate) network: Network,
    pub(crate) schedule: Node<Schedule>,
    pub(crate) resource: Node<Resource>,
    pub(crate) renders: Vec<Node<Render>>,
    pub(crate) machines: Vec<Machine>,
    pub(crate) storage: Storage,
    pub(crate) people: People,
    pub(crate) ledger: Ledger,
    pub(crate) pass_wanted: bool,
    pub(crate) resource_link: Option<LinkId>,
    steps: u64,
    spins: u32,
    log: Option<Box<dyn Write>>,
}

/// What a history came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Events that were handled.
    pub steps: u64,
    /// Virtual milliseconds that it took.
    pub virtual_ms: u64,
    /// Frames that were finished.
    pub frames_finished: usize,
    /// Leases that were given.
    pub leases: u64,
}

impl World {
    /// The farm of `seed`, before anything has happened. Each event goes to `log` as a line.
    #[must_use]
    pub fn new(seed: u64, log: Option<Box<dyn Write>>) -> Self {
        let mut chance = Chance::new(seed);
        let plan = Plan::draw(&mut chance);
        let people = People::draw(&mut chance, &plan);
        let machine = |host: usize| Machine { info: host_info(host == 0), ..Machine::default() };
        let mut world = Self {
            now: BEGIN,
            health: Health::of(&plan),
            ahead: BTreeMap::new(),
            last: 0,
            network: Network::default(),
            schedule: Node::new(Schedule::default()),
            resource: Node::new(Resource::new(BEGIN)),
            renders: (0..plan.hosts).map(|host| Node::new(blank_render(host, plan.slots))).collect(),
            machines: (0..plan.hosts).map(machine).collect(),
            storage: Storage::default(),
            people,
            ledger: Ledger::default(),
            pass_wanted: false,
            resource_link: None,
            steps: 0,
            spins: 0,
            log,
            chance,
            plan,
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        self.note("begins", &format!("{:?}", self.plan));
        for place in self.places() {
            let ms = self.chance.between(0, 500);
            self.in_ms(ms, Happening::Starts(place));
        }
        self.people_begin();
        self.in_ms(self.plan.safety_ms, Happening::Heals);
        self.mischief_ahead();
    }

    /// Lets the whole history happen.
    ///
    /// # Panics
    /// Where a promise is broken, or the farm does not come to rest.
    pub fn run(&mut self) -> Summary {
        let healed_at = BEGIN.plus_ms(self.plan.safety_ms);
        let mut looked_at = healed_at;
        while let Some(at) = self.step() {
            if at.since_ms(looked_at) < 1_000 || !self.health.healed {
                continue;
            }
            looked_at = at;
            if self.is_settled(healed_at) {
                if self.health.calm_since.is_some() {
                    break;
                }
                self.assert_kept();
                self.calm_job();
            }
        }
        self.assert_kept();
        self.assert_calm();
        self.summary()
    }

    fn summary(&self) -> Summary {
        Summary {
            steps: self.steps,
            virtual_ms: self.now.since_ms(BEGIN),
            frames_finished: self.ledger.finished.len(),
            leases: self.ledger.last_lease(),
        }
    }

    /// Lets the next thing happen; when that was.
    fn step(&mut self) -> Option<Time> {
        let happening = self.ahead.first_key_value().map(|((at, _), _)| *at);
        let deadline = self.deadline();
        let due = deadline.filter(|(at, _)| happening.is_none_or(|happening| *at < happening));
        let before = self.now;
        if let Some((at, place)) = due {
            self.now = at;
            self.deadline_passes(place);
        } else {
            let ((at, _), happening) = self.ahead.pop_first()?;
            self.now = at;
            self.happens(happening);
        }
        self.spins = if self.now > before { 0 } else { self.spins + 1 };
        assert!(self.spins < SPINS_MAX, "time goes on");
        self.steps += 1;
        self.assert_slots();
        self.assert_hosts_heard();
        self.assert_killing();
        Some(self.now)
    }

    /// The next deadline of a server that is up.
    fn deadline(&self) -> Option<(Time, Place)> {
        let schedule = self.schedule.next_deadline().map(|at| (at, Place::Schedule));
        let resource = self.resource.next_deadline().map(|at| (at, Place::Resource));
        let renders = self.renders.iter().enumerate();
        let renders = renders.filter_map(|(host, node)| Some((node.next_deadline()?, Place::Render(host))));
        let first = schedule.into_iter().chain(resource).chain(renders).min();
        first.map(|(at, place)| (at.max(self.now), place))
    }

    fn deadline_passes(&mut self, place: Place) {
        match place {
            Place::Schedule => self.tell_schedule(Schedule::deadline_event()),
            Place::Resource => self.tell_resource(Resource::deadline_event()),
            Place::Render(host) => self.tell_render(host, Render::deadline_event()),
        }
    }

    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Starts(place) => self.starts(place),
            Happening::Dials(run, to) => self.dials(run, to),
            Happening::Arrives(link, end, message) => self.arrives(link, end, *message),
            Happening::Gone(link, end) => self.gone(link, end),
            Happening::Passes(run) => self.passes(run),
            Happening::Publishes(run, lease, folder, outputs) => {
                self.publishes(run, lease, &folder, &outputs);
            }
            Happening::Seals(run, job, outputs) => self.seals(run, job, &outputs),
            Happening::Mails(run, notice, to, job) => self.mails(run, notice, to, job),
            Happening::Tells((place, boot), event) => match place {
                Place::Render(host) if self.is_running((place, boot)) => self.tell_render(host, *event),
                Place::Render(_) | Place::Schedule | Place::Resource => {}
            },
            Happening::SetsUp(run, lease, slot, job, step) => self.sets_up(run, lease, slot, job, step),
            Happening::Spawns(run, grant) => self.spawns(run, grant),
            Happening::Collects(run, grant) => self.collects(run, grant),
            Happening::Progresses(host, lease, pid, permille) => self.progresses(host, lease, pid, permille),
            Happening::Ends(host, lease, pid) => self.ends(host, lease, pid),
            Happening::Dies(host, lease, pid) => self.dies(host, lease, pid),
            Happening::Beats(run, link) => self.beats(run, link),
            Happening::Submits(client) => self.submits(client),
            Happening::Steers => self.steers(),
            Happening::Releases => self.releases_jobs(),
            Happening::Mischief => self.mischief(),
            Happening::CalmKill => self.calm_kill(),
            Happening::Heals => self.heals(),
        }
    }

    /// Puts a happening in.
    pub(crate) fn in_ms(&mut self, ms: u64, happening: Happening) {
        self.at(self.now.plus_ms(ms), happening);
    }

    pub(crate) fn at(&mut self, at: Time, happening: Happening) {
        self.last += 1;
        self.ahead.insert((at, self.last), happening);
    }

    /// The same, between two and so many milliseconds from now.
    pub(crate) fn soon(&mut self, most_ms: u64, happening: Happening) {
        let ms = self.chance.between(2, most_ms);
        self.in_ms(ms, happening);
    }

    pub(crate) fn note(&mut self, who: &str, what: &str) {
        let at = self.now.since_ms(BEGIN);
        if let Some(log) = &mut self.log {
            // A log that cannot be written is no reason to stop.
            let _ = writeln!(log, "{at:>8} {who} {what}");
        }
    }

    /// Notes an event and what came of it. Nothing is put in words where nobody reads them.
    pub(crate) fn note_event(&mut self, place: Place, event: &impl Debug, outcome: &impl Debug) {
        if self.log.is_some() {
            self.note(&format!("{place:?}"), &format!("{event:?} -> {outcome:?}"));
        }
    }

    pub(crate) fn note_mischief(&mut self, what: &str) {
        self.note("mischief:", what);
    }

    pub(crate) fn places(&self) -> Vec<Place> {
        let renders = (0..self.renders.len()).map(Place::Render);
        [Place::Schedule, Place::Resource].into_iter().chain(renders).collect()
    }

    pub(crate) fn boot(&self, place: Place) -> u32 {
        match place {
            Place::Schedule => self.schedule.boot(),
            Place::Resource => self.resource.boot(),
            Place::Render(host) => self.renders[host].boot(),
        }
    }

    pub(crate) fn is_up(&self, place: Place) -> bool {
        match place {
            Place::Schedule => self.schedule.is_up(),
            Place::Resource => self.resource.is_up(),
            Place::Render(host) => self.renders[host].is_up(),
        }
    }

    /// Whether the run goes on.
    pub(crate) fn is_running(&self, (place, boot): Run) -> bool {
        self.is_up(place) && self.boot(place) == boot
    }

    /// The run of a server that is up or starts next.
    pub(crate) fn run_of(&self, place: Place) -> Run {
        (place, self.boot(place))
    }

    /// Where a kill falls at the next event of a durable role, so many times as often as usual.
    pub(crate) fn fate(&mut self, times: u64) -> Fate {
        if !self.chance.permille(times * self.health.faults.killed) {
            return Fate::Lives;
        }
        match self.chance.between(0, 3) {
            0 => Fate::DiesBeforeRecords,
            performed => Fate::DiesAfterEffects(usize::try_from(performed - 1).unwrap_or(0)),
        }
    }

    fn starts(&mut self, place: Place) {
        if self.is_up(place) {
            return;
        }
        self.note_event(place, &"starts", &"");
        match place {
            Place::Schedule => self.schedule_starts(),
            Place::Resource => self.resource_starts(),
            Place::Render(host) => self.render_starts(host),
        }
    }

    /// A server was killed: its links break, and it is started again after a while.
    pub(crate) fn ended(&mut self, run: Run) {
        for (link, end) in self.network.of(run) {
            self.network.cut(link);
            self.network.gone(link, end);
            self.learns_of_end(link, end.other());
        }
        self.starts_again(run);
    }

    /// A server has ended by itself: what it said is still heard.
    pub(crate) fn left(&mut self, run: Run) {
        for (link, end) in self.network.of(run) {
            self.close(link, end);
        }
        self.starts_again(run);
    }

    fn starts_again(&mut self, run: Run) {
        let down_ms = if self.chance.permille(200) { 20_000 } else { 3_000 };
        let down_ms = if self.health.healed { 1_500 } else { down_ms };
        let ms = self.chance.between(50, down_ms);
        self.in_ms(ms, Happening::Starts(run.0));
    }
}

/// A render server that has taken nothing yet.
pub(crate) fn blank_render(host: usize, slots: u16) -> Render {
    Render::new(host_name(host), format!("installation-{host}").as_str().into(), slots)
}

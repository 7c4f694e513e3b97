//! The farm, and virtual time going over it.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use model::{Role, Time};
use render::Render;
use resource::Resource;
use schedule::Schedule;

use crate::chance::Chance;
use crate::clock::Clock;
use crate::disk::Disk;
use crate::happening::Happening;
use crate::ingredient::{Ingredient, Ingredients};
use crate::ledger::Ledger;
use crate::machine::Machine;
use crate::mischief::Health;
use crate::network::{LinkId, Network, Place, Run};
use crate::node::{Node, Out, Server};
use crate::oracle::{Oracle, hold};
use crate::people::People;
use crate::plan::Plan;
use crate::planted::{Plant, Planted, Planting};
use crate::servers::{host_info, host_name};
use crate::storage::Storage;
use crate::story::{Sink, Story};

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
    pub(crate) healed_at: Time,
    looked_at: Time,
    /// By time, and at one time in the order in which they were put in.
    ahead: BTreeMap<(Time, u64), Box<Happening>>,
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
    story: Story,
}

/// What makes a farm and its history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The seed.
    pub seed: u64,
    /// What is left out of the farm, though the seed has it.
    pub off: Ingredients,
    /// A bug that is planted in it.
    pub planted: Option<Planted>,
}

/// What a history came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Events that were handled.
    pub steps: u64,
    /// Virtual milliseconds that it took.
    pub virtual_ms: u64,
    /// Frames that were finished, in chunks.
    pub frames_finished: usize,
    /// Leases that were given.
    pub leases: u64,
}

impl World {
    /// The farm of a seed, before anything has happened. Each happening goes to `sink` as lines.
    #[must_use]
    pub fn new(options: &Options, sink: Option<Sink>) -> Self {
        let mut chance = Chance::new(options.seed);
        let plan = Plan::draw(&mut chance, options.off);
        let plant = |place: Planting| options.planted.filter(|bug| bug.place() == place).map(Plant::new);
        let machine = |(host, slots): (usize, &u16)| {
            let (slots, amounts) = (*slots, plan.amounts[host]);
            Machine { info: host_info(host == 0, amounts), slots, amounts, ..Machine::default() }
        };
        let amounts = plan.amounts.iter().enumerate().map(|(host, has)| (host_name(host), *has)).collect();
        let slots = |(host, slots): (usize, &u16)| (host_name(host), usize::from(*slots));
        let render =
            |(host, slots): (usize, &u16)| Node::new(blank_render(host, *slots), plant(Planting::Render));
        let mut world = Self {
            now: BEGIN,
            health: Health::default(),
            healed_at: BEGIN.plus_ms(plan.safety_ms),
            looked_at: BEGIN.plus_ms(plan.safety_ms),
            ahead: BTreeMap::new(),
            last: 0,
            network: Network::default(),
            schedule: Node::new(Schedule::default(), plant(Planting::Schedule)),
            resource: Node::new(Resource::new(BEGIN), None),
            renders: plan.hosts.iter().enumerate().map(render).collect(),
            machines: plan.hosts.iter().enumerate().map(machine).collect(),
            storage: Storage::default(),
            people: People::default(),
            ledger: Ledger::new(plan.hosts.iter().enumerate().map(slots).collect(), amounts),
            pass_wanted: false,
            resource_link: None,
            steps: 0,
            spins: 0,
            story: Story::new(sink),
            chance,
            plan,
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        self.story.tell(format_args!("{:>8} {:?}", 0, self.plan));
        for place in self.places() {
            let slow = self.plan.strength(Ingredient::SlowDisks);
            if let Some(disk) = self.disk_mut(place) {
                disk.slow_ms = slow;
            }
            let ms = self.chance.between(0, 500);
            self.in_ms(ms, Happening::Starts(place));
        }
        self.people_begin();
        self.in_ms(self.plan.safety_ms, Happening::Heals);
        self.in_ms(1_000, Happening::Looks);
        self.mischief_ahead();
    }

    /// Lets the next thing happen; false when the history is over.
    pub fn advance(&mut self) -> bool {
        self.step();
        if self.now.since_ms(self.looked_at) < 1_000 || !self.health.healed {
            return true;
        }
        self.looked_at = self.now;
        if !self.is_settled() {
            return true;
        }
        self.assert_kept();
        if self.health.calm_since.is_none() {
            self.calm_job();
            return true;
        }
        self.assert_calm();
        false
    }

    /// What the history came to so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            steps: self.steps,
            virtual_ms: self.now.since_ms(BEGIN),
            frames_finished: self.ledger.finished.len(),
            leases: self.ledger.last_lease(),
        }
    }

    /// The ingredients of the farm.
    #[must_use]
    pub const fn ingredients(&self) -> Ingredients {
        self.plan.on
    }

    /// A digest of everything that was told.
    #[must_use]
    pub const fn digest(&self) -> u64 {
        self.story.digest()
    }

    /// The state of a server, in words: `schedule`, `resource`, or a host by its number.
    #[must_use]
    pub fn state(&self, of: &str) -> Option<String> {
        match of {
            "schedule" => Some(format!("{:#?}", self.schedule.role())),
            "resource" => Some(format!("{:#?}", self.resource.role())),
            host => {
                let host: usize = host.trim_start_matches("host-").parse().ok()?;
                let (node, machine) = (self.renders.get(host)?, self.machines.get(host)?);
                Some(format!("{:#?}\n{machine:#?}", node.role()))
            }
        }
    }

    fn step(&mut self) {
        let happening = self.ahead.first_key_value().map(|((at, _), _)| *at);
        let deadline = self.deadline();
        let due = deadline.filter(|(at, _)| happening.is_none_or(|happening| *at < happening));
        let before = self.now;
        if let Some((at, place)) = due {
            self.now = at;
            self.deadline_passes(place);
        } else if let Some(((at, _), happening)) = self.ahead.pop_first() {
            self.now = at;
            if self.story.is_told() && !matches!(*happening, Happening::Looks) {
                let at = self.now.since_ms(BEGIN);
                self.story.tell(format_args!("{at:>8} {happening:?}"));
            }
            self.happens(*happening);
        }
        self.spins = if self.now > before { 0 } else { self.spins + 1 };
        hold(Oracle::TimeGoesOn, self.spins < SPINS_MAX, || format!("{deadline:?} comes again and again"));
        self.steps += 1;
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
        if self.story.is_told() {
            let at = self.now.since_ms(BEGIN);
            self.story.tell(format_args!("{at:>8} the deadline of {place:?}"));
        }
        match place {
            Place::Schedule => self.tell_schedule(Schedule::deadline_event()),
            Place::Resource => self.tell_resource(Resource::deadline_event()),
            Place::Render(host) => self.tell_render(host, Render::deadline_event()),
            Place::Stranger => {}
        }
    }

    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Starts(place) => self.starts(place),
            Happening::Dials(run, to) => self.dials(run, to),
            Happening::Arrives(link, end, message) => self.arrives(link, end, *message),
            Happening::Gone(link, end) => self.gone(link, end),
            Happening::Breaks(link) => self.cut(link),
            Happening::Written(run) => self.written(run),
            Happening::Passes(run) => self.passes(run),
            Happening::Publishes(run, lease, folder, outputs) => {
                self.publishes(run, lease, &folder, &outputs);
            }
            Happening::Seals(run, job, outputs) => self.seals(run, job, &outputs),
            Happening::Mails(run, notice, to, job) => self.mails(run, notice, to, job),
            Happening::Tells((place, boot), event) => match place {
                Place::Render(host) if self.is_running((place, boot)) => self.tell_render(host, *event),
                _ => {}
            },
            Happening::SetsUp(run, lease, slot, job, step) => self.sets_up(run, lease, slot, job, step),
            Happening::Spawns(run, grant) => self.spawns(run, grant),
            Happening::TellsWhole(run) => self.tells_whole(run),
            Happening::Collects(run, grant) => self.collects(run, grant),
            Happening::Progresses(host, lease, pid, permille) => self.progresses(host, lease, pid, permille),
            Happening::Ends(host, lease, pid) => self.ends(host, lease, pid),
            Happening::Dies(host, lease, pid) => self.dies(host, lease, pid),
            Happening::Beats(run, link) => self.beats(run, link),
            Happening::Submits(client) => self.submits(client),
            Happening::SetsLimits(client) => self.sets_limits_of(client),
            Happening::GivesUp(ticket) => self.gives_up(ticket),
            Happening::Steers => self.steers(),
            Happening::Tidies => self.tidies(),
            Happening::Acted(job) => self.acted(job),
            Happening::Looks => self.looks(),
            Happening::Mischief => self.mischief(),
            Happening::Babbles(link) => self.babbles(link),
            Happening::CalmKill => self.calm_kill(),
            Happening::Heals => self.heals(),
        }
    }

    fn written(&mut self, run: Run) {
        if !self.is_running(run) {
            return;
        }
        match run.0 {
            Place::Schedule => self.schedule_written(),
            Place::Render(host) => self.render_written(host),
            Place::Resource | Place::Stranger => {}
        }
    }

    /// Puts a happening in.
    pub(crate) fn in_ms(&mut self, ms: u64, happening: Happening) {
        self.at(self.now.plus_ms(ms), happening);
    }

    pub(crate) fn at(&mut self, at: Time, happening: Happening) {
        self.last += 1;
        self.ahead.insert((at, self.last), Box::new(happening));
    }

    /// The same, between two and so many milliseconds from now.
    pub(crate) fn soon(&mut self, most_ms: u64, happening: Happening) {
        let ms = self.chance.between(2, most_ms.max(2));
        self.in_ms(ms, happening);
    }

    pub(crate) fn tell_story<R: Server>(&mut self, place: Place, out: &Out<R>)
    where
        R::Event: Debug,
    {
        if !self.story.is_told() {
            return;
        }
        match out {
            Out::Decided(event, records) => {
                self.story.tell(format_args!("         {place:?} < {event:?}"));
                for record in records {
                    let kind = if R::durable(record) { "=" } else { "~" };
                    self.story.tell(format_args!("         {place:?} {kind} {record:?}"));
                }
            }
            Out::Refused(event, refusal) => {
                self.story.tell(format_args!("         {place:?} < {event:?} ! {refusal:?}"));
            }
            Out::Durable(records) => {
                self.story.tell(format_args!("         {place:?} has written {}", records.len()));
            }
            Out::Effect(effect) => self.story.tell(format_args!("         {place:?} > {effect:?}")),
            Out::Answered(ticket, answer) => {
                self.story.tell(format_args!("         {place:?} answers {ticket}: {answer:?}"));
            }
            Out::Writes(ms) => self.story.tell(format_args!("         {place:?} writes for {ms} ms")),
            Out::Died => self.story.tell(format_args!("         {place:?} is killed at that")),
        }
    }

    pub(crate) fn tell_mischief(&mut self, what: fmt::Arguments<'_>) {
        self.story.tell(format_args!("         mischief: {what}"));
    }

    pub(crate) fn tell_order(&mut self, event: &schedule::Event, ticket: u64) {
        if self.story.is_told() {
            self.story.tell(format_args!("         somebody asks {ticket}: {event:?}"));
        }
    }

    /// Slots of the whole farm.
    pub(crate) fn slots(&self) -> usize {
        self.machines.iter().map(|machine| usize::from(machine.slots)).sum()
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
            Place::Stranger => 0,
        }
    }

    pub(crate) fn is_up(&self, place: Place) -> bool {
        match place {
            Place::Schedule => self.schedule.is_up(),
            Place::Resource => self.resource.is_up(),
            Place::Render(host) => self.renders[host].is_up(),
            Place::Stranger => true,
        }
    }

    pub(crate) fn clock_mut(&mut self, place: Place) -> Option<&mut Clock> {
        match place {
            Place::Schedule => Some(&mut self.schedule.clock),
            Place::Resource => Some(&mut self.resource.clock),
            Place::Render(host) => Some(&mut self.renders[host].clock),
            Place::Stranger => None,
        }
    }

    pub(crate) fn disk_mut(&mut self, place: Place) -> Option<&mut Disk> {
        match place {
            Place::Schedule => Some(&mut self.schedule.disk),
            Place::Render(host) => Some(&mut self.renders[host].disk),
            Place::Resource | Place::Stranger => None,
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

    fn starts(&mut self, place: Place) {
        if self.is_up(place) {
            return;
        }
        self.sets_clock(place);
        match place {
            Place::Schedule => self.schedule_starts(),
            Place::Resource => self.resource_starts(),
            Place::Render(host) => self.render_starts(host),
            Place::Stranger => {}
        }
    }

    /// A server was killed: its links break, and it is started again after a while.
    pub(crate) fn ended(&mut self, run: Run) {
        self.cut_links_of(run);
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
        let down_ms = if self.healed() { 1_500 } else { down_ms };
        let ms = self.chance.between(50, down_ms);
        self.in_ms(ms, Happening::Starts(run.0));
    }
}

/// A render server that has taken nothing yet.
pub(crate) fn blank_render(host: usize, slots: u16) -> Render {
    Render::new(host_name(host), format!("installation-{host}").as_str().into(), slots)
}

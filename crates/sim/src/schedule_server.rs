//! The schedule server's shell, as far as the simulated farm has one: links, storage, mail.

use model::{JobId, LeaseId, Output, RenderToSchedule, ScheduleToRender, ScheduleToResource};
use schedule::{Effect, Event, NoticeId, Passing, Record, Schedule};

use crate::happening::Happening;
use crate::ingredient::Ingredient;
use crate::network::{End, LinkId, Message, Place, Run};
use crate::node::{Input, Out};
use crate::oracle::{Oracle, hold};
use crate::servers::host_name;
use crate::storage::Moved;
use crate::world::World;

impl World {
    pub(crate) fn schedule_starts(&mut self) {
        let trim = self.chance.permille(300);
        let effects = self.schedule.start(self.now, &Schedule::default(), trim);
        self.pass_wanted = false;
        self.resource_link = None;
        self.ledger.schedule_starts(self.schedule.clock.shows(self.now));
        if let Some(role) = self.schedule.role() {
            self.ledger.orders.hold_in(role);
        }
        // What an earlier run was killed over before it could be dropped.
        let role = self.schedule.replica();
        self.storage.intake.retain(|lease, _| role.lease(*lease).is_some());
        let run = self.run_of(Place::Schedule);
        self.soon(500, Happening::Dials(run, Place::Resource));
        for effect in effects {
            self.schedule_does(effect);
        }
    }

    pub(crate) fn tell_schedule(&mut self, event: Event) {
        self.schedule.take(Input::Told(event));
        self.schedule_turns();
    }

    pub(crate) fn schedule_turns(&mut self) {
        let mut outs = Vec::new();
        let (node, mut fortune) = fortune!(self, schedule, 1);
        node.turn(self.now, &mut fortune, &mut outs);
        self.schedule_came_to(outs);
    }

    pub(crate) fn schedule_written(&mut self) {
        let mut outs = Vec::new();
        let (node, mut fortune) = fortune!(self, schedule, 1);
        node.written(self.now, &mut fortune, &mut outs);
        self.schedule_came_to(outs);
    }

    fn schedule_came_to(&mut self, outs: Vec<Out<Schedule>>) {
        let run = self.run_of(Place::Schedule);
        for out in outs {
            self.tell_story(Place::Schedule, &out);
            match out {
                Out::Decided(event, records) => {
                    self.schedule_heard(&event, &records);
                    self.door_heard(&event);
                }
                Out::Refused(event, _) => self.schedule_heard(&event, &[]),
                Out::Durable(records) => self.schedule_is_durable(&records),
                Out::Effect(effect) => self.schedule_does(effect),
                Out::Answered(ticket, answer) => self.answered(ticket, &answer),
                Out::Writes(ms) => self.in_ms(ms, Happening::Written(run)),
                Out::Died => self.ended(run),
            }
        }
    }

    /// The schedule server has dealt with something that it heard.
    fn schedule_heard(&mut self, event: &Event, records: &[Record]) {
        for record in records {
            // From then on its slot may be given to another.
            match record {
                Record::Passing(Passing::PublishBegun { lease, .. } | Passing::LeaseRendered { lease }) => {
                    self.ledger.publishes(*lease);
                }
                Record::FrameLeased { lease, host, .. } => self.ledger.assert_open(host, *lease),
                _ => {}
            }
        }
        if let Event::HostSpoke { link, .. } = event
            && let Some(Place::Render(host)) = self.network.dialler(*link)
        {
            self.ledger.heard(&host_name(host), self.schedule.clock.shows(self.now));
        }
    }

    /// From now on a host that takes no frames is given none.
    fn door_heard(&mut self, event: &Event) {
        if let Event::HostSpoke { link, message } = event
            && let Some(Place::Render(host)) = self.network.dialler(*link)
            && let RenderToSchedule::Hello { door, .. } | RenderToSchedule::Door(door) = message
        {
            self.ledger.door(&host_name(host), door);
        }
    }

    /// The ledger sees what is durable now.
    pub(crate) fn schedule_is_durable(&mut self, records: &[Record]) {
        let role = self.schedule.replica();
        for record in records {
            self.assert_not_thrown_away(record);
            let folder = |job| role.folder(job).unwrap_or_default();
            self.ledger.sees(record, &self.storage, folder);
        }
    }

    fn schedule_does(&mut self, effect: Effect) {
        let run = self.run_of(Place::Schedule);
        match effect {
            Effect::ToHost { link, message } => {
                self.assert_durable(link, &message);
                self.say(link, End::Dialler, Message::ScheduleToRender(message));
            }
            Effect::CloseLink { link } => self.close(link, End::Acceptor),
            Effect::Ask { ask, profile } => {
                if let Some(link) = self.resource_link {
                    let message = ScheduleToResource::Ask { ask, profile };
                    self.say(link, End::Acceptor, Message::ScheduleToResource(message));
                }
            }
            Effect::PassWanted => {
                if !std::mem::replace(&mut self.pass_wanted, true) {
                    self.soon(5, Happening::Passes(run));
                }
            }
            Effect::Publish { lease, folder, outputs } => {
                self.soon(200, Happening::Publishes(run, lease, folder, outputs));
            }
            Effect::Discard { lease } => {
                self.storage.intake.remove(&lease);
            }
            Effect::SealResults { job, outputs, .. } => {
                self.soon(200, Happening::Seals(run, job, outputs));
            }
            Effect::Mail { notice, to, summary } => {
                self.soon(500, Happening::Mails(run, notice, to, summary.job));
            }
            Effect::NeverGiven { .. } | Effect::JobChanged(_) => {}
            Effect::ChunkChanged(_) | Effect::GridChanged(_) => {}
        }
    }

    /// What a host is told is durable: that it has a lease, and that a report is dealt with.
    fn assert_durable(&self, link: LinkId, message: &ScheduleToRender) {
        let Some(Place::Render(host)) = self.network.dialler(link) else { return };
        let live =
            |lease: &LeaseId| self.ledger.leases.get(lease).is_some_and(|held| held.host == host_name(host));
        match message {
            ScheduleToRender::Grant(grant) => {
                // It may be over by then, by what was committed together with it.
                let was_given = grant.lease.0 <= self.ledger.last_lease();
                hold(Oracle::SpokenIsDurable, was_given, || {
                    format!("lease {} is given and not in the journal", grant.lease)
                });
            }
            ScheduleToRender::Acknowledge { lease } => {
                hold(Oracle::SpokenIsDurable, !live(lease), || {
                    format!("the report of lease {lease} is acknowledged before it is dealt with")
                });
            }
            _ => {}
        }
    }

    pub(crate) fn schedule_linked(&mut self, link: LinkId) {
        self.resource_link = Some(link);
        self.tell_schedule(Event::ResourceLinked);
    }

    pub(crate) fn schedule_unlinked(&mut self, run: Run) {
        self.resource_link = None;
        self.tell_schedule(Event::ResourceUnlinked);
        self.soon(1_000, Happening::Dials(run, Place::Resource));
    }

    pub(crate) fn passes(&mut self, run: Run) {
        if self.is_running(run) {
            self.pass_wanted = false;
            self.tell_schedule(Event::Pass);
        }
    }

    pub(crate) fn publishes(&mut self, run: Run, lease: LeaseId, folder: &str, outputs: &[Output]) {
        if !self.is_running(run) || self.strikes(Ingredient::StorageFails) {
            // Killed on the way, or out of room: some files may have been moved.
            let most = self.chance.index(outputs.len() + 1);
            self.move_files(lease, folder, outputs, most);
            if self.is_running(run) {
                self.tell_schedule(Event::PublishFailed { lease, why: "no space left".into() });
            }
            return;
        }
        if self.strikes(Ingredient::MissingOutputs) {
            self.storage.intake.remove(&lease);
        }
        let event = match self.move_files(lease, folder, outputs, usize::MAX) {
            Moved::Whole => Event::Published { lease },
            Moved::Missing => Event::OutputsMissing { lease, why: "the intake does not hold it".into() },
        };
        self.tell_schedule(event);
    }

    fn move_files(&mut self, lease: LeaseId, folder: &str, outputs: &[Output], most: usize) -> Moved {
        // What was under way when its job was killed may still come there.
        let fits = self.ledger.may_publish(lease, folder);
        let (moved, any) = self.storage.publish(lease, folder, outputs, most);
        hold(Oracle::PublishedOnce, fits || !any, || {
            format!("files of lease {lease}, which is not live, come into {folder}")
        });
        moved
    }

    pub(crate) fn seals(&mut self, run: Run, job: JobId, outputs: &[Output]) {
        if !self.is_running(run) {
            return;
        }
        if self.strikes(Ingredient::StorageFails) {
            return self.tell_schedule(Event::SealFailed { job, why: "no space left".into() });
        }
        let sums = outputs.iter().map(|output| (output.name.clone(), output.digest)).collect();
        self.storage.sums.insert(job, sums);
        self.tell_schedule(Event::Sealed { job });
    }

    pub(crate) fn mails(&mut self, run: Run, notice: NoticeId, to: String, job: JobId) {
        if !self.is_running(run) {
            return;
        }
        if self.strikes(Ingredient::MailFails) {
            return self.tell_schedule(Event::NoticeFailed { notice, why: "no mail server".into() });
        }
        self.people.gets_mail(job, to);
        self.tell_schedule(Event::NoticeSent { notice });
    }
}

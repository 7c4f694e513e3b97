//! The schedule server's shell, as far as the simulated farm has one: links, storage, mail.

use model::{JobId, LeaseId, Output, ScheduleToResource};
use schedule::{Effect, Event, NoticeId, Schedule};

use crate::happening::Happening;
use crate::network::{End, LinkId, Message, Place, Run};
use crate::storage::Moved;
use crate::world::World;

impl World {
    pub(crate) fn schedule_starts(&mut self) {
        let snapshot = self.chance.permille(300);
        let effects = self.schedule.start(self.now, &Schedule::default(), snapshot);
        self.pass_wanted = false;
        self.resource_link = None;
        self.ledger.schedule_starts(self.now);
        self.note_event(Place::Schedule, &"resumes", &effects);
        // What an earlier run was killed over before it could be dropped.
        let role = self.schedule.replica();
        self.storage.intake.retain(|lease, _| role.lease(*lease).is_some());
        let run = self.run_of(Place::Schedule);
        self.soon(500, Happening::Dials(run, Place::Resource));
        self.schedule_does(effects);
    }

    pub(crate) fn tell_schedule(&mut self, event: Event) {
        if !self.schedule.is_up() {
            return;
        }
        let run = self.run_of(Place::Schedule);
        let fate = self.fate(1);
        match self.schedule.hears(self.now, &event, fate) {
            Ok(heard) => {
                self.note_event(Place::Schedule, &event, &(&heard.durable, &heard.effects, heard.died));
                let role = self.schedule.replica();
                for record in &heard.durable {
                    self.assert_not_thrown_away(record);
                    let folder = |job| role.folder(job).unwrap_or_else(|| panic!("job {job} is known"));
                    self.ledger.sees(record, &self.storage, folder);
                }
                self.schedule_does(heard.effects);
                if heard.died {
                    self.ended(run);
                }
            }
            Err(refusal) => self.note_event(Place::Schedule, &event, &refusal),
        }
    }

    fn schedule_does(&mut self, effects: Vec<Effect>) {
        let run = self.run_of(Place::Schedule);
        for effect in effects {
            match effect {
                Effect::ToHost { link, message } => {
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
                    self.ledger.publishes(lease);
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
                Effect::JobChanged(_) => {}
            }
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
        if !self.is_running(run) {
            // Killed on the way: some files may have been moved.
            let most = self.chance.index(outputs.len() + 1);
            self.storage.publish(lease, folder, outputs, most);
            return;
        }
        if self.chance.permille(self.health.faults.storage) {
            let most = self.chance.index(outputs.len());
            self.storage.publish(lease, folder, outputs, most);
            return self.tell_schedule(Event::PublishFailed { lease, why: "no space left".into() });
        }
        let event = match self.storage.publish(lease, folder, outputs, usize::MAX) {
            Moved::Whole => Event::Published { lease },
            Moved::Missing => Event::OutputsMissing { lease, why: "the intake does not hold it".into() },
        };
        self.tell_schedule(event);
    }

    pub(crate) fn seals(&mut self, run: Run, job: JobId, outputs: &[Output]) {
        if !self.is_running(run) {
            return;
        }
        if self.chance.permille(self.health.faults.storage) {
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
        if self.chance.permille(self.health.faults.mail) {
            return self.tell_schedule(Event::NoticeFailed { notice, why: "no mail server".into() });
        }
        self.people.gets_mail(job, to);
        self.tell_schedule(Event::NoticeSent { notice });
    }
}

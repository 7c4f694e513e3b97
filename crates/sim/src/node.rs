//! A role with its journal, as the owner in a server holds it: what comes in is decided and applied in turns,
//! records are committed together, and only then effects are performed and askers answered. A commit takes
//! time and may fail, and a kill may fall anywhere in between.

use std::collections::VecDeque;
use std::fmt::Debug;

use model::{Role, Time};

use crate::chance::Chance;
use crate::clock::Clock;
use crate::disk::Disk;
use crate::oracle::{Oracle, hold};
use crate::planted::{Plant, Planted, Seam};

/// How long the owner waits before it tries a commit again that failed.
const RETRY_MS: u64 = 1_000;

/// What changes nothing durable is checked so often, since most of it is a sign of life.
const CHECK_EVERY: u32 = 6;

/// What a role must be able to do to be simulated.
pub(crate) trait Server:
    Role<Event: Debug + Clone, Record: Debug, Effect: Debug, Refusal: Debug> + Seam + Clone + PartialEq
{
    /// Whether it has a journal; one that has not starts empty.
    const JOURNALLED: bool;

    /// The same, written as a snapshot and read back.
    fn through_snapshot(&self) -> Self;

    /// A record, written to a journal and read back.
    fn through_journal(record: &Self::Record) -> Self::Record;
}

/// Tells who asked from others.
pub(crate) type Ticket = u64;

/// What an owner is handed.
#[derive(Clone, Debug)]
pub(crate) enum Input<R: Role> {
    /// Something happened.
    Told(R::Event),
    /// Somebody wants something and waits for the answer.
    Asked(R::Event, Ticket),
}

/// What comes of it.
pub(crate) enum Out<R: Role> {
    Decided(R::Event, Vec<R::Record>),
    Refused(R::Event, R::Refusal),
    /// Records are durable now.
    Durable(Vec<R::Record>),
    /// Something is to be done.
    Effect(R::Effect),
    Answered(Ticket, Answer),
    /// A commit runs and ends so many milliseconds from now.
    Writes(u64),
    /// The server was killed at it.
    Died,
}

/// What somebody is told who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is done, durably.
    Done,
    /// The role refuses it, and why.
    Refused(String),
    /// Nothing can be made durable now.
    NoRoom,
}

/// Where a kill falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Lives,
    /// Nothing of the turn is durable.
    DiesBefore,
    /// The records are durable, and so many words are spoken.
    DiesAfter(usize),
}

/// The chance that a turn runs into.
pub(crate) struct Fortune<'a> {
    pub(crate) chance: &'a mut Chance,
    /// Turns of a thousand at which it is killed.
    pub(crate) killed: u64,
    /// Whether records go through text.
    pub(crate) written_out: bool,
}

/// What has been applied and not yet spoken of.
struct Said<R: Role> {
    durable: Vec<R::Record>,
    words: Vec<R::Effect>,
}

/// A commit that runs.
struct Writing<R: Role> {
    fate: Fate,
    /// What is applied only afterwards, and who waits for it.
    asked: Option<(Vec<R::Record>, Ticket)>,
}

pub(crate) struct Node<R: Server> {
    /// The live state; none while the server is down.
    role: Option<R>,
    /// What the durable records alone make.
    replica: R,
    /// What the journal begins with: a snapshot, or nothing.
    base: R,
    journal: Vec<R::Record>,
    /// How often it was started.
    boot: u32,
    pub(crate) clock: Clock,
    pub(crate) disk: Disk,
    inbox: VecDeque<Input<R>>,
    said: Said<R>,
    writing: Option<Writing<R>>,
    /// Turns since the role was checked.
    unchecked: u32,
    plant: Option<Plant>,
}

impl<R: Server> Node<R> {
    /// A server with an empty journal, down.
    pub(crate) fn new(blank: R, plant: Option<Plant>) -> Self {
        Self {
            role: None,
            replica: blank.clone(),
            base: blank,
            journal: Vec::new(),
            boot: 0,
            clock: Clock::default(),
            disk: Disk::default(),
            inbox: VecDeque::new(),
            said: Said { durable: Vec::new(), words: Vec::new() },
            writing: None,
            unchecked: 0,
            plant,
        }
    }

    pub(crate) const fn role(&self) -> Option<&R> {
        self.role.as_ref()
    }

    /// What a restart knows.
    pub(crate) const fn replica(&self) -> &R {
        &self.replica
    }

    pub(crate) const fn is_up(&self) -> bool {
        self.role.is_some()
    }

    /// Whether it is up and waits for no disk.
    pub(crate) fn is_free(&self) -> bool {
        self.is_up() && self.writing.is_none()
    }

    /// How often it was started; tells what happens to this run from what happens to another.
    pub(crate) const fn boot(&self) -> u32 {
        self.boot
    }

    /// The true time of the next deadline; none while it waits for its disk.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        let role = self.role.as_ref().filter(|_| self.writing.is_none())?;
        if self.has(Planted::DeadlinesMissed) {
            return None;
        }
        role.next_deadline().map(|at| self.clock.when(at))
    }

    fn has(&self, bug: Planted) -> bool {
        self.plant.is_some_and(|plant| plant.is(bug))
    }

    /// Starts it from its journal, which may be trimmed first; what it wants done.
    pub(crate) fn start(&mut self, now: Time, blank: &R, trim: bool) -> Vec<R::Effect> {
        assert!(self.role.is_none(), "a server is started once");
        if !R::JOURNALLED {
            (self.base, self.replica) = (blank.clone(), blank.clone());
        } else if trim {
            self.base = self.replica.through_snapshot();
            self.journal.clear();
        }
        let mut role = self.base.clone();
        for record in &self.journal {
            if self.plant.is_none_or(|plant| !R::forgotten(plant, record)) {
                role.apply(record, &mut Vec::new());
            }
        }
        hold(Oracle::ReplayIsLive, role == self.replica, || {
            format!("boot {} does not begin with what was live", self.boot + 1)
        });
        role.check();
        self.clock.begins();
        let mut effects = Vec::new();
        role.resume(self.clock.reads(now), &mut effects);
        self.role = Some(role);
        self.boot += 1;
        effects
    }

    /// Kills it; a commit that runs has reached the disk or not.
    pub(crate) fn kill(&mut self, chance: &mut Chance) -> Vec<R::Record> {
        let reached = self.writing.take().filter(|writing| {
            writing.fate == Fate::Lives && self.disk.full_until == Time(0) && chance.permille(500)
        });
        let durable = reached.map(|writing| match writing.asked {
            Some((records, _)) => records.into_iter().filter(R::durable).collect(),
            None => std::mem::take(&mut self.said.durable),
        });
        let durable = durable.unwrap_or_default();
        self.append(&durable, false);
        self.gone();
        durable
    }

    fn gone(&mut self) {
        self.role = None;
        self.writing = None;
        self.inbox.clear();
        self.said.durable.clear();
        self.said.words.clear();
    }

    pub(crate) fn take(&mut self, input: Input<R>) {
        if self.is_up() {
            self.inbox.push_back(input);
        }
    }

    /// Deals with what has come in, as far as the disk lets it.
    pub(crate) fn turn(&mut self, now: Time, fortune: &mut Fortune<'_>, outs: &mut Vec<Out<R>>) {
        while self.is_free() && (!self.inbox.is_empty() || !self.said.words.is_empty()) {
            self.decide_told(now, outs);
            if !self.said.durable.is_empty() {
                self.write(now, None, fortune, outs);
            } else if !self.said.words.is_empty() {
                self.speak(fortune, outs);
            } else if let Some(Input::Asked(event, ticket)) = self.inbox.pop_front() {
                self.answer(now, event, ticket, fortune, outs);
            }
        }
    }

    /// Decides and applies what was told, up to the next thing that somebody asks for.
    fn decide_told(&mut self, now: Time, outs: &mut Vec<Out<R>>) {
        while let Some(Input::Told(_)) = self.inbox.front() {
            let Some(Input::Told(event)) = self.inbox.pop_front() else { return };
            if let Some(records) = self.decide(now, event, outs) {
                self.apply(&records);
                self.said.durable.extend(records.into_iter().filter(R::durable));
            }
        }
    }

    fn decide(&mut self, now: Time, mut event: R::Event, outs: &mut Vec<Out<R>>) -> Option<Vec<R::Record>> {
        let role = self.role.as_ref()?;
        if let Some(plant) = self.plant {
            R::heard(plant, role, &mut event);
        }
        match role.decide(self.clock.reads(now), &event) {
            Ok(mut records) => {
                if let Some(plant) = self.plant {
                    R::decided(plant, role, &event, &mut records);
                }
                outs.push(Out::Decided(event, records.clone()));
                Some(records)
            }
            Err(refusal) => {
                outs.push(Out::Refused(event, refusal));
                None
            }
        }
    }

    fn apply(&mut self, records: &[R::Record]) {
        let Some(role) = &mut self.role else { return };
        let before = self.said.words.len();
        for record in records {
            role.apply(record, &mut self.said.words);
        }
        self.unchecked += 1;
        if self.unchecked >= CHECK_EVERY || records.iter().any(R::durable) {
            self.unchecked = 0;
            role.check();
        }
        if let Some(plant) = self.plant {
            let mut new = self.said.words.split_off(before);
            R::asked_for(plant, &mut new);
            self.said.words.extend(new);
        }
    }

    fn answer(
        &mut self,
        now: Time,
        event: R::Event,
        ticket: Ticket,
        fortune: &mut Fortune<'_>,
        outs: &mut Vec<Out<R>>,
    ) {
        let Some(records) = self.decide(now, event, outs) else {
            let why = match outs.last() {
                Some(Out::Refused(_, refusal)) => format!("{refusal:?}"),
                _ => String::new(),
            };
            outs.push(Out::Answered(ticket, Answer::Refused(why)));
            return;
        };
        if records.iter().any(R::durable) {
            if self.has(Planted::AnswersBeforeCommit) {
                outs.push(Out::Answered(ticket, Answer::Done));
            }
            return self.write(now, Some((records, ticket)), fortune, outs);
        }
        self.apply(&records);
        outs.push(Out::Answered(ticket, Answer::Done));
    }

    fn write(
        &mut self,
        now: Time,
        asked: Option<(Vec<R::Record>, Ticket)>,
        fortune: &mut Fortune<'_>,
        outs: &mut Vec<Out<R>>,
    ) {
        if self.has(Planted::SpeaksBeforeCommit) {
            outs.extend(self.said.words.drain(..).map(Out::Effect));
        }
        self.writing = Some(Writing { fate: fate(fortune), asked });
        match self.disk.commit_ms(now, fortune.chance) {
            0 => self.written_now(now, fortune, outs),
            ms => outs.push(Out::Writes(ms)),
        }
    }

    /// The commit that runs has come to its end; the turn goes on.
    pub(crate) fn written(&mut self, now: Time, fortune: &mut Fortune<'_>, outs: &mut Vec<Out<R>>) {
        self.written_now(now, fortune, outs);
        self.turn(now, fortune, outs);
    }

    fn written_now(&mut self, now: Time, fortune: &mut Fortune<'_>, outs: &mut Vec<Out<R>>) {
        let Some(Writing { fate, asked }) = self.writing.take() else { return };
        if fate == Fate::DiesBefore {
            self.gone();
            return outs.push(Out::Died);
        }
        if self.disk.is_full(now) {
            if let Some((_, ticket)) = asked {
                return outs.push(Out::Answered(ticket, Answer::NoRoom));
            }
            self.writing = Some(Writing { fate: Fate::Lives, asked });
            return outs.push(Out::Writes(RETRY_MS));
        }
        let ticket = asked.map(|(records, ticket)| {
            self.said.durable.extend(records.iter().filter(|record| R::durable(record)).cloned());
            self.apply(&records);
            ticket
        });
        let durable = std::mem::take(&mut self.said.durable);
        self.append(&durable, fortune.written_out);
        hold(Oracle::ReplayIsLive, self.role.as_ref() == Some(&self.replica), || {
            format!("the journal does not make the live state after {durable:?}")
        });
        outs.push(Out::Durable(durable));
        if let Fate::DiesAfter(words) = fate {
            outs.extend(self.said.words.drain(..).take(words).map(Out::Effect));
            self.gone();
            return outs.push(Out::Died);
        }
        outs.extend(self.said.words.drain(..).map(Out::Effect));
        outs.extend(ticket.map(|ticket| Out::Answered(ticket, Answer::Done)));
    }

    /// Speaks of what needs no commit.
    fn speak(&mut self, fortune: &mut Fortune<'_>, outs: &mut Vec<Out<R>>) {
        let fate = fate(fortune);
        let most = match fate {
            Fate::Lives => usize::MAX,
            Fate::DiesBefore => 0,
            Fate::DiesAfter(words) => words,
        };
        outs.extend(self.said.words.drain(..).take(most).map(Out::Effect));
        if fate != Fate::Lives {
            self.gone();
            outs.push(Out::Died);
        }
    }

    fn append(&mut self, durable: &[R::Record], written_out: bool) {
        for record in durable {
            if self.plant.is_some_and(|plant| R::lost(plant, record)) {
                continue;
            }
            let record = if written_out { R::through_journal(record) } else { record.clone() };
            self.replica.apply(&record, &mut Vec::new());
            self.journal.push(record);
        }
    }
}

fn fate(fortune: &mut Fortune<'_>) -> Fate {
    if !fortune.chance.permille(fortune.killed) {
        return Fate::Lives;
    }
    match fortune.chance.between(0, 3) {
        0 => Fate::DiesBefore,
        words => Fate::DiesAfter(usize::try_from(words - 1).unwrap_or(0)),
    }
}

//! Whether frames are taken: what closes the door, and what becomes of what is here when it closes.
//!
//! Several causes may hold it closed at once, and each goes by its own way: a person's stop by a start, the
//! desk's when its owner has gone. Closing gives back what has not begun; what runs goes on to its end unless
//! the machine is wanted now.

use model::{ClosedBy, Door, HostOrder, HostVerb, Time};
use serde::{Deserialize, Serialize};

use crate::passing::{Desk, EndWanted};
use crate::{Attempt, Effect, Phase, Record, Render};

/// A person's stop: it lasts through restarts, until a person starts the host again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stopped {
    by: String,
    at: Time,
}

/// How the render server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It is begun anew.
    Restart,
    /// It stays away.
    Quit,
}

impl Render {
    /// Whether it takes frames. Of several causes the one that will last longest is told.
    #[must_use]
    pub fn door(&self) -> Door {
        let passing = &self.passing;
        let ending = passing.end.as_ref().map(|wanted| wanted.why());
        let ending = ending.or_else(|| passing.stop.as_ref().map(|_| "its process is ending".to_owned()));
        let stopped = self.stopped.as_ref().map(|stopped| format!("stopped by {}", stopped.by));
        let causes = [
            (ClosedBy::Ending, ending),
            (ClosedBy::Person, stopped),
            (ClosedBy::Hours, passing.desk.hours.clone()),
            (ClosedBy::Desk, passing.desk.owner.clone()),
        ];
        let closed = causes.into_iter().find_map(|(by, why)| Some(Door::Closed { by, why: why? }));
        closed.unwrap_or_default()
    }

    /// How it ends, once it is ordered to.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.passing.end.as_ref().map(|wanted| wanted.end)
    }

    pub(crate) fn ordered(&self, now: Time, order: &HostOrder) -> Vec<Record> {
        let by = order.by.clone();
        let end = match order.verb {
            HostVerb::Start if self.stopped.is_none() && self.passing.end.is_none() => return Vec::new(),
            HostVerb::Start => return vec![Record::HostStarted { by, at: now }],
            HostVerb::Stop => {
                let stopped = self.stopped.is_none().then_some(Record::HostStopped { by, at: now });
                let why = match &self.stopped {
                    Some(stopped) => format!("stopped by {}", stopped.by),
                    None => format!("stopped by {}", order.by),
                };
                return stopped.into_iter().chain(self.cleared(now, order.now, &why)).collect();
            }
            HostVerb::Restart => End::Restart,
            HostVerb::Quit => End::Quit,
        };
        let wanted = Record::EndWanted { end, by, at: now };
        let rest =
            if order.now { self.stop(now) } else { self.cleared(now, false, "the render server ends") };
        std::iter::once(wanted).chain(rest).collect()
    }

    /// The watch over the desk says what keeps the machine from rendering: all of it.
    pub(crate) fn desk_said(&self, now: Time, owner: Option<&str>, hours: Option<&str>) -> Vec<Record> {
        let said = Desk { owner: owner.map(str::to_owned), hours: hours.map(str::to_owned) };
        if said == self.passing.desk {
            return Vec::new();
        }
        let cleared = match (owner, hours) {
            (Some(why), _) => self.cleared(now, true, why),
            (None, Some(why)) => self.cleared(now, false, why),
            (None, None) => Vec::new(),
        };
        let Desk { owner, hours } = said;
        std::iter::once(Record::DeskSaid { owner, hours }).chain(cleared).collect()
    }

    /// What goes back where the door closes: what has not begun, and what runs too where the machine is
    /// wanted now. What is rendered is nearly home, and what is dropped is on its way out already.
    pub(crate) fn cleared(&self, at: Time, now: bool, why: &str) -> Vec<Record> {
        let back = |attempt: &Attempt| {
            let lease = attempt.grant.lease;
            match self.phase_of(attempt) {
                Phase::Waiting | Phase::Preparing => {
                    Some(attempt.given_back(at, why, model::Usage::default()))
                }
                Phase::Starting | Phase::Running if now => {
                    Some(Record::GiveBackWanted { lease, why: why.to_owned() })
                }
                Phase::Starting => Some(Record::TakeBackWanted { lease }),
                Phase::Running | Phase::Collecting | Phase::Ending => None,
            }
        };
        // From the end of the lines on, so that nothing moves up.
        self.ahead.iter().rev().chain(self.attempts.values()).filter_map(back).collect()
    }

    /// When an ordered end has nothing left to wait for but its reports.
    pub(crate) fn end_deadline(&self) -> Option<Time> {
        let wanted = self.passing.end.as_ref()?;
        let clear = self.is_idle() && self.passing.stop.is_none();
        clear.then_some(wanted.at)
    }

    pub(crate) fn apply_to_door(&mut self, record: &Record, effects: &mut Vec<Effect>) {
        let before = self.door();
        match record {
            Record::HostStopped { by, at } => self.stopped = Some(Stopped { by: by.clone(), at: *at }),
            // An end that has begun is not called off.
            Record::HostStarted { .. } => {
                self.stopped = None;
                self.passing.end.take_if(|_| self.passing.stop.is_none());
            }
            Record::DeskSaid { owner, hours } => {
                self.passing.desk = Desk { owner: owner.clone(), hours: hours.clone() };
            }
            Record::EndWanted { end, by, at } => {
                self.passing.end = Some(EndWanted { end: *end, by: by.clone(), at: *at });
            }
            Record::StopBegun { at } => self.stop_begun(*at),
            _ => {}
        }
        self.tell_door(&before, effects);
    }

    /// Tells everybody of the door where it is not what it was.
    fn tell_door(&self, before: &Door, effects: &mut Vec<Effect>) {
        let door = self.door();
        if door != *before {
            self.say(model::RenderToSchedule::Door(door.clone()), effects);
            effects.push(Effect::DoorChanged { door });
        }
    }
}

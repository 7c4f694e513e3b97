//! Somebody who is no render server of this farm, dials the schedule server and says what only a render
//! server may say, about leases that are others' or that never were.

use model::{
    Amounts, AttemptNumber, ClosedBy, Door, FailureClass, FrameId, HeldLease, JobId, LeaseId, Outcome,
    RenderToSchedule, Report, SlotIndex, StepIndex, Usage,
};

use crate::happening::Happening;
use crate::network::{End, LinkId, Message, Place};
use crate::storage::outputs_of;
use crate::world::World;

impl World {
    pub(crate) fn stranger_comes(&mut self) {
        if !self.schedule.is_up() {
            return;
        }
        let link = self.network.open(self.now, (Place::Stranger, 0), self.run_of(Place::Schedule));
        self.tell_mischief(format_args!("a stranger dials, link {link}"));
        let slots = u16::try_from(self.chance.between(0, 2)).unwrap_or(0);
        let held = vec![HeldLease { lease: self.some_lease(), slot: SlotIndex(0) }];
        // Nothing tells who may use which name, so it does not take that of a host.
        let host = "stranger".into();
        let hello = RenderToSchedule::Hello {
            host,
            instance: "elsewhere".into(),
            slots,
            held,
            amounts: Amounts { memory_bytes: 1 << 40, gpus: 8 },
            door: Door::Open,
        };
        if self.chance.permille(800) {
            self.say(link, End::Acceptor, Message::RenderToSchedule(hello));
        }
        self.soon(500, Happening::Babbles(link));
    }

    pub(crate) fn babbles(&mut self, link: LinkId) {
        if self.chance.permille(200) || self.healed() {
            return self.cut(link);
        }
        let lease = self.some_lease();
        let message = match self.chance.between(0, 7) {
            7 => RenderToSchedule::Door(Door::Closed { by: ClosedBy::Desk, why: "no".to_owned() }),
            0 => RenderToSchedule::Alive { held: vec![lease] },
            1 => RenderToSchedule::Refused { lease, why: "no".to_owned() },
            2 => RenderToSchedule::Started { lease },
            3 => RenderToSchedule::Progress { lease, permille: u16::MAX },
            4 => RenderToSchedule::Bye,
            _ => RenderToSchedule::Report(self.some_report(lease)),
        };
        self.say(link, End::Acceptor, Message::RenderToSchedule(message));
        self.soon(2_000, Happening::Babbles(link));
    }

    /// A lease that is live, was live, or never was.
    fn some_lease(&mut self) -> LeaseId {
        let live: Vec<LeaseId> = self.ledger.leases.keys().copied().collect();
        if live.is_empty() || self.chance.permille(300) {
            LeaseId(self.chance.between(0, 2 * self.ledger.last_lease() + 3))
        } else {
            live[self.chance.index(live.len())]
        }
    }

    fn some_report(&mut self, lease: LeaseId) -> Report {
        let nothing = FrameId { job: JobId(99), step: StepIndex(7), index: 5 };
        let frame = self.ledger.leases.get(&lease).map_or(nothing, |held| held.frame);
        let attempt = AttemptNumber(1);
        let outcome = if self.chance.permille(500) {
            let grant = model::Grant::new(lease, frame, 1, attempt, SlotIndex(0));
            Outcome::Done { outputs: outputs_of(&grant) }
        } else {
            Outcome::Failed { class: FailureClass::Frame, message: "it is a lie".to_owned() }
        };
        Report { lease, frame, attempt, outcome, usage: Usage::default(), warnings: Vec::new() }
    }
}

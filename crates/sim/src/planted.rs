//! Bugs that are planted to see whether the simulator finds them. None of them stands in a role: each tampers
//! with what passes between a role, its journal and the world.

use model::{
    Amounts, DependencyKind, Door, LeaseId, Outcome, RenderToSchedule, ResourceToSchedule, Role,
    ScheduleToRender,
};
use render::Render;
use resource::Resource;
use schedule::{Effect, Ending, Event, Passing, Record, Schedule};

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident $place:ident,)*) => {
        /// A bug, in the schedule server or in the render servers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Planted {
            $($(#[$doc])* $name,)*
        }

        impl Planted {
            /// Each of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub(crate) const fn place(self) -> Planting {
                match self { $(Self::$name => Planting::$place,)* }
            }
        }
    };
}

/// Where a bug is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planting {
    Schedule,
    Render,
}

bugs! {
    /// Effects are performed before their records are durable.
    SpeaksBeforeCommit Schedule,
    /// Who asks is told that it is done before it is durable.
    AnswersBeforeCommit Schedule,
    /// A report is acknowledged before its outputs are published.
    AcknowledgesTooSoon Schedule,
    /// A report under a lease that is over is taken for one under the live lease of its frame.
    OldReportTaken Schedule,
    /// A frame is leased twice in one pass.
    LeasedTwice Schedule,
    /// A lease gets the number of an earlier one.
    LeaseNumberReused Schedule,
    /// A frame is finished twice by one publication.
    FinishedTwice Schedule,
    /// What steps depend on is forgotten when a job is taken.
    DependencyForgotten Schedule,
    /// What steps take of limits is forgotten when a job is taken.
    LimitIgnored Schedule,
    /// What steps reserve of hosts is forgotten when a job is taken.
    ReserveIgnored Schedule,
    /// Each frame that has a GPU has the first.
    GpuGivenTwice Schedule,
    /// What a host says of its door is not heard.
    DoorIgnored Schedule,
    /// Hosts that come are not told of to the schedule server.
    KindsLost Schedule,
    /// Further slots of a lease that holds several are forgotten.
    WideSlotsForgotten Schedule,
    /// A failure that uses up the last try does not fail the frame.
    TriesNeverUsedUp Schedule,
    /// A host that is lost keeps its leases.
    LostLeaseKept Schedule,
    /// Nothing is done about deadlines.
    DeadlinesMissed Schedule,
    /// A lease that is over is never taken away from its host.
    RevokeDropped Schedule,
    /// A hold is passed over at a replay.
    HoldForgottenOnReplay Schedule,
    /// A lease does not get into the journal.
    LeaseNotWritten Schedule,
    /// A priority is acknowledged and not set.
    PriorityNotSet Schedule,
    /// A report is passed over at a replay, so that a render server forgets its outbox.
    OutboxForgottenOnReplay Render,
    /// Reports are never sent.
    ReportsNotSent Render,
    /// The resource server is not told of slots.
    SlotsNotTold Render,
    /// Processes are not killed.
    KillsDropped Render,
    /// How long an attempt may take is forgotten when its grant is taken.
    TimesForgotten Render,
}

/// A bug in a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plant {
    bug: Planted,
}

impl Plant {
    pub(crate) const fn new(bug: Planted) -> Self {
        Self { bug }
    }

    pub(crate) fn is(self, bug: Planted) -> bool {
        self.bug == bug
    }
}

/// Where a bug tampers with what passes.
pub(crate) trait Seam: Role + Sized {
    /// With an event before it is decided about.
    fn heard(_plant: Plant, _role: &Self, _event: &mut Self::Event) {}

    /// With what was decided.
    fn decided(_plant: Plant, _role: &Self, _event: &Self::Event, _records: &mut Vec<Self::Record>) {}

    /// With what is to be done.
    fn asked_for(_plant: Plant, _effects: &mut Vec<Self::Effect>) {}

    /// Whether a record does not get into the journal.
    fn lost(_plant: Plant, _record: &Self::Record) -> bool {
        false
    }

    /// Whether a record is passed over at a replay.
    fn forgotten(_plant: Plant, _record: &Self::Record) -> bool {
        false
    }
}

impl Seam for Schedule {
    fn heard(plant: Plant, _: &Self, event: &mut Event) {
        match (plant.bug, event) {
            (Planted::DependencyForgotten, Event::Submit(request)) => {
                for step in &mut request.description.steps {
                    step.depends_on.retain(|dependency| dependency.by == DependencyKind::Frame);
                }
            }
            (Planted::LimitIgnored, Event::Submit(request)) => {
                request.description.steps.iter_mut().for_each(|step| step.limits.clear());
            }
            (Planted::ReserveIgnored, Event::Submit(request)) => {
                request.description.steps.iter_mut().for_each(|step| step.reserve = Amounts::default());
            }
            (
                Planted::KindsLost,
                Event::ResourceSpoke(ResourceToSchedule::Kinds { whole: false, are, .. }),
            ) => {
                are.clear();
            }
            _ => {}
        }
    }

    fn decided(plant: Plant, role: &Self, event: &Event, records: &mut Vec<Record>) {
        match plant.bug {
            Planted::AcknowledgesTooSoon => {
                let Event::HostSpoke { link, message: RenderToSchedule::Report(report) } = event else {
                    return;
                };
                let message = Box::new(ScheduleToRender::Acknowledge { lease: report.lease });
                records.push(Record::Passing(Passing::HostTold { link: *link, message }));
            }
            Planted::OldReportTaken => {
                let dropped =
                    records.iter().any(|one| matches!(one, Record::Passing(Passing::ReportDropped { .. })));
                if let Event::HostSpoke { message: RenderToSchedule::Report(report), .. } = event
                    && let Some(lease) = live_lease(role, report).filter(|_| dropped)
                    && let Outcome::Done { outputs } = &report.outcome
                {
                    let (outputs, usage, warnings) = (outputs.clone(), report.usage, Vec::new());
                    let begun = Passing::PublishBegun { lease, outputs, usage, warnings };
                    records.push(Record::Passing(begun));
                }
            }
            Planted::FinishedTwice => {
                let finished = records.iter().find(|one| matches!(one, Record::FrameFinished { .. }));
                records.extend(finished.cloned());
            }
            Planted::LostLeaseKept => records
                .retain(|record| !matches!(record, Record::LeaseEnded { ending: Ending::HostLost, .. })),
            Planted::DoorIgnored => {
                records.retain(|record| !matches!(record, Record::Passing(Passing::HostDoor { .. })));
                for record in records {
                    if let Record::Passing(Passing::HostLinked { door, .. }) = record {
                        *door = Door::Open;
                    }
                }
            }
            Planted::PriorityNotSet => {
                records.retain(|record| !matches!(record, Record::JobPriority { .. }));
            }
            _ => {
                let twice = records.iter().find_map(|record| leased_twice(plant, record));
                records.iter_mut().for_each(|record| tamper(plant, record));
                records.extend(twice);
            }
        }
    }

    fn asked_for(plant: Plant, effects: &mut Vec<Effect>) {
        if plant.is(Planted::RevokeDropped) {
            let revoke = |message: &ScheduleToRender| matches!(message, ScheduleToRender::Revoke { .. });
            effects.retain(|effect| !matches!(effect, Effect::ToHost { message, .. } if revoke(message)));
        }
    }

    fn lost(plant: Plant, record: &Record) -> bool {
        plant.is(Planted::LeaseNotWritten)
            && matches!(record, Record::FrameLeased { lease, .. } if lease.0.is_multiple_of(7))
    }

    fn forgotten(plant: Plant, record: &Record) -> bool {
        plant.is(Planted::HoldForgottenOnReplay) && matches!(record, Record::JobHeld { .. })
    }
}

/// The live lease of the frame that a report is about.
fn live_lease(role: &Schedule, report: &model::Report) -> Option<LeaseId> {
    let frame = report.frame;
    let step = role.description(frame.job)?.steps.get(usize::from(frame.step.0))?.clone();
    let number = step.chunk_numbers(frame.index).next()?;
    let latest = role.attempt_of(frame.job, Some(&step.name), number, None)?;
    role.lease(latest.lease).map(|live| live.lease)
}

/// The same frame leased once more, to the same slot.
fn leased_twice(plant: Plant, record: &Record) -> Option<Record> {
    let mut again = record.clone();
    match &mut again {
        Record::FrameLeased { lease, .. } if plant.is(Planted::LeasedTwice) => {
            lease.0 += 1_000;
            Some(again)
        }
        _ => None,
    }
}

fn tamper(plant: Plant, record: &mut Record) {
    match record {
        Record::FrameLeased { gpus, .. } if plant.is(Planted::GpuGivenTwice) => {
            gpus.iter_mut().for_each(|gpu| *gpu = 0);
            gpus.dedup();
        }
        Record::FrameLeased { also, .. } if plant.is(Planted::WideSlotsForgotten) => also.clear(),
        Record::FrameLeased { lease, .. } if plant.is(Planted::LeaseNumberReused) && lease.0 > 3 => {
            lease.0 -= 3;
        }
        Record::LeaseEnded { again_at, at, .. } if plant.is(Planted::TriesNeverUsedUp) => {
            again_at.get_or_insert(*at);
        }
        _ => {}
    }
}

impl Seam for Render {
    fn heard(plant: Plant, _: &Self, event: &mut render::Event) {
        if let render::Event::ScheduleSpoke(ScheduleToRender::Grant(grant)) = event
            && plant.is(Planted::TimesForgotten)
        {
            grant.times = model::TimeLimits::default();
        }
    }

    fn asked_for(plant: Plant, effects: &mut Vec<render::Effect>) {
        effects.retain(|effect| match effect {
            render::Effect::ToSchedule(RenderToSchedule::Report(_)) => !plant.is(Planted::ReportsNotSent),
            render::Effect::SlotChanged { .. } => !plant.is(Planted::SlotsNotTold),
            render::Effect::Kill { .. } => !plant.is(Planted::KillsDropped),
            _ => true,
        });
    }

    fn forgotten(plant: Plant, record: &render::Record) -> bool {
        plant.is(Planted::OutboxForgottenOnReplay) && matches!(record, render::Record::AttemptEnded { .. })
    }
}

impl Seam for Resource {}

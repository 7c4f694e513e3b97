//! Bugs that are planted to see whether the simulator finds them. None of them stands in a role: each tampers with
//! what passes between a role, its journal and the world.

use model::Role;
use render::Render;
use resource::Resource;
use schedule::Schedule;

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// Effects are performed before their records are durable.
    SpeaksBeforeCommit,
    /// Who asks is told that it is done before it is durable.
    AnswersBeforeCommit,
}

impl Planted {
    /// Each of them.
    pub const ALL: &'static [Self] = &[Self::SpeaksBeforeCommit, Self::AnswersBeforeCommit];

    pub(crate) const fn is_of_schedule(self) -> bool {
        true
    }

    pub(crate) const fn is_of_render(self) -> bool {
        false
    }
}

/// A bug in a server.
#[derive(Clone, Debug)]
pub(crate) struct Plant {
    pub(crate) bug: Planted,
}

impl Plant {
    pub(crate) const fn new(bug: Planted) -> Self {
        Self { bug }
    }

    pub(crate) fn speaks_early(&self) -> bool {
        self.bug == Planted::SpeaksBeforeCommit
    }

    pub(crate) fn answers_early(&self) -> bool {
        self.bug == Planted::AnswersBeforeCommit
    }
}

/// Where a bug tampers with what passes.
pub(crate) trait Seam: Role + Sized {
    /// With an event before it is decided about.
    fn heard(_plant: &mut Plant, _role: &Self, _event: &mut Self::Event) {}

    /// With what was decided.
    fn decided(_plant: &mut Plant, _role: &Self, _event: &Self::Event, _records: &mut Vec<Self::Record>) {}

    /// With what is to be done.
    fn asked_for(_plant: &mut Plant, _effects: &mut Vec<Self::Effect>) {}

    /// Whether a record does not get into the journal.
    fn lost(_plant: &mut Plant, _record: &Self::Record) -> bool {
        false
    }

    /// Whether a record is passed over at a replay.
    fn forgotten(_plant: &mut Plant, _record: &Self::Record) -> bool {
        false
    }
}

impl Seam for Schedule {}
impl Seam for Render {}
impl Seam for Resource {}
